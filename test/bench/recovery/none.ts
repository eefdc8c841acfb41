/** The control: runs that break nothing must not show an impact. Several at a time, on a server that each of them asks. */
import type { RecoveryView } from '../../../src/analysis/recovery/view.ts';
import type { Finding } from '../table.ts';
import { carryOut, stoodStill, type RunContext } from './runs.ts';
import { Served } from './served.ts';

const most = 1;
const mostTries = 1.5;

/** Until `rounds` were judged; what stood still is counted apart, and made again. */
export async function measureNone(context: RunContext, rounds: number, beside: number): Promise<readonly Finding[]> {
  const served = await Served.deploy(context.lab);
  const judged: RecoveryView[] = [];
  const still: RecoveryView[] = [];
  let tries = 0;
  const one = async (): Promise<void> => {
    while (judged.length < rounds && tries < Math.ceil(rounds * mostTries)) {
      tries++;
      const { view } = await carryOut(context, specOf(served));
      (stoodStill(view) ? still : judged).push(view);
      context.progress(`${judged.length + still.length}: ${view.verdict ?? 'not over'}, ${view.reason}`);
    }
  };
  await Promise.all(Array.from({ length: beside }, one));
  const felt = [...judged, ...still].filter(({ impact }) => impact !== null);
  const verdicts = new Map<string, number>();
  for (const { verdict } of judged) verdicts.set(verdict ?? 'none', (verdicts.get(verdict ?? 'none') ?? 0) + 1);
  const counted = [...verdicts].map(([verdict, count]) => `${count} ${verdict}`).join(', ');
  return [
    {
      name: 'none: runs that show an impact',
      measured: `${felt.length} of ${judged.length + still.length}`,
      limit: `≤ ${most} of ${rounds}`,
      against: `${counted}; beside these ${still.length} stood still and were made again (their impacts count); ${beside} at a time`,
      ok: felt.length <= most && judged.length >= rounds,
    },
  ];
}

function specOf({ address }: Served): object {
  return {
    name: 'nothing is broken',
    faults: [{ kind: 'none' }],
    probes: [{ engine: 'clickhouse', address, asks: 'select 1', rate: '20/s' }],
    baseline: '6 s',
    // The window that counts as recovered.
    observe: '10 s',
    expect: ['unavailable <= 0 s'],
  };
}
