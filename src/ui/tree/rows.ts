/**
 * The rows of one cluster: each stays the same object for as long as what it stands for is there, and knows its newest line. No
 * `vscode` import: what a change costs is measured without it.
 */
import { filterLines, newFilterMemory } from '../../cluster/recognise/filter.ts';
import { linesOf } from '../../cluster/recognise/lines.ts';
import type { ClusterModel, Line, LineSubject } from '../../cluster/recognise/model.ts';
import { differences, isSameList } from '../../cluster/same.ts';

/** More of one group at once would make the tree slow to draw; a filter finds the others. */
const shownAtOnce = 250;

type Tell = (row: Row) => void;

export class Row {
  #line: Line;
  /** Once somebody asked for them. */
  #rows: readonly Row[] | undefined;

  constructor(line: Line) {
    this.#line = line;
  }

  get line(): Line {
    return this.#line;
  }

  /** Those below that are shown. */
  rows(): readonly Row[] {
    return (this.#rows ??= nextRows([], [], this.#line.children));
  }

  /** How many below are not shown. */
  get more(): number {
    return moreOf(this.#line.children);
  }

  /** What it stands for now. Tells of each row whose item, or whose list of rows, is another. */
  renew(line: Line, tell: Tell): void {
    const before = this.#line;
    if (before === line) return;
    this.#line = line;
    const rows = this.#rows;
    if (rows !== undefined) this.#rows = nextRows(rows, before.children, line.children, tell);
    if (rows !== this.#rows || moreOf(before.children) !== this.more || !isSameItem(before, line)) tell(this);
  }
}

export interface RowsChange {
  /** Also those below others that are here. */
  readonly rows: readonly Row[];
  /** The list at the top is another, or says another number of what the filter finds. */
  readonly isTopOther: boolean;
}

export interface TopRows {
  readonly rows: readonly Row[];
  readonly more: number;
  /** Where a filter is set: how many lines of how many it finds. */
  readonly found?: { readonly text: string; readonly shown: number; readonly total: number };
}

/** Follows a model that follows its cluster. */
export class ClusterRows {
  readonly #model: () => ClusterModel;
  readonly #filter: () => string;
  readonly #filtered = newFilterMemory();
  #drawn: ClusterModel | undefined;
  #all: readonly Line[] = [];
  /** Those at the top that the rows are for. */
  #lines: readonly Line[] = [];
  #top: TopRows = { rows: [], more: 0 };

  constructor(model: () => ClusterModel, filter: () => string) {
    this.#model = model;
    this.#filter = filter;
  }

  get top(): TopRows {
    return this.#top;
  }

  /** To the model and the filter of now: what is another than at the last call. */
  renew(): RowsChange {
    const model = this.#model();
    const text = this.#filter();
    const before = this.#top;
    if (this.#drawn === model && before.found?.text === (text === '' ? undefined : text)) return { rows: [], isTopOther: false };
    this.#drawn = model;
    this.#all = linesOf(model, this.#all);
    const { lines, shown, total } = text === '' ? { lines: this.#all, shown: 0, total: 0 } : filterLines(this.#all, text, this.#filtered);
    const changed: Row[] = [];
    const rows = nextRows(before.rows, this.#lines, lines, (row) => changed.push(row));
    this.#lines = lines;
    this.#top = { rows, more: moreOf(lines), ...(text === '' ? {} : { found: { text, shown, total } }) };
    const isTopOther = rows !== before.rows || this.#top.more !== before.more || !isSameFound(before.found, this.#top.found);
    return { rows: changed, isTopOther };
  }
}

function moreOf(lines: readonly Line[]): number {
  return Math.max(0, lines.length - shownAtOnce);
}

/** The same list where it holds the same rows. Those whose line is the same are not even looked at. */
function nextRows(rows: readonly Row[], before: readonly Line[], lines: readonly Line[], tell: Tell = () => undefined): readonly Row[] {
  const shown = lines.length > shownAtOnce ? lines.slice(0, shownAtOnce) : lines;
  const old = before.length > shownAtOnce ? before.slice(0, shownAtOnce) : before;
  const others = old.length === shown.length ? differences(old, shown) : shown.keys();
  const known = new Map<string, Row>();
  let next: Row[] | undefined = rows.length === shown.length ? undefined : rows.slice(0, shown.length);
  for (const at of others) {
    const line = shown[at];
    const here = rows[at];
    if (line === undefined) continue;
    if (here?.line.id !== line.id && known.size === 0) for (const row of rows) known.set(row.line.id, row);
    const row = (here?.line.id === line.id ? here : known.get(line.id)) ?? new Row(line);
    row.renew(line, tell);
    if (row !== here) {
      next ??= [...rows];
      next[at] = row;
    }
  }
  return next ?? rows;
}

function isSameItem(a: Line, b: Line): boolean {
  return (
    a.label === b.label &&
    a.description === b.description &&
    a.health?.state === b.health?.state &&
    a.health?.word === b.health?.word &&
    (a.children.length === 0) === (b.children.length === 0) &&
    isSameList(a.tooltip, b.tooltip) &&
    menuFacts(a.subject) === menuFacts(b.subject)
  );
}

/** What menus ask a subject for. */
function menuFacts(subject: LineSubject): string {
  switch (subject.kind) {
    case 'engine':
      return `engine ${String(subject.instance.service !== undefined)} ${'login' in subject.instance ? String(subject.instance.login) : ''}`;
    case 'role':
      return `role ${String(subject.role.workloads.length > 0)}`;
    case 'node':
      return `node ${String(subject.node.isCordoned)}`;
    case 'pod':
      return `pod ${subject.pod.id} ${subject.pod.role}`;
    case 'broker':
      return `broker ${subject.broker.pod?.id ?? ''}`;
    case 'note':
      return `note ${subject.note}`;
    default:
      return subject.kind;
  }
}

function isSameFound(a: TopRows['found'], b: TopRows['found']): boolean {
  return a?.text === b?.text && a?.shown === b?.shown && a?.total === b?.total;
}
