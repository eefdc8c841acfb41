/** ClickHouse's plans as text: by indentation, and the drawn tree of EXPLAIN ANALYZE with what each step took. */
import type { PlanNode } from '../engine.ts';

interface Draft {
  readonly depth: number;
  operator: string;
  details: string[];
  ownTimeMs?: number;
  rowsReal?: number;
  sizeBytes?: number;
  children: Draft[];
}

/** The analyzer's own names of columns: `__table1.number`, `2_UInt8`. */
export function plainName(text: string): string {
  return text
    .replaceAll(/\b__table\d+\./g, '')
    .replaceAll(/(\d)_U?Int\d+\b/g, '$1')
    .replaceAll(/('(?:[^'\\]|\\.)*')_String\b/g, '$1');
}

/** The plain form: two spaces a level; lines with `Name: value` belong to the step above. */
export function indentedPlan(text: string): PlanNode {
  const drafts: Draft[] = [];
  for (const line of text.split('\n')) {
    const content = line.trim();
    if (content === '') continue;
    const last = drafts.at(-1);
    if (last !== undefined && /^[\w ]+: /.test(content) && !content.includes('(')) last.details.push(content);
    else drafts.push({ depth: line.length - line.trimStart().length, ...titleOf(content), children: [] });
  }
  return tree(drafts);
}

export function analyzedPlan(text: string): { readonly root: PlanNode; readonly totalMs?: number } {
  const drafts: Draft[] = [];
  let totalMs: number | undefined;
  let inSummary = true;
  for (const line of text.split('\n')) {
    const content = line.replace(/^[│├└─\s]+/u, '');
    if (inSummary) {
      const time = /^Time:\s+([\d.]+) (\w+)/.exec(content);
      if (time !== null) totalMs = durationMs(time[1] ?? '', time[2] ?? '');
      // Everything up to the first step is about the statement as a whole: indented, or `Name: value`.
      if (content === '' || /^\s/.test(line) || /^[A-Z][\w ]*:/.test(content)) continue;
      inSummary = false;
    }
    if (content === '') continue;
    const branch = /^([│\s]*)[├└]──/u.exec(line);
    const last = drafts.at(-1);
    if (branch !== null || last === undefined)
      drafts.push({ depth: branch === null ? -1 : (branch[1] ?? '').length, ...titleOf(content), children: [] });
    else addTo(last, content);
  }
  return { root: tree(drafts), ...(totalMs === undefined ? {} : { totalMs }) };
}

function titleOf(content: string): { operator: string; details: string[] } {
  const match = /^([^(]+?)\s*\(([\s\S]*)\)$/.exec(content);
  if (match === null) return { operator: content, details: [] };
  return { operator: match[1] ?? content, details: [plainName((match[2] ?? '').replace(/^\(([\s\S]*)\)$/, '$1'))] };
}

function addTo(draft: Draft, content: string): void {
  const flow = /^I\/O: rows .*?→ ([\d.]+)(?: (\w+))?(?: \([^)]*\))?(?: · .*→ ([\d.]+) (\w+))?/u.exec(content);
  if (flow !== null) {
    draft.rowsReal = count(flow[1] ?? '', flow[2]);
    if (flow[3] !== undefined) draft.sizeBytes = sizeBytes(flow[3], flow[4] ?? '');
    return;
  }
  const stage = /^(?:Stage \(([^)]*)\): )?time ([\d.]+) (\w+)/.exec(content);
  if (stage !== null) {
    const ms = durationMs(stage[2] ?? '', stage[3] ?? '') ?? 0;
    draft.ownTimeMs = (draft.ownTimeMs ?? 0) + ms;
    return;
  }
  if (!/^(?:Skip merging|Offset): 0|^Offset 0$|^Keys:$/.test(content)) draft.details.push(plainName(content));
}

function tree(drafts: readonly Draft[]): PlanNode {
  const path: Draft[] = [];
  for (const draft of drafts) {
    while (path.length > 0 && (path.at(-1)?.depth ?? 0) >= draft.depth) path.pop();
    path.at(-1)?.children.push(draft);
    path.push(draft);
  }
  const [root] = drafts;
  return root === undefined ? { operator: '', detail: '', children: [] } : nodeOf(root);
}

function nodeOf({ operator, details, children, ownTimeMs, rowsReal, sizeBytes: bytes }: Draft): PlanNode {
  return {
    operator,
    detail: details.join(' · '),
    ...(ownTimeMs === undefined ? {} : { ownTimeMs }),
    ...(rowsReal === undefined ? {} : { rowsReal }),
    ...(bytes === undefined ? {} : { sizeBytes: bytes }),
    children: children.map(nodeOf),
  };
}

const timeUnits: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, ms: 1, s: 1000, sec: 1000, m: 60_000, min: 60_000 };

function durationMs(number: string, unit: string): number | undefined {
  const factor = timeUnits[unit];
  return factor === undefined ? undefined : Number(number) * factor;
}

const counts: Readonly<Record<string, number>> = { thousand: 1e3, million: 1e6, billion: 1e9, trillion: 1e12, quadrillion: 1e15 };

function count(number: string, word: string | undefined): number {
  return Math.round(Number(number) * (word === undefined ? 1 : (counts[word] ?? 1)));
}

const sizes: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

function sizeBytes(number: string, unit: string): number {
  return Math.round(Number(number) * (sizes[unit] ?? 1));
}
