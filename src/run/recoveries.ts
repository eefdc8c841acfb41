/** Two groups of runs on disk that broke something, as their recoveries: compared by terminal and editor in the same way. */
import type { ComparedRecovery, Group } from '../analysis/recovery/compare.ts';
import { invalid } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import { breaksSomething, type RunRecord } from '../journal/runs.ts';
import { summaryOfRun } from './summaries.ts';

/**
 * A and B. `reading` hears of each run before it is read. Fails: `invalid` where a run is on both sides, breaks nothing, or has not
 * ended; as `summaryOfRun`; with the reason of the signal.
 */
export async function recoveriesOf(
  a: readonly RunRecord[],
  b: readonly RunRecord[],
  { signal, reading }: { readonly signal: AbortSignal; reading?: (run: string) => void },
): Promise<readonly [Group, Group]> {
  checkGroups(a, b);
  const read = async (label: string, records: readonly RunRecord[]): Promise<Group> => {
    const runs: ComparedRecovery[] = [];
    for (const record of records) {
      signal.throwIfAborted();
      reading?.(record.run);
      const { run, startedAt, recovery } = await summaryOfRun(record);
      if (recovery !== undefined) runs.push({ run, startedAt, outcome: recovery });
    }
    return { label, runs };
  };
  return [await read('A', a), await read('B', b)];
}

function checkGroups(a: readonly RunRecord[], b: readonly RunRecord[]): void {
  const all = [...a, ...b];
  const plain = all.find((record) => !breaksSomething(record));
  if (plain !== undefined)
    throw invalid(
      t('The run {0} breaks nothing, and others do', plain.run),
      t('Compare benchmarks with benchmarks, and faults with faults.'),
    );
  const twice = a.find(({ run }) => b.some((other) => other.run === run));
  if (twice !== undefined) throw invalid(t('The run {0} is on both sides', twice.run), t('Name each run on one of them.'));
  const running = all.find(({ state }) => state === 'running');
  if (running !== undefined) throw invalid(t('The run {0} has not ended', running.run), t('Wait for it, or leave it out.'));
}
