/** Widths that columns start with: by header and first rows, shared out over the room there is. */
import type { Column } from '../../../src/ui/panels/results/protocol.ts';
import { cellText } from './text.ts';
import type { Row } from './blocks.ts';

/** Padding of a cell and its line. */
const paddingPx = 18;
/** Room for a sort mark or the funnel. */
const marksPx = 24;
/** No column takes more than this unless there is room to spare, */
const shyPx = 280;
/** and this is enough for those that want more, where that saves scrolling sideways. */
const narrowPx = 150;
const naturalMaxPx = 900;

export class TextMeasure {
  readonly #context = document.createElement('canvas').getContext('2d');
  readonly #cellFont: string;
  readonly #headFont: string;
  readonly #typeFont: string;

  /** Fonts are read from the page as the theme has set them. */
  constructor(from: Element) {
    const style = getComputedStyle(from);
    const editor = style.getPropertyValue('--vscode-editor-font-family') || 'monospace';
    const editorSize = style.getPropertyValue('--vscode-editor-font-size') || '12px';
    this.#cellFont = `${editorSize} ${editor}`;
    this.#headFont = `600 ${style.fontSize} ${style.fontFamily}`;
    this.#typeFont = `11px ${style.fontFamily}`;
  }

  cell(text: string): number {
    return this.#width(this.#cellFont, text) + paddingPx;
  }

  header(column: Column): number {
    return Math.max(this.#width(this.#headFont, column.name) + marksPx, this.#width(this.#typeFont, column.type)) + paddingPx;
  }

  rowNumber(text: string): number {
    return this.#width(this.#typeFont, text) + paddingPx;
  }

  #width(font: string, text: string): number {
    if (this.#context === null) return text.length * 7.3;
    this.#context.font = font;
    return Math.ceil(this.#context.measureText(text).width);
  }
}

/** What a column would need to show all of the given rows. */
export function naturalWidth(measure: TextMeasure, column: Column, index: number, rows: readonly Row[]): number {
  let widest = '';
  for (const row of rows) {
    const text = cellText(row[index] ?? null, column);
    if (text.length > widest.length) widest = text;
  }
  return Math.min(naturalMaxPx, Math.max(measure.header(column), measure.cell(widest)));
}

/** `natural` widths, cut where they are greedy; room that is left goes to those that were cut. */
export function shareOut(natural: readonly number[], availablePx: number): number[] {
  const sum = (list: readonly number[]): number => list.reduce((total, width) => total + width, 0);
  const capped = (cap: number): number[] => natural.map((width) => Math.min(width, cap));
  // The widest give way first; if that is not enough the grid scrolls, and then nobody has to.
  let cap = shyPx;
  while (cap > narrowPx && sum(capped(cap)) > availablePx) cap -= 2;
  const widths = capped(sum(capped(cap)) <= availablePx ? cap : shyPx);
  let spare = availablePx - sum(widths);
  while (spare >= 1) {
    const greedy = natural.flatMap((width, index) => (width > (widths[index] ?? 0) + 0.5 ? [index] : []));
    if (greedy.length === 0) break;
    const share = spare / greedy.length;
    for (const index of greedy) {
      const given = Math.min(share, (natural[index] ?? 0) - (widths[index] ?? 0));
      widths[index] = (widths[index] ?? 0) + given;
      spare -= given;
    }
  }
  return widths.map(Math.floor);
}
