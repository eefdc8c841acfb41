/**
 * A run, or two compared, as one HTML file that opens on any machine, offline. It holds the run's page of the editor (latency, or the
 * recovery of a run that breaks something) and the run's journal, so its charts are the same and answer to the pointer; above them stands what a reader needs without a script.
 *
 * webview/kit/report-file.ts reads what is embedded here. Nothing but our own script may run, and nothing can be fetched: the content
 * security policy names the script by its hash.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { t } from '../base/messages.ts';
import { recoveryTables } from '../analysis/recovery/show/tables.ts';
import type { RecoveryView } from '../analysis/recovery/view.ts';
import type { Comparison, RunView } from '../analysis/view.ts';
import { comparisonTable, queryTable, type TextTable } from './table.ts';
import { countsText, factsOf, figureNotes, verdictText } from './text.ts';
import { reportStyle } from './theme.ts';

export interface HtmlReport {
  readonly a: ReportedRun;
  readonly b?: ReportedRun & { readonly comparison: Comparison };
  /** Text of `dist/webview/NAME.js` and `.css`, by `pageNameOf`. */
  readonly page: { readonly script: string; readonly style: string };
}

export interface ReportedRun {
  readonly view: RunView;
  /** Of a run that breaks something. */
  readonly recovery?: RecoveryView | null;
  /** The journal's file, whole: a last line without its end is left out. */
  readonly journal: Uint8Array;
}

/** Which page a report of this run holds. Two runs are compared by their latency. */
export function pageNameOf({ plan }: Pick<RunView, 'plan'>, isCompared = false): 'timeline' | 'histogram' {
  return plan.fault !== undefined && !isCompared ? 'timeline' : 'histogram';
}

/** The facts of the page: see `PanelFacts` of the panel's protocol. */
interface Facts {
  readonly run: string;
  readonly state: 'live' | 'ended' | 'interrupted';
  readonly sizeBytes: number;
}

const newline = 10;
const pack = promisify(deflate);

/** The document's text; about a tenth of the journal's size, and half a megabyte. */
export async function htmlReport({ a, b, page }: HtmlReport): Promise<string> {
  const script = page.script.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n');
  const journalA = wholeLines(a.journal);
  const journalB = b === undefined ? undefined : wholeLines(b.journal);
  const facts = {
    a: factsFor(a.view, journalA),
    b: b === undefined || journalB === undefined ? null : factsFor(b.view, journalB),
    place: 'report',
  };
  const embedded = [
    `<script id="faultline-report" type="application/json">${inScript(JSON.stringify(facts))}</script>`,
    await journalElement('a', journalA),
    ...(journalB === undefined ? [] : [await journalElement('b', journalB)]),
  ];
  const code = safeCode(script);
  const title = b === undefined ? `${a.view.name}: ${verdictText(a.view)}` : b.comparison.text;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escape(policy(code))}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(title)}</title>
<style>${inStyle(reportStyle)}</style>
<style>${inStyle(page.style)}</style>
</head>
<body>
<div id="app">${summary(a, b)}</div>
${embedded.join('\n')}
<script>${code}</script>
</body>
</html>
`;
}

/** Style attributes place bars, as in the editor; neither they nor sheets can run anything. */
function policy(code: string): string {
  const hash = createHash('sha256').update(code).digest('base64');
  return [
    `default-src 'none'`,
    `script-src 'sha256-${hash}'`,
    `style-src 'unsafe-inline'`,
    `img-src data:`,
    `font-src data:`,
    `base-uri 'none'`,
    `form-action 'none'`,
  ].join('; ');
}

/** What is read where no script runs. The page takes its place. */
function summary({ view, recovery }: ReportedRun, b: HtmlReport['b']): string {
  const parts =
    b === undefined && recovery != null
      ? recoverySummary(view, recovery)
      : b === undefined
        ? [
            `<h1><span class="verdict ${view.verdict ?? 'none'}">${escape(verdictText(view))}</span> ${escape(view.name)}</h1>`,
            `<p class="reason">${escape(view.reason)}</p>`,
            `<p>${escape(countsText(view.counts))}</p>`,
            table(t('By query, response time'), queryTable(view)),
            ...figureNotes(view).map((note) => `<p>${escape(note)}</p>`),
            list(
              t('Expectations'),
              view.expectations.map(({ expectation, text }) => `${expectation.text}: ${text}`),
            ),
            facts('', view),
            list(t('Notes'), view.notes),
          ]
        : [
            `<h1>${escape(b.comparison.text)}</h1>`,
            ...[b.comparison.a, b.comparison.b].map(
              ({ run, label }, index) => `<p>${escape(t('{0}: {1} ({2})', index === 0 ? t('A') : t('B'), label, run))}</p>`,
            ),
            table(t('By query, response time'), comparisonTable(b.comparison)),
            list(t('What else differed'), b.comparison.differences),
            facts(t('A'), view),
            facts(t('B'), b.view),
          ];
  return `<article class="plain">${parts.join('\n')}</article>`;
}

/** Verdict, what it stands on, every figure and lane as text. */
function recoverySummary(view: RunView, recovery: RecoveryView): readonly string[] {
  const { title, messages, expectations, notes } = recovery;
  return [
    `<h1><span class="verdict ${recovery.verdict ?? 'none'}">${escape(verdictText(view))}</span> ${escape(view.name)}</h1>`,
    `<p class="reason">${escape(recovery.reason)}</p>`,
    `<p>${escape(title)}</p>`,
    ...recoveryTables(recovery).map((each) => table(each.title, each)),
    list(t('Messages'), messages?.sentences ?? []),
    list(
      t('Expectations'),
      expectations.map(({ expectation, text }) => `${expectation.text}: ${text}`),
    ),
    ...(view.statements.length === 0
      ? []
      : [`<p>${escape(countsText(view.counts))}</p>`, table(t('Load beside, response time'), queryTable(view))]),
    facts('', view),
    list(t('Notes'), [...new Set([...view.notes, ...notes])]),
  ];
}

function facts(side: string, view: RunView): string {
  const rows = factsOf(view).map(([name, value]) => `<dt>${escape(name)}</dt><dd>${escape(value)}</dd>`);
  return `<h2>${escape(side === '' ? t('Environment') : t('Environment of {0}', side))}</h2><dl>${rows.join('')}</dl>`;
}

function list(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  return `<h2>${escape(title)}</h2><ul>${lines.map((line) => `<li>${escape(line)}</li>`).join('')}</ul>`;
}

function table(caption: string, { columns, rows }: Pick<TextTable, 'columns' | 'rows'>): string {
  const cell = (tag: string, text: string, index: number): string =>
    `<${tag}${columns[index]?.isNumber === true ? ' class="n"' : ''}>${escape(text)}</${tag}>`;
  const head = columns.map(({ title }, index) => cell('th', title, index)).join('');
  const body = rows.map((row) => `<tr>${row.map((text, index) => cell('td', text, index)).join('')}</tr>`).join('\n');
  return `<table><caption>${escape(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
}

function factsFor({ run, status }: RunView, journal: Uint8Array): Facts {
  const state = status === 'running' ? 'live' : status === 'interrupted' ? 'interrupted' : 'ended';
  return { run, state, sizeBytes: journal.length };
}

function wholeLines(journal: Uint8Array): Uint8Array {
  return journal.subarray(0, journal.lastIndexOf(newline) + 1);
}

async function journalElement(side: 'a' | 'b', journal: Uint8Array): Promise<string> {
  const packed = await pack(journal);
  return `<script id="faultline-journal-${side}" type="application/octet-stream+base64">${packed.toString('base64')}</script>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** JSON keeps its meaning, and no name in it can end the element. */
function inScript(json: string): string {
  return json.replaceAll('<', String.raw`\u003c`);
}

/** In strings and comments, which is where a bundle has these, both read the same; the document's parser does not end there. */
function safeCode(code: string): string {
  return code.replaceAll(/<\/(?=script)/gi, String.raw`<\/`).replaceAll('<!--', String.raw`\x3c!--`);
}

function inStyle(css: string): string {
  return css.replace(/\n?\/\*# sourceMappingURL=.*?\*\/\s*$/, '').replaceAll(/<\/(?=style)/gi, String.raw`<\/`);
}
