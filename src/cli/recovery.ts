/** `faultline recovery`: one recovery, as its panel shows it; and its parts, which the end of a run shows too. */
import { blocks, timelineLines, type CellKind, type TimelineLetters } from '../analysis/recovery/show/timeline.ts';
import { recoveryJson } from '../analysis/recovery/show/json.ts';
import { recoveryTables, type RecoveryTable } from '../analysis/recovery/show/tables.ts';
import { keyNumbers } from '../analysis/recovery/show/words.ts';
import type { Proof, RecoveryView } from '../analysis/recovery/view.ts';
import { invalid } from '../base/errors.ts';
import { projectRun, recoveryOfRun } from '../run/summaries.ts';
import { columnsText } from './columns.ts';
import { visible, widthOf } from './format/width.ts';
import { paintFor, widthFor, wrapped, type Paint } from './layout.ts';
import { exitCodeOfRun, verdictOf } from './outcome.ts';
import { runStore } from './runs.ts';
import { inLetters, isUtf8, signsFor, type Signs } from './signs.ts';
import { write, type Terminal } from './terminal.ts';

export interface RecoveryOptions {
  readonly run: string;
  readonly json: boolean;
}

/** Answers the exit code of its verdict. Fails: `notFound`; `invalid` (several match, it breaks nothing). */
export async function runRecovery({ run, json }: RecoveryOptions, terminal: Terminal): Promise<number> {
  const record = await runStore(terminal).find(run);
  const projected = await projectRun(record, terminal.signal);
  const view = recoveryOfRun(projected);
  if (view === null)
    throw invalid(
      `The run ${record.run} breaks nothing: there is no recovery to show`,
      `“faultline report ${record.run} --format md” shows its figures.`,
    );
  const text = json ? `${JSON.stringify(recoveryJson(view), null, 2)}\n` : describeRecovery(view, terminal);
  await write(terminal, text);
  return exitCodeOfRun(projected.view);
}

type RecoveryTerminal = Pick<Terminal, 'stdout' | 'stderr' | 'env'>;

interface Drawing {
  readonly width: number;
  readonly paint: Paint;
  readonly signs: Signs;
}

/** Ends with a line feed. `brief`: without the tables that stand behind the picture. */
export function describeRecovery(
  view: RecoveryView,
  terminal: RecoveryTerminal,
  { brief = false }: { readonly brief?: boolean } = {},
): string {
  const drawing: Drawing = { width: widthFor(terminal), paint: paintFor(terminal), signs: signsFor(terminal.env) };
  const { width, paint } = drawing;
  const tables = recoveryTables(view).filter(({ title }) => !pictured.has(title));
  const lines = [
    ...headOf(view, drawing),
    '',
    ...view.proofs.flatMap((proof) => proofLines(proof, drawing)),
    '',
    ...numberLines(view, drawing),
    '',
    ...timelineLines(view, {
      width,
      letters: isUtf8(terminal.env) ? blocks : inAscii,
      paint: (text, kind) => painted(visible(text), kind, paint),
    }),
    ...(brief ? [] : tables.flatMap((table) => ['', ...tableLines(table, drawing)])),
    ...faultsLeft(view, drawing),
    ...view.notes.flatMap((note, index) => [...(index === 0 ? [''] : []), ...wrapped(`note: ${note}`, width)]),
    '',
    `Run ${view.run}`,
    ...(brief ? [`  faultline recovery ${view.run}   the tables behind this`] : []),
    `  faultline report ${view.run} --format html   a page of it; the editor shows it under Runs`,
  ];
  const text = `${lines.join('\n')}\n`;
  return isUtf8(terminal.env) ? text : inLetters(text);
}

/** What the head, the key numbers and the picture say already. */
const pictured: ReadonlySet<string> = new Set(['Recovery', 'Lanes: each adds up to its own total', 'What the verdict stands on']);

const inAscii: TimelineLetters = {
  ...{ empty: ' ', good: '.', bad: '#', someBad: 'x', notJudged: '?', before: '.', unstable: '%', gone: '=', better: '-' },
  ...{ fault: 'v', lasts: '_', healed: '^', predicted: '~', range: ':', goesOn: '>' },
};

function headOf(view: RecoveryView, { width, paint, signs }: Drawing): readonly string[] {
  const { verdict, status, title, reason } = view;
  const sign = verdict === 'passed' ? `${signs.met} ` : verdict === 'failed' ? `${signs.broken} ` : '';
  const colour = verdict === 'passed' ? 'green' : verdict === 'failed' ? 'red' : 'yellow';
  const word = status === 'running' ? 'RUNNING' : verdictOf({ status, verdict });
  const [first = '', ...rest] = wrapped(`${sign}${word}  ${title}`, width);
  const shown = `${sign}${word}`;
  return [
    `${paint(shown, colour)}${paint(first.slice(shown.length), 'bold')}`,
    ...rest.map((line) => paint(line, 'bold')),
    ...wrapped(reason, width),
  ];
}

function proofLines({ state, text }: Proof, { width, paint, signs }: Drawing): readonly string[] {
  const sign = { ok: signs.met, missing: signs.broken, notApplicable: signs.none, pending: signs.open }[state];
  const lines = wrapped(text, width - sign.length - 3);
  return lines.map((line, index) => {
    const whole = index === 0 ? `  ${sign} ${line}` : `  ${' '.repeat(sign.length)} ${line}`;
    return state === 'missing' ? paint(whole, 'yellow') : whole;
  });
}

/** One a line, the first of them the one that counts. */
function numberLines(view: RecoveryView, { width, paint, signs }: Drawing): readonly string[] {
  const numbers = keyNumbers(view);
  const titles = Math.max(...numbers.map(({ title }) => title.length));
  const values = Math.max(...numbers.map(({ value }) => value.length));
  return numbers.flatMap(({ id, title, value, error, below, met }) => {
    const mark = met === null ? '' : met ? paint(`${signs.met} met`, 'green') : paint(`${signs.broken} broken`, 'red');
    const words = [error, below].filter((text) => text !== '').join('  ');
    const figure = value.padStart(values);
    const head = `  ${title.padEnd(titles)}  ${id === 'recovered' ? paint(figure, 'bold') : figure}`;
    const left = width - titles - values - 6;
    if (left < 24)
      return [head, ...[...(words === '' ? [] : wrapped(words, width - 6)), ...(mark === '' ? [] : [mark])].map((line) => `      ${line}`)];
    const [first, ...others] = words === '' ? [] : wrapped(words, left - markWidth);
    const indent = ' '.repeat(titles + values + 6);
    return [
      [head, first, mark].filter((part) => part !== undefined && part !== '').join('  '),
      ...others.map((line) => `${indent}${line}`),
    ];
  });
}

/** Of what is met or broken, with the blanks before it. */
const markWidth = 11;

function tableLines({ title, columns, rows }: RecoveryTable, { paint, width }: Drawing): readonly string[] {
  const last = columns.length - 1;
  const widths = columns.map((column, index) => Math.max(widthOf(column.title), ...rows.map((row) => widthOf(row[index] ?? ''))));
  const room = width - widths.slice(0, -1).reduce((sum, each) => sum + each + 2, 0);
  const heading = paint(title, 'bold');
  // A table that has no room for its last column becomes a list.
  if (room < Math.min(widths[last] ?? 0, leastColumn)) {
    const listed = rows.map((row) =>
      row.flatMap((cell, index) => (cell === '' ? [] : [`${columns[index]?.title ?? ''} ${cell}`.trim()])).join(' · '),
    );
    return [heading, ...listed.flatMap((row) => wrapped(row, width - 2).map((line, index) => `${index === 0 ? '' : '  '}${line}`))];
  }
  // Sentences are broken into lines, not cut: a finding is no place to save room.
  const broken = rows.flatMap((row) =>
    wrapped(row[last] ?? '', room).map((line, index) => [...row.slice(0, -1).map((cell) => (index === 0 ? cell : '')), line]),
  );
  const [head = '', ...others] = columnsText({ columns, rows: broken }, { stdout: {} }).trimEnd().split('\n');
  return [heading, ...(head === '' ? [] : [paint(head, 'dim')]), ...others];
}

/** What a column of sentences has at least. */
const leastColumn = 24;

/** What was not seen to end, loudly. */
function faultsLeft({ faults, status, run }: RecoveryView, { width, paint, signs }: Drawing): readonly string[] {
  if (status === 'running') return [];
  return faults
    .filter(({ state }) => state === 'unconfirmed')
    .flatMap(({ title, command }) => [
      '',
      ...wrapped(`${signs.broken} NOT HEALED, as far as is known: ${title}. “faultline stop ${run}” asks its cluster.`, width).map((line) =>
        paint(line, 'red'),
      ),
      ...(command === null ? [] : [`  ${visible(command)}`]),
    ]);
}

function painted(text: string, kind: CellKind | 'label' | 'total', paint: Paint): string {
  switch (kind) {
    case 'bad':
    case 'someBad':
    case 'fault':
    case 'lasts':
    case 'goesOn':
      return paint(text, 'red');
    case 'unstable':
    case 'notJudged':
      return paint(text, 'yellow');
    case 'total':
    case 'gone':
      return paint(text, 'bold');
    case 'label':
    case 'good':
    case 'before':
    case 'predicted':
    case 'range':
      return paint(text, 'dim');
    case 'healed':
      return paint(text, 'green');
    case 'better':
    case 'empty':
      return text;
  }
}
