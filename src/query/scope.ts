/**
 * What the names at a place of a statement mean: tables, aliases, CTEs and the columns that they bring. Reads tokens, not a grammar,
 * so that it works in a statement that is being typed. Browser-safe.
 */
import type { Catalogue, CatalogueTable } from '../engine/engine.ts';
import { tokens, type Dialect, type Token } from '../engine/sql/lexer.ts';

export interface ScopeColumn {
  readonly name: string;
  /** Empty where it is not known: an expression. */
  readonly type: string;
}

/** Something that stands in a FROM clause. */
export interface ScopeSource {
  /** Its alias, else its own name. */
  readonly name: string;
  readonly isAlias: boolean;
  /** Absent for a subquery, a CTE, a function. */
  readonly table?: CatalogueTable;
  readonly columns: readonly ScopeColumn[];
}

export interface Scope {
  /** Of the query at the place first, then of the queries around it. */
  readonly sources: readonly ScopeSource[];
  readonly ctes: readonly ScopeSource[];
}

/** A statement's tokens without comments, with the words in upper case. */
export class Words {
  readonly text: string;
  readonly tokens: readonly Token[];
  readonly #upper: readonly string[];
  /** For each opening parenthesis the index of the closing one. */
  readonly #closing = new Map<number, number>();

  constructor(text: string, dialect: Dialect) {
    this.text = text;
    this.tokens = tokens(text, dialect, { comments: false });
    this.#upper = this.tokens.map((token) => (token.kind === 'string' ? "'" : text.slice(token.start, token.end).toUpperCase()));
    const open: number[] = [];
    for (const [index, word] of this.#upper.entries()) {
      if (word === '(') open.push(index);
      else if (word === ')') this.#closing.set(open.pop() ?? -1, index);
    }
    for (const index of open) this.#closing.set(index, this.tokens.length);
  }

  /** The token in upper case; a quoted name as it is written; nothing beyond the ends. */
  at(index: number): string {
    return this.#upper[index] ?? '';
  }

  isName(index: number): boolean {
    const kind = this.tokens[index]?.kind;
    return kind === 'name' || (kind === 'word' && !clauseWords.has(this.at(index)));
  }

  /** As it is written. */
  written(index: number): string {
    const token = this.tokens[index];
    return token === undefined ? '' : this.text.slice(token.start, token.end);
  }

  /** Index of the parenthesis that closes the one at `index`. */
  closing(index: number): number {
    return this.#closing.get(index) ?? this.tokens.length;
  }

  /** The index after the token at `index`, or after its closing parenthesis. */
  after(index: number): number {
    return this.at(index) === '(' ? this.closing(index) + 1 : index + 1;
  }
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** Words that end a table or an alias. */
const clauseWords: ReadonlySet<string> = new Set(
  (
    'SELECT FROM WHERE GROUP ORDER HAVING LIMIT OFFSET QUALIFY WINDOW UNION INTERSECT EXCEPT JOIN INNER LEFT RIGHT FULL OUTER CROSS ' +
    'NATURAL ASOF SEMI ANTI POSITIONAL LATERAL ON USING SET VALUES RETURNING AS WITH TABLESAMPLE SAMPLE AND OR NOT IN IS NULL BETWEEN ' +
    'LIKE ILIKE CASE WHEN THEN ELSE END DISTINCT BY ASC DESC NULLS EXISTS PIVOT UNPIVOT'
  ).split(' '),
);

const tableWords: ReadonlySet<string> = new Set(['FROM', 'JOIN', 'INTO', 'UPDATE', 'DESCRIBE', 'SUMMARIZE', 'TABLE']);
const queryWords: ReadonlySet<string> = new Set(['SELECT', 'WITH', 'FROM']);
const setWords: ReadonlySet<string> = new Set(['UNION', 'INTERSECT', 'EXCEPT']);

/** `offset` in UTF-16 units of the statement's text. */
export function scopeAt(words: Words, offset: number, catalogue: Catalogue): Scope {
  const reader = new ScopeReader(words, catalogue);
  return reader.at({ from: 0, to: words.tokens.length }, offset, []);
}

class ScopeReader {
  readonly #words: Words;
  readonly #catalogue: Catalogue;

  constructor(words: Words, catalogue: Catalogue) {
    this.#words = words;
    this.#catalogue = catalogue;
  }

  at(range: Range, offset: number, outer: readonly ScopeSource[]): Scope {
    const ctes = [...this.#ctes(range, outer), ...outer];
    const inner = this.#queryAround(range, offset);
    const nested = inner === undefined ? undefined : this.at(inner, offset, ctes);
    const own = this.#sources(this.#segment(range, offset), ctes);
    return { sources: [...(nested?.sources ?? []), ...own], ctes: nested?.ctes ?? ctes };
  }

  /** The outermost query in parentheses inside of the range that the offset stands in. */
  #queryAround(range: Range, offset: number): Range | undefined {
    const words = this.#words;
    for (let index = range.from; index < range.to; index++) {
      if (words.at(index) !== '(') continue;
      const end = words.closing(index);
      const start = words.tokens[index]?.end ?? 0;
      const stop = words.tokens[end]?.start ?? Infinity;
      if (offset < start || offset > stop) index = end;
      else if (queryWords.has(words.at(index + 1))) return { from: index + 1, to: Math.min(end, range.to) };
    }
    return undefined;
  }

  /** The part between UNION, INTERSECT and EXCEPT that the offset stands in. */
  #segment(range: Range, offset: number): Range {
    let from = range.from;
    for (let index = range.from; index < range.to; index = this.#words.after(index)) {
      if (!setWords.has(this.#words.at(index))) continue;
      if ((this.#words.tokens[index]?.start ?? 0) >= offset) return { from, to: index };
      from = index + 1;
    }
    return { from, to: range.to };
  }

  #ctes(range: Range, outer: readonly ScopeSource[]): ScopeSource[] {
    const words = this.#words;
    const found: ScopeSource[] = [];
    if (words.at(range.from) !== 'WITH') return found;
    let index = words.at(range.from + 1) === 'RECURSIVE' ? range.from + 2 : range.from + 1;
    while (index < range.to && words.isName(index)) {
      const name = words.written(index);
      index++;
      let names: string[] | undefined;
      if (words.at(index) === '(') {
        names = this.#names({ from: index + 1, to: words.closing(index) });
        index = words.after(index);
      }
      while (index < range.to && words.at(index) !== '(') index++;
      const body = { from: index + 1, to: Math.min(words.closing(index), range.to) };
      const columns = this.#columns(body, [...found, ...outer]);
      found.unshift({
        name,
        isAlias: false,
        columns: names?.map((column, position) => ({ name: column, type: columns[position]?.type ?? '' })) ?? columns,
      });
      index = words.after(index);
      if (words.at(index) !== ',') break;
      index++;
    }
    return found;
  }

  #names({ from, to }: Range): string[] {
    const names: string[] = [];
    for (let index = from; index < to; index++) if (this.#words.isName(index)) names.push(this.#words.written(index));
    return names;
  }

  /** What stands in the FROM clause and behind INTO, UPDATE and the like. */
  #sources(range: Range, ctes: readonly ScopeSource[]): ScopeSource[] {
    const words = this.#words;
    const found: ScopeSource[] = [];
    let inFrom = false;
    for (let index = range.from; index < range.to;) {
      const word = words.at(index);
      const startsTable = tableWords.has(word) || (inFrom && word === ',');
      if (word === 'FROM' || word === 'JOIN') inFrom = true;
      else if (
        clauseWords.has(word) &&
        words.tokens[index]?.kind === 'word' &&
        !/^(?:AS|ON|USING|LATERAL|NATURAL|INNER|LEFT|RIGHT|FULL|OUTER|CROSS)$/.test(word)
      )
        inFrom = false;
      if (!startsTable) {
        index = words.after(index);
        continue;
      }
      const at = words.at(index + 1) === 'LATERAL' ? index + 2 : index + 1;
      const [source, next] = this.#source(at, range, ctes);
      if (source !== undefined) found.push(source);
      index = Math.max(next, index + 1);
    }
    return found;
  }

  #source(start: number, range: Range, ctes: readonly ScopeSource[]): [ScopeSource | undefined, number] {
    const words = this.#words;
    let index = start;
    let columns: readonly ScopeColumn[] = [];
    let table: CatalogueTable | undefined;
    let own = '';
    if (words.at(index) === '(') {
      columns = this.#columns({ from: index + 1, to: Math.min(words.closing(index), range.to) }, ctes);
      index = words.after(index);
    } else if (words.isName(index) || words.tokens[index]?.kind === 'string') {
      const parts = [words.written(index)];
      index++;
      while (words.at(index) === '.' && words.isName(index + 1)) {
        parts.push(words.written(index + 1));
        index += 2;
      }
      own = parts.at(-1) ?? '';
      if (words.at(index) === '(') index = words.after(index);
      else {
        const cte = parts.length === 1 ? ctes.find((each) => sameName(each.name, own)) : undefined;
        table = cte === undefined ? findTable(this.#catalogue, parts) : undefined;
        columns = cte?.columns ?? table?.columns ?? [];
      }
    } else return [undefined, index];
    const hasAs = words.at(index) === 'AS';
    const aliasAt = hasAs ? index + 1 : index;
    const hasAlias = aliasAt < range.to && words.isName(aliasAt);
    if (hasAlias) {
      index = aliasAt + 1;
      if (words.at(index) === '(') {
        const names = this.#names({ from: index + 1, to: words.closing(index) });
        columns = names.map((name, position) => ({ name, type: columns[position]?.type ?? '' }));
        index = words.after(index);
      }
    }
    const name = hasAlias ? words.written(aliasAt) : own;
    if (name === '' && columns.length === 0) return [undefined, index];
    return [{ name, isAlias: hasAlias, columns, ...(table === undefined ? {} : { table }) }, index];
  }

  /** Columns that a query returns, as far as they have names. */
  #columns(range: Range, outer: readonly ScopeSource[]): ScopeColumn[] {
    const words = this.#words;
    if (!queryWords.has(words.at(range.from))) return [];
    const ctes = [...this.#ctes(range, outer), ...outer];
    let start = range.from;
    while (start < range.to && words.at(start) !== 'SELECT') {
      if (words.at(start) === 'FROM') return this.#sources(range, ctes).flatMap((source) => source.columns);
      start = words.after(start);
    }
    const first = this.#segment({ from: start, to: range.to }, words.tokens[start]?.start ?? 0);
    const sources = this.#sources(first, ctes);
    const columns: ScopeColumn[] = [];
    let item = words.at(start + 1) === 'DISTINCT' ? start + 2 : start + 1;
    for (let index = item; index <= first.to; index = words.after(index)) {
      const isEnd = index === first.to || words.at(index) === 'FROM';
      if (!isEnd && words.at(index) !== ',') continue;
      columns.push(...this.#item({ from: item, to: index }, sources));
      item = index + 1;
      if (isEnd) break;
    }
    return columns;
  }

  #item({ from, to }: Range, sources: readonly ScopeSource[]): ScopeColumn[] {
    const words = this.#words;
    if (to <= from) return [];
    if (words.at(from) === '*') return sources.flatMap((source) => source.columns);
    if (words.at(to - 1) === '*' && words.at(to - 2) === '.') {
      return sources.filter((source) => sameName(source.name, words.written(to - 3))).flatMap((source) => source.columns);
    }
    if (!words.isName(to - 1)) return [];
    const name = words.written(to - 1);
    const isColumn = to - from === 1 || (to - from === 3 && words.at(from + 1) === '.');
    const known = sources
      .flatMap((source) => source.columns)
      .find((column) => sameName(column.name, isColumn ? name : words.written(from)));
    const isRenamed = to - from <= 3 && (words.at(to - 2) === 'AS' || to - from === 2);
    return [{ name, type: isColumn || isRenamed ? (known?.type ?? '') : '' }];
  }
}

/** Names are the same without regard to case; quotes do not count. */
export function sameName(a: string, b: string): boolean {
  return bare(a) === bare(b);
}

export function bare(name: string): string {
  return (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name).toLowerCase();
}

function findTable(catalogue: Catalogue, parts: readonly string[]): CatalogueTable | undefined {
  const name = parts.at(-1) ?? '';
  const schema = parts.at(-2);
  return catalogue.tables.find(
    (table) => sameName(lastPart(table.name), name) && (schema === undefined || sameName(table.schema, schema) || parts.length > 2),
  );
}

/** Of `schema.table` the table. */
export function lastPart(name: string): string {
  return /(?:^|\.)((?:"(?:[^"]|"")*"|[^".]+))$/.exec(name)?.[1] ?? name;
}
