/** Text in sections, with values under each other. */

export class Page {
  readonly #lines: string[] = [];
  #depth = 0;

  /** Left out where the value is empty. */
  field(name: string, value: string): this {
    if (value !== '') this.#line(`${`${name}:`.padEnd(Math.max(2, COLUMN - this.#depth * 2))}${value}`);
    return this;
  }

  /** The first value beside the name, the others below it. */
  values(name: string, values: readonly string[]): this {
    values.forEach((value, index) =>
      index === 0 ? this.field(name, value) : this.#line(`${' '.repeat(COLUMN - this.#depth * 2)}${value}`),
    );
    return this;
  }

  /** Left out where nothing was written in it. */
  section(name: string, write: () => void): this {
    const before = this.#lines.length;
    if (this.#depth === 0) this.#lines.push('');
    this.#line(`${name}:`);
    const empty = this.#lines.length;
    this.#depth++;
    write();
    this.#depth--;
    if (this.#lines.length === empty) this.#lines.length = before;
    return this;
  }

  /** Columns as wide as their widest value; the last one as it is. */
  table(head: readonly string[], rows: readonly (readonly string[])[]): this {
    if (rows.length === 0) return this;
    const all = [head, ...rows];
    const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
    for (const row of all) {
      this.#line(row.map((value, column) => (column === row.length - 1 ? value : value.padEnd((widths[column] ?? 0) + 2))).join(''));
    }
    return this;
  }

  line(text: string): this {
    for (const one of text.split('\n')) this.#line(one);
    return this;
  }

  toString(): string {
    return `${this.#lines.join('\n').trim()}\n`;
  }

  #line(text: string): void {
    this.#lines.push(`${'  '.repeat(this.#depth)}${text}`.trimEnd());
  }
}

const COLUMN = 18;

/** 12s, 5m, 3h, 2d: as wide as a table bears. Empty where the time is not known. */
export function age(time: string, nowMs: number): string {
  const ms = Date.parse(time);
  if (Number.isNaN(ms)) return '';
  const seconds = Math.max(0, Math.round((nowMs - ms) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
