/** JSON as a nested cell whose numbers keep every digit, which `JSON.parse` would not. Browser-safe. */
import type { Cell } from '../engine.ts';

/** Undefined for what is no JSON. */
export function jsonCell(text: string): Cell | undefined {
  const reader = new JsonReader(text);
  try {
    const cell = reader.value();
    return reader.atEnd() ? cell : undefined;
  } catch {
    return undefined;
  }
}

class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  atEnd(): boolean {
    this.#blanks();
    return this.#at === this.#text.length;
  }

  value(): Cell {
    this.#blanks();
    switch (this.#text.charAt(this.#at)) {
      case '{': {
        const entries: (readonly [string, Cell])[] = [];
        this.#items('}', () => {
          const name = this.#string();
          this.#blanks();
          this.#expect(':');
          entries.push([name, this.value()]);
        });
        return { kind: 'struct', entries };
      }
      case '[': {
        const values: Cell[] = [];
        this.#items(']', () => values.push(this.value()));
        return { kind: 'list', length: values.length, values };
      }
      case '"':
        return this.#string();
      default:
        return this.#plain();
    }
  }

  #items(close: string, item: () => void): void {
    this.#at++;
    this.#blanks();
    if (this.#text.charAt(this.#at) === close) {
      this.#at++;
      return;
    }
    for (;;) {
      this.#blanks();
      item();
      this.#blanks();
      const next = this.#text.charAt(this.#at);
      if (next === close) {
        this.#at++;
        return;
      }
      this.#expect(',');
    }
  }

  #string(): string {
    const start = this.#at;
    this.#expect('"');
    while (this.#text.charAt(this.#at) !== '"') {
      if (this.#at >= this.#text.length) throw new SyntaxError('A text does not end');
      this.#at += this.#text.charAt(this.#at) === '\\' ? 2 : 1;
    }
    this.#at++;
    return String(JSON.parse(this.#text.slice(start, this.#at)));
  }

  #plain(): Cell {
    const match = /^(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|-?nan|-?inf)/.exec(this.#text.slice(this.#at, this.#at + 400));
    if (match === null) throw new SyntaxError('Not a value');
    this.#at += match[0].length;
    return match[0] === 'null' ? null : match[0];
  }

  #expect(character: string): void {
    if (this.#text.charAt(this.#at++) !== character) throw new SyntaxError(`${character} is missing`);
  }

  #blanks(): void {
    while (' \n\r\t'.includes(this.#text.charAt(this.#at)) && this.#at < this.#text.length) this.#at++;
  }
}
