/** `faultline compare` of runs that broke something: two groups of recoveries, medians with censoring. */
import { compareRecoveries, type Group, type RecoveryComparison } from '../analysis/recovery/compare.ts';
import { invalid } from '../base/errors.ts';
import type { RunRecord } from '../journal/runs.ts';
import type { RunStore } from '../journal/store.ts';
import { recoveriesNotes, recoveriesTable, titlesOf } from '../report/recoveries.ts';
import { recoveriesOf } from '../run/recoveries.ts';
import { columnsText } from './columns.ts';
import { visible } from './format/width.ts';
import { StatusLine, write, type Terminal } from './terminal.ts';

/** A run, several with commas between, or “kafka-kill*”: each whose id has that text. Fails: `notFound`, `invalid` (several match). */
export async function groupOf(names: string, store: RunStore): Promise<readonly RunRecord[]> {
  const found = new Map<string, RunRecord>();
  for (const name of names.split(',').map((each) => each.trim())) {
    if (name === '') continue;
    for (const record of name.endsWith('*') ? await having(name.slice(0, -1), store) : [await store.find(name)])
      found.set(record.run, record);
  }
  if (found.size === 0) throw invalid(`“${names}” names no run`, '“faultline runs” lists them.');
  return [...found.values()];
}

async function having(text: string, store: RunStore): Promise<readonly RunRecord[]> {
  const found = (await store.list()).filter(({ run }) => run.includes(text.toLowerCase()));
  if (found.length === 0) throw invalid(`No run has “${text}” in its id`, '“faultline runs” lists them.');
  return found;
}

/** Fails as `recoveriesOf`. */
export async function compareGroups(a: readonly RunRecord[], b: readonly RunRecord[], json: boolean, terminal: Terminal): Promise<void> {
  const [one, two] = await read(a, b, terminal);
  const comparison = compareRecoveries(one, two);
  await write(terminal, json ? comparisonJson(comparison, one, two) : textOf(comparison, one, two, terminal));
}

async function read(a: readonly RunRecord[], b: readonly RunRecord[], terminal: Terminal): Promise<readonly [Group, Group]> {
  const status = new StatusLine(terminal);
  try {
    return await recoveriesOf(a, b, { signal: terminal.signal, reading: (run) => status.show(`Reading ${run}`) });
  } finally {
    status.clear();
  }
}

/** `{ format, a: { label, titles, runs, count, censored, leftOut, medianMs, median }, b, interleaved, p, effect, finding, text }` */
function comparisonJson(comparison: RecoveryComparison, a: Group, b: Group): string {
  const side = ({ runs }: Group): object => ({ titles: titlesOf(runs), runs: runs.map(({ run, outcome }) => ({ run, ...outcome })) });
  const object = { format: 1, ...comparison, a: { ...comparison.a, ...side(a) }, b: { ...comparison.b, ...side(b) } };
  return `${JSON.stringify(object, null, 2)}\n`;
}

function textOf(comparison: RecoveryComparison, a: Group, b: Group, terminal: Terminal): string {
  const table = columnsText(recoveriesTable(comparison, a, b), terminal);
  return `${[table, ...recoveriesNotes(comparison, a, b).map(visible)].join('\n')}\n`;
}
