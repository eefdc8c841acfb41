/** How wide the columns are: by header and first rows, until the person sets a width by hand. */
import type { Column } from '../../../src/ui/panels/results/protocol.ts';
import { formatCount } from '../../../src/base/units.ts';
import type { Row } from './blocks.ts';
import { Columns, type ColumnBox } from './columns.ts';
import { naturalWidth, shareOut, TextMeasure } from './measure.ts';

const minNumbersPx = 52;

export class Sizing {
  readonly #columns: Columns;
  readonly #grid: HTMLElement;
  #measure: TextMeasure | null = null;
  #own: Record<string, number> = {};
  #rowCount = 0;
  /** `no`: nothing is known; `byHeader`: until the first rows have come. */
  #known: 'no' | 'byHeader' | 'byRows' = 'no';

  constructor(scroller: HTMLElement, grid: HTMLElement) {
    this.#columns = new Columns(scroller, minNumbersPx);
    this.#grid = grid;
  }

  /** Set by hand. */
  get own(): Readonly<Record<string, number>> {
    return this.#own;
  }

  get byRows(): boolean {
    return this.#known === 'byRows';
  }

  get totalPx(): number {
    return this.#columns.totalPx;
  }

  get numbersPx(): number {
    return this.#columns.numbersPx;
  }

  width(column: number): number {
    return this.#columns.width(column);
  }

  box(column: number): ColumnBox {
    return this.#columns.box(column);
  }

  visible(left: number, width: number): readonly ColumnBox[] {
    return this.#columns.visible(left, width);
  }

  /** Another result: widths are guessed anew, but for those that the person had set. */
  open(own: Readonly<Record<string, number>>): void {
    this.#own = { ...own };
    this.#known = 'no';
  }

  guess(columns: readonly Column[], rows: readonly Row[], availablePx: number): void {
    const measure = this.#fonts;
    this.#known = rows.length > 0 ? 'byRows' : 'byHeader';
    const natural = columns.map((column, index) => naturalWidth(measure, column, index, rows));
    const widths = shareOut(natural, availablePx - this.#neededForNumbers());
    this.#columns.setWidths(
      widths.map((width, index) => this.#own[String(index)] ?? width),
      this.#neededForNumbers(),
    );
  }

  /** Row numbers need more room as they get longer. */
  makeRoomFor(rowCount: number): void {
    this.#rowCount = rowCount;
    if (this.#neededForNumbers() !== this.#columns.numbersPx) this.#columns.setWidths(this.#all(), this.#neededForNumbers());
  }

  resize(column: number, widthPx: number): void {
    this.#columns.setWidths(this.#all().with(column, widthPx), this.#columns.numbersPx);
    this.#own = { ...this.#own, [String(column)]: this.#columns.width(column) };
  }

  fit(column: Column, index: number, rows: readonly Row[]): void {
    this.resize(index, naturalWidth(this.#fonts, column, index, rows));
  }

  /** Fonts can be read only once the page has its styles. */
  get #fonts(): TextMeasure {
    this.#measure ??= new TextMeasure(this.#grid);
    return this.#measure;
  }

  #neededForNumbers(): number {
    return Math.max(minNumbersPx, this.#fonts.rowNumber(formatCount(this.#rowCount)));
  }

  #all(): number[] {
    return Array.from({ length: this.#columns.count }, (_, index) => this.#columns.width(index));
  }
}
