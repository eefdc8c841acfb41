/** `faultline compare` of runs that broke something: two groups of recoveries, medians with censoring. */
import {
  compareRecoveries,
  fewestRecoveries,
  type ComparedRecovery,
  type Group,
  type RecoveryComparison,
} from '../analysis/recovery/compare.ts';
import { formatSeconds } from '../analysis/recovery/judge/metric-text.ts';
import type { RecoveryOutcome } from '../analysis/recovery/outcome.ts';
import { invalid } from '../base/errors.ts';
import type { RunRecord } from '../journal/runs.ts';
import type { RunStore } from '../journal/store.ts';
import { summaryOfRun } from '../run/summaries.ts';
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

export function breaksSomething({ header }: RunRecord): boolean {
  return header?.plan.fault !== undefined;
}

/** Fails: `invalid` where a run is on both sides, breaks nothing, or is still running. */
export async function compareGroups(a: readonly RunRecord[], b: readonly RunRecord[], json: boolean, terminal: Terminal): Promise<void> {
  const all = [...a, ...b];
  const plain = all.find((record) => !breaksSomething(record));
  if (plain !== undefined)
    throw invalid(`The run ${plain.run} breaks nothing, and others do`, 'Compare benchmarks with benchmarks, and faults with faults.');
  const twice = a.find(({ run }) => b.some((other) => other.run === run));
  if (twice !== undefined) throw invalid(`The run ${twice.run} is on both sides`, 'Name each run on one of them.');
  const running = all.find(({ state }) => state === 'running');
  if (running !== undefined) throw invalid(`The run ${running.run} has not ended`, 'Wait for it, or leave it out.');
  const [one, two] = await groups(a, b, terminal);
  const comparison = compareRecoveries(one, two);
  await write(terminal, json ? comparisonJson(comparison, one, two) : textOf(comparison, one, two, terminal));
}

async function groups(a: readonly RunRecord[], b: readonly RunRecord[], terminal: Terminal): Promise<readonly [Group, Group]> {
  const status = new StatusLine(terminal);
  const read = async (records: readonly RunRecord[]): Promise<readonly ComparedRecovery[]> => {
    const runs: ComparedRecovery[] = [];
    for (const record of records) {
      terminal.signal.throwIfAborted();
      status.show(`Reading ${record.run}`);
      const { run, startedAt, recovery } = await summaryOfRun(record);
      if (recovery !== undefined) runs.push({ run, startedAt, outcome: recovery });
    }
    return runs;
  };
  try {
    const [one, two] = [await read(a), await read(b)];
    return [
      { label: 'A', runs: one },
      { label: 'B', runs: two },
    ];
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

function titlesOf(runs: readonly ComparedRecovery[]): readonly string[] {
  return [...new Set(runs.map(({ outcome }) => outcome.title))];
}

function textOf(comparison: RecoveryComparison, a: Group, b: Group, terminal: Terminal): string {
  const number = (title: string): { title: string; isNumber: boolean } => ({ title, isNumber: true });
  const sides = [
    { view: comparison.a, group: a },
    { view: comparison.b, group: b },
  ];
  const table = columnsText(
    {
      columns: [
        { title: '', isNumber: false },
        ...['Runs', 'Recovered', 'Median', 'Never', 'Not judged', 'Unavailable', 'Lost'].map(number),
        { title: 'Fault', isNumber: false },
      ],
      rows: sides.map(({ view, group: { runs } }) => [
        view.label,
        String(view.count),
        recoveredOf(runs.map(({ outcome }) => outcome)),
        view.median,
        String(view.censored),
        String(view.leftOut),
        spread(runs.map(({ outcome }) => outcome.unavailableMs)),
        lostOf(runs.map(({ outcome }) => outcome)),
        titlesOf(runs).join(' | '),
      ]),
    },
    terminal,
  );
  const differ = titlesOf(a.runs).join() !== titlesOf(b.runs).join();
  const lines = [
    table,
    `${visible(comparison.text)}.`,
    `~ nothing can be said: fewer than ${fewestRecoveries} runs a side, runs that did not take turns, or no difference that the rank test can tell.`,
    'A run that never recovered lasted longer than its observation: it counts in the median as that, and in no mean.',
    ...(differ ? ['Not the same was broken on both sides: what differs is that, too.'] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** "2.30 to 4.10 s": of few runs all that can be said. */
function spread(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return '–';
  const [low, high] = [Math.min(...known), Math.max(...known)].map(formatSeconds);
  return low === high ? (low ?? '–') : `${low?.replace(/ s$/, '') ?? ''} to ${high ?? ''}`;
}

/** Of those that did; the others are counted beside it. */
function recoveredOf(outcomes: readonly RecoveryOutcome[]): string {
  return spread(outcomes.map(({ recovered }) => (recovered.kind === 'value' ? recovered.ms : recovered.kind === 'none' ? 0 : null)));
}

function lostOf(outcomes: readonly RecoveryOutcome[]): string {
  const known = outcomes.flatMap(({ lost }) => (lost === null ? [] : [lost]));
  return known.length === 0 ? '–' : String(known.reduce((sum, lost) => sum + lost, 0));
}
