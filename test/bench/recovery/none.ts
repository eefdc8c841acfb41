/** The control: runs that break nothing must not show an impact. Several at a time, on a server that each of them asks. */
import type { RecoveryView } from '../../../src/analysis/recovery/view.ts';
import type { Finding } from '../table.ts';
import { carryOut, wasDisturbed, type RunContext } from './runs.ts';
import { Served } from './served.ts';

const most = 1;
const mostTries = 1.5;

/**
 * Until `rounds` were judged; what the machine disturbed is counted apart, and made again. Those that are made beside each other begin together:
 * what a run costs before it measures is then not in another's figures.
 */
export async function measureNone(context: RunContext, rounds: number, beside: number): Promise<readonly Finding[]> {
  const served = await Served.deploy(context.lab);
  const judged: RecoveryView[] = [];
  let disturbed = 0;
  let felt = 0;
  for (let tries = 0; judged.length < rounds && tries < Math.ceil(rounds * mostTries);) {
    const some = Math.min(beside, rounds - judged.length);
    tries += some;
    for (const carried of await Promise.all(Array.from({ length: some }, () => carryOut(context, specOf(served))))) {
      const { view } = carried;
      if (wasDisturbed(view)) disturbed++;
      else judged.push(view);
      context.progress(`${judged.length + disturbed}: ${view.verdict ?? 'not over'}, ${view.reason}`);
      if (view.impact === null) continue;
      felt++;
      context.progress(`kept: ${await carried.keep()}`);
    }
  }
  return [
    {
      name: 'none: runs that show an impact',
      measured: `${felt} of ${judged.length}`,
      limit: `≤ ${most} of ${rounds}`,
      against: `${verdictsOf(judged)}; ${disturbed} more were disturbed by the machine and made again (an impact of theirs counts); ${beside} at a time`,
      ok: felt <= most && judged.length >= rounds,
    },
  ];
}

function verdictsOf(views: readonly RecoveryView[]): string {
  const counts = new Map<string, number>();
  for (const { verdict } of views) counts.set(verdict ?? 'without one', (counts.get(verdict ?? 'without one') ?? 0) + 1);
  return counts.size === 0 ? 'none was judged' : [...counts].map(([verdict, count]) => `${count} ${verdict}`).join(', ');
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
