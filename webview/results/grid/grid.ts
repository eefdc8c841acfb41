/** The grid: a tab's rows, drawn as far as they are in sight. Data comes in by blocks, everything else is arranged here. */
import type { Cell, CellRange, Column, ResultView, ResultWindow, SortKey, TabId } from '../../../src/ui/panels/results/protocol.ts';
import { t } from '../../../src/base/messages.ts';
import { attr, h } from '../../kit/dom.ts';
import type { Arrangement } from './arrangement.ts';
import { Blocks, type Row } from './blocks.ts';
import { Header, headerId, headerPx } from './header.ts';
import { actionFor, type GridAction } from './keys.ts';
import { listenToPointer, type PointerTarget } from './pointer.ts';
import { cellId, rowPx, Rows } from './rows.ts';
import {
  clampPosition,
  clampSelection,
  columnsSelection,
  move,
  rangeOf,
  rowsSelection,
  single,
  type Extent,
  type Position,
  type Selection,
} from './selection.ts';
import { Sizing } from './sizing.ts';
import { nextSort } from './sorting.ts';
import { Viewport } from './viewport.ts';

export interface GridSource {
  readonly tab: TabId;
  /** Changes when the statement is run again. */
  readonly run: number;
  readonly columns: readonly Column[];
  /** Rows of the view. */
  readonly rowCount: number;
  readonly view: ResultView;
  /** What the header shows: the view that was asked for, while the rows are still those of `view`. */
  readonly shownView: ResultView;
}

export interface GridHost {
  window(tab: TabId, offset: number, limit: number): Promise<ResultWindow>;
  setSort(sort: readonly SortKey[]): void;
  openFilter(column: number, anchor: DOMRect): void;
  openValue(at: Position, column: Column, preview: Cell, anchor: DOMRect): void;
  copy(range: CellRange, headers: boolean): void;
  selected(range: CellRange | null): void;
  arranged(arrangement: Arrangement): void;
  failed(error: unknown): void;
}

const overscanRows = 3;
const sampleRows = 100;

export class Grid implements PointerTarget {
  readonly element: HTMLElement;
  readonly #host: GridHost;
  readonly #viewport: Viewport;
  readonly #header = new Header();
  readonly #rows = new Rows();
  readonly #sizing: Sizing;
  #source: GridSource | null = null;
  #blocks: Blocks | null = null;
  #selection: Selection | null = null;
  #filtering: number | null = null;
  #lastTop = 0;
  #frame = 0;

  constructor(host: GridHost) {
    this.#host = host;
    this.#viewport = new Viewport({ moved: () => this.#moved() });
    this.#viewport.pane.append(this.#rows.element, this.#header.element);
    this.element = h(
      'div',
      { class: 'grid', role: 'grid', tabindex: 0, aria: { label: t('Rows'), multiselectable: true } },
      this.#viewport.element,
    );
    this.element.addEventListener('keydown', (event) => this.#key(event));
    this.element.addEventListener('focus', () => this.#focused());
    this.#sizing = new Sizing(this.#viewport.element, this.element);
    listenToPointer(this.#viewport, this);
  }

  /** `arranged` is used only when another tab, or another run of it, comes into sight. */
  show(snapshot: GridSource, arranged: Arrangement): void {
    const before = this.#source;
    const same =
      before !== null && before.tab === snapshot.tab && before.run === snapshot.run && sameColumns(before.columns, snapshot.columns);
    // Each snapshot brings new objects; as long as they are the same columns, the header knows them by identity.
    const source = same ? { ...snapshot, columns: before.columns } : snapshot;
    this.#source = source;
    attr(this.element, 'aria-rowcount', source.rowCount + 1);
    attr(this.element, 'aria-colcount', source.columns.length + 1);
    if (!same) {
      this.#open(source, arranged);
      return;
    }
    const otherView = JSON.stringify(before.view) !== JSON.stringify(source.view);
    const ordered = source.view.sort.length > 0 || source.view.filters.length > 0;
    const grown = before.rowCount !== source.rowCount;
    // A growing result appends only while it is looked at as it came.
    this.#blocks?.reset(source.rowCount, otherView || (grown && ordered));
    if (grown) this.#layout();
    if (otherView) {
      const active = this.#selection?.anchor ?? null;
      this.#select(active === null ? null : single(clampPosition({ row: Math.min(active.row, 0), column: active.column }, this.#extent)));
      this.#viewport.scrollTo(0);
    } else if (grown && this.#selection !== null) this.#select(clampSelection(this.#selection, this.#extent));
    this.draw();
  }

  /** The tab has gone from sight: its rows are let go. */
  clear(): void {
    this.#blocks?.close();
    this.#blocks = null;
    this.#source = null;
  }

  get range(): CellRange | null {
    return rangeOf(this.#selection);
  }

  focus(): void {
    if (document.activeElement !== this.element) this.element.focus({ preventScroll: true });
  }

  /** Rows that could not be read are asked for again. */
  retry(): void {
    this.#blocks?.retry();
  }

  /** Marks the column whose filter is open. */
  set filtering(column: number | null) {
    this.#filtering = column;
    this.draw();
  }

  #open(source: GridSource, arranged: Arrangement): void {
    this.#blocks?.close();
    this.#blocks = new Blocks({ window: (offset, limit) => this.#host.window(source.tab, offset, limit) }, source.columns.length, {
      arrived: () => this.#arrived(),
      failed: (error) => this.#host.failed(error),
    });
    this.#blocks.reset(source.rowCount, true);
    this.#sizing.open(arranged.widths);
    this.#size();
    this.#select(arranged.selection === null ? null : clampSelection(arranged.selection, this.#extent), false);
    this.#viewport.scrollTo(arranged.topRow * rowPx, arranged.leftPx);
    this.draw();
  }

  get #extent(): Extent {
    return { rows: this.#source?.rowCount ?? 0, columns: this.#source?.columns.length ?? 0 };
  }

  #arrived(): void {
    if (!this.#sizing.byRows) this.#size();
    this.#schedule();
  }

  #size(): void {
    if (this.#source === null) return;
    this.#sizing.makeRoomFor(this.#source.rowCount);
    this.#sizing.guess(this.#source.columns, this.#sample(), this.#viewport.width);
    this.#layout();
  }

  #sample(): Row[] {
    const first = Math.floor(this.#viewport.top / rowPx);
    const rows: Row[] = [];
    for (let i = 0; i < sampleRows; i++) {
      const row = this.#blocks?.row(first + i) ?? this.#blocks?.row(i);
      if (row !== undefined) rows.push(row);
    }
    return rows;
  }

  #layout(): void {
    this.#sizing.makeRoomFor(this.#extent.rows);
    this.#viewport.setContent(this.#sizing.totalPx, headerPx + this.#extent.rows * rowPx);
  }

  #moved(): void {
    this.draw();
    this.#arrange();
  }

  #arrange(): void {
    if (this.#source === null) return;
    this.#host.arranged({
      widths: this.#sizing.own,
      topRow: this.#viewport.top / rowPx,
      leftPx: this.#viewport.left,
      selection: this.#selection,
    });
  }

  /** Several answers in one frame are drawn once. */
  #schedule(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.draw();
    });
  }

  draw(): void {
    const source = this.#source;
    const blocks = this.#blocks;
    if (source === null || blocks === null || this.#viewport.height === 0) return;
    const { top, left, width, height } = this.#viewport;
    const firstSeen = Math.floor(top / rowPx);
    const endSeen = Math.min(source.rowCount, Math.ceil((top + height - headerPx) / rowPx));
    blocks.want(firstSeen, Math.max(firstSeen + 1, endSeen), top >= this.#lastTop);
    this.#lastTop = top;
    // Before the first rows have come the widths would be guesses, and everything would jump when they come.
    const guessing = !this.#sizing.byRows && blocks.busy;
    this.#viewport.pane.style.visibility = guessing ? 'hidden' : '';
    attr(this.element, 'aria-busy', blocks.busy);
    const boxes = this.#sizing.visible(left, width);
    const active = this.#selection?.anchor ?? null;
    const { columns, shownView: view } = source;
    const numbersPx = this.#sizing.numbersPx;
    this.#header.draw({
      boxes,
      columns,
      numbersPx,
      view,
      activeColumn: active?.row === -1 ? active.column : null,
      filtering: this.#filtering,
    });
    const firstRow = Math.max(0, firstSeen - overscanRows);
    const endRow = Math.min(source.rowCount, endSeen + overscanRows);
    this.#rows.draw({ firstRow, endRow, boxes, columns, numbersPx, range: this.range, active, row: (index) => blocks.row(index) });
    this.#rows.element.style.transform = `translateY(${headerPx + this.#rows.offset(top)}px)`;
    this.#pointOut(active, firstRow, endRow);
  }

  #pointOut(active: Position | null, firstRow: number, endRow: number): void {
    const id = active === null ? null : active.row < 0 ? headerId(active.column) : cellId(active.row, active.column);
    const drawn = active !== null && (active.row < 0 || (active.row >= firstRow && active.row < endRow));
    attr(this.element, 'aria-activedescendant', drawn ? id : null);
  }

  #select(selection: Selection | null, byPerson = true): void {
    this.#selection = selection;
    this.#host.selected(this.range);
    if (byPerson) this.#arrange();
  }

  #focused(): void {
    if (this.#selection === null && this.#extent.columns > 0) {
      this.#select(single({ row: this.#extent.rows > 0 ? Math.floor(this.#viewport.top / rowPx) : -1, column: 0 }));
    }
    this.draw();
  }

  #reveal(at: Position): void {
    const { top, left, width, height } = this.#viewport;
    const box = this.#sizing.box(at.column);
    let toTop = top;
    if (at.row >= 0) {
      const rowTop = at.row * rowPx;
      toTop = Math.min(rowTop, Math.max(top, rowTop + rowPx - (height - headerPx)));
    }
    const toLeft = Math.min(box.start - this.#sizing.numbersPx, Math.max(left, box.start + box.width - width));
    if (toTop !== top || toLeft !== left) this.#viewport.scrollTo(toTop, toLeft);
    else this.draw();
  }

  #key(event: KeyboardEvent): void {
    const action = actionFor(event);
    if (action === undefined || this.#source === null) return;
    event.preventDefault();
    event.stopPropagation();
    this.#do(action);
  }

  #do(action: GridAction): void {
    const extent = this.#extent;
    const selection = this.#selection ?? single({ row: extent.rows > 0 ? 0 : -1, column: 0 });
    const { anchor, head } = selection;
    switch (action.kind) {
      case 'move': {
        const page = Math.max(1, Math.floor((this.#viewport.height - headerPx) / rowPx) - 1);
        const extend = action.extend && anchor.row >= 0;
        const at = move(extend ? head : anchor, action.to, page, extent, extend);
        this.#select(extend ? { anchor, head: at } : single(at));
        this.#reveal(at);
        return;
      }
      case 'selectAll':
        return this.selectAll();
      case 'selectColumn':
        return this.#show(columnsSelection(anchor.column, head.column, extent));
      case 'selectRow':
        return this.#show(anchor.row < 0 ? selection : rowsSelection(anchor.row, head.row, extent));
      case 'copy': {
        const range = this.range;
        if (range !== null) this.#host.copy(range, action.headers);
        return;
      }
      case 'filter':
        return this.openFilter(anchor.column);
      case 'fit':
        return this.resize(anchor.column, this.#sizing.width(anchor.column) + action.by);
      case 'open':
        return anchor.row < 0 ? this.sort(anchor.column, action.shift) : this.openValue(anchor);
    }
  }

  #show(selection: Selection): void {
    this.#select(selection);
    this.draw();
  }

  // What the mouse does (PointerTarget).

  cellAt(x: number, y: number): Position {
    const box = this.#viewport.element.getBoundingClientRect();
    const inBody = Math.max(0, Math.min(y - box.top - headerPx, this.#viewport.height - headerPx - 1));
    const across = x - box.left + this.#viewport.left;
    let column = 0;
    let end = this.#sizing.numbersPx + this.#sizing.width(0);
    while (column < this.#extent.columns - 1 && across >= end) end += this.#sizing.width(++column);
    return clampPosition({ row: Math.max(0, Math.floor((this.#viewport.top + inBody) / rowPx)), column }, this.#extent);
  }

  columnWidth(column: number): number {
    return this.#sizing.width(column);
  }

  press(at: Position, extend: boolean): void {
    this.#show(
      extend && this.#selection !== null && this.#selection.anchor.row >= 0 ? { anchor: this.#selection.anchor, head: at } : single(at),
    );
    this.#reveal(at);
  }

  extendTo(at: Position): void {
    const { anchor, head } = this.#selection ?? single(at);
    if (head.row === at.row && head.column === at.column) return;
    this.#show({ anchor, head: at });
  }

  pressRow(row: number, extend: boolean): void {
    const from = extend ? (this.#selection?.anchor.row ?? row) : row;
    this.#show(rowsSelection(Math.max(0, from), row, this.#extent));
  }

  selectAll(): void {
    const { rows, columns } = this.#extent;
    if (rows > 0) this.#show({ anchor: { row: 0, column: 0 }, head: { row: rows - 1, column: columns - 1 } });
  }

  sort(column: number, add: boolean): void {
    if (this.#source === null) return;
    this.#host.setSort(nextSort(this.#source.shownView.sort, column, add));
  }

  pressColumn(column: number, extend: boolean): void {
    if (this.#extent.rows === 0) return;
    this.#show(columnsSelection(extend ? (this.#selection?.anchor.column ?? column) : column, column, this.#extent));
  }

  openFilter(column: number): void {
    this.#reveal({ row: -1, column });
    const cell = this.#header.cell(column);
    if (cell !== null) this.#host.openFilter(column, cell.getBoundingClientRect());
  }

  openValue(at: Position): void {
    const column = this.#source?.columns[at.column];
    const row = this.#blocks?.row(at.row);
    if (column === undefined || row === undefined) return;
    this.#reveal(at);
    const cell = document.getElementById(cellId(at.row, at.column));
    if (cell !== null) this.#host.openValue(at, column, row[at.column] ?? null, cell.getBoundingClientRect());
  }

  resize(column: number, widthPx: number): void {
    this.#sizing.resize(column, widthPx);
    this.#resized();
  }

  #resized(): void {
    this.#layout();
    this.draw();
    this.#arrange();
  }

  fit(column: number): void {
    const definition = this.#source?.columns[column];
    if (definition === undefined) return;
    this.#sizing.fit(definition, column, this.#sample());
    this.#resized();
  }
}

function sameColumns(a: readonly Column[], b: readonly Column[]): boolean {
  return a.length === b.length && a.every((column, index) => column.name === b[index]?.name && column.type === b[index]?.type);
}
