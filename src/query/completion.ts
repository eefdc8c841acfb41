/** What can be typed at a place of a SQL text, and what the name there means: from the catalogue of the open target. Browser-safe. */
import { t } from '../base/messages.ts';
import { formatRows } from '../base/units.ts';
import type { Catalogue, CatalogueTable } from '../engine/engine.ts';
import type { Dialect } from '../engine/sql/lexer.ts';
import { Lexer, rulesOf } from '../engine/sql/lexer.ts';
import { lastPart, sameName, scopeAt, Words, type Scope, type ScopeSource } from './scope.ts';
import { splitStatements, type Statement } from '../engine/sql/split.ts';

export interface Completion {
  readonly kind: 'column' | 'alias' | 'table' | 'function' | 'keyword';
  /** What is inserted. */
  readonly text: string;
  /** "DECIMAL(15,2)", "1,500 rows", "abs(x BIGINT) → BIGINT" */
  readonly detail?: string;
  /** "of lineitem", a function's description. */
  readonly documentation?: string;
}

export interface Completions {
  /** What the chosen text replaces: UTF-16 offsets in the document. */
  readonly start: number;
  readonly end: number;
  /** Best first. */
  readonly items: readonly Completion[];
}

export interface Hover {
  readonly start: number;
  readonly end: number;
  /** "l_quantity DECIMAL(15,2)" */
  readonly code: string;
  readonly lines: readonly string[];
}

const none: readonly Completion[] = [];

export function completions(catalogue: Catalogue, text: string, offset: number, dialect: Dialect): Completions {
  const empty = { start: offset, end: offset, items: none };
  if (isInsideText(text, offset, dialect)) return empty;
  const statement = statementAround(text, offset, dialect);
  const words = new Words(statement.text, dialect);
  const at = offset - statement.start;
  const typed = words.tokens.findIndex((token) => (token.kind === 'word' || token.kind === 'name') && token.start < at && token.end >= at);
  const index = typed >= 0 ? typed : firstAfter(words, at);
  const token = typed >= 0 ? words.tokens[typed] : undefined;
  const place =
    token === undefined ? { start: offset, end: offset } : { start: token.start + statement.start, end: token.end + statement.start };
  const scope = scopeAt(words, at, catalogue);
  if (words.at(index - 1) === '.') return { ...place, items: members(catalogue, scope, words.written(index - 2)) };
  if (isTablePlace(words, index)) return { ...place, items: [...scope.ctes.map(tableOf), ...catalogue.tables.map(catalogueTable)] };
  return {
    ...place,
    items: [
      ...columnsOf(scope.sources),
      ...scope.sources.filter((source) => source.name !== '').map(tableOf),
      ...catalogue.functions.map((each): Completion => ({
        kind: 'function',
        text: each.name,
        detail: each.signature,
        ...(each.description === undefined ? {} : { documentation: each.description }),
      })),
      ...keywords.map((each): Completion => ({ kind: 'keyword', text: each })),
      ...catalogue.tables.map(catalogueTable),
    ],
  };
}

export function hoverAt(catalogue: Catalogue, text: string, offset: number, dialect: Dialect): Hover | undefined {
  const statement = statementAround(text, offset, dialect);
  const words = new Words(statement.text, dialect);
  const at = offset - statement.start;
  const index = words.tokens.findIndex((token) => token.start <= at && token.end > at);
  const token = words.tokens[index];
  if (token === undefined || (token.kind !== 'word' && token.kind !== 'name')) return undefined;
  const place = { start: token.start + statement.start, end: token.end + statement.start };
  const name = words.written(index);
  const scope = scopeAt(words, at, catalogue);
  const qualifier = words.at(index - 1) === '.' ? words.written(index - 2) : undefined;
  if (words.at(index + 1) === '(') {
    const known = catalogue.functions.find((each) => sameName(each.name, name));
    return known === undefined
      ? undefined
      : { ...place, code: known.signature, lines: known.description === undefined ? [] : [known.description] };
  }
  const source =
    qualifier === undefined && scope.sources.find((each) => sameName(each.name, name) && (each.isAlias || isTableName(words, index)));
  if (source) return { ...place, ...describe(source) };
  const column = findColumn(scope, qualifier, name);
  if (column !== undefined) return { ...place, ...column };
  const table = catalogue.tables.find(
    (each) => sameName(lastPart(each.name), name) && (qualifier === undefined || sameName(each.schema, qualifier)),
  );
  if (table !== undefined) return { ...place, ...describe({ name: table.name, isAlias: false, table, columns: table.columns }) };
  const cte = scope.ctes.find((each) => sameName(each.name, name));
  return cte === undefined ? undefined : { ...place, ...describe(cte) };
}

function statementAround(text: string, offset: number, dialect: Dialect): Statement {
  const statements = splitStatements(text, dialect);
  // Only what stands before a semicolon counts: after it, a new statement begins.
  const index = statements.findLastIndex((each) => each.start <= offset);
  const statement = statements[index];
  if (statement === undefined) return { start: offset, end: offset, text: '' };
  const isPast = offset > statement.end && /;/.test(withoutComments(text.slice(statement.end, offset), dialect));
  return isPast ? { start: offset, end: offset, text: '' } : statement;
}

function withoutComments(text: string, dialect: Dialect): string {
  const lexer = new Lexer(text, rulesOf(dialect));
  let kept = '';
  while (lexer.next() !== 'end') if (lexer.kind !== 'comment') kept += text.slice(lexer.start, lexer.end);
  return kept;
}

/** Inside of a string or a comment nothing is completed. */
function isInsideText(text: string, offset: number, dialect: Dialect): boolean {
  const lexer = new Lexer(text, rulesOf(dialect));
  while (lexer.next() !== 'end' && lexer.start < offset) {
    if (lexer.kind !== 'string' && lexer.kind !== 'comment') continue;
    if (offset < lexer.end || (offset === lexer.end && (!lexer.closed || text.startsWith('--', lexer.start)))) return true;
  }
  return false;
}

function firstAfter(words: Words, at: number): number {
  const index = words.tokens.findIndex((token) => token.start >= at);
  return index < 0 ? words.tokens.length : index;
}

/** A table is expected: after FROM, JOIN and the like, and after a comma of the FROM clause. */
function isTablePlace(words: Words, index: number): boolean {
  const previous = words.at(index - 1);
  if (/^(?:FROM|JOIN|INTO|UPDATE|DESCRIBE|SUMMARIZE|TABLE)$/.test(previous)) return true;
  if (previous !== ',') return false;
  let depth = 0;
  for (let at = index - 2; at >= 0; at--) {
    const word = words.at(at);
    if (word === ')') depth++;
    else if (word === '(' && --depth < 0) return false;
    else if (depth === 0 && /^(?:SELECT|WHERE|GROUP|ORDER|HAVING|ON|USING|SET|VALUES|WITH|BY|QUALIFY|WINDOW|LIMIT)$/.test(word))
      return false;
    else if (depth === 0 && /^(?:FROM|JOIN)$/.test(word)) return true;
  }
  return false;
}

function isTableName(words: Words, index: number): boolean {
  return isTablePlace(words, index) || words.at(index + 1) === '.';
}

/** After a dot: columns of a source, else tables of a schema. */
function members(catalogue: Catalogue, scope: Scope, qualifier: string): readonly Completion[] {
  const source = scope.sources.find((each) => sameName(each.name, qualifier));
  if (source !== undefined && source.columns.length > 0) return columnsOf([source]);
  const inSchema = catalogue.tables.filter((table) => sameName(table.schema, qualifier));
  return inSchema.map((table) => ({ ...catalogueTable(table), text: lastPart(table.name) }));
}

/** A name that two sources have is offered once for each, with its source in front. */
function columnsOf(sources: readonly ScopeSource[]): Completion[] {
  const seen = new Map<string, number>();
  for (const source of sources) {
    for (const column of source.columns) seen.set(column.name.toLowerCase(), (seen.get(column.name.toLowerCase()) ?? 0) + 1);
  }
  return sources.flatMap((source) =>
    source.columns.map((column): Completion => {
      const isShared = (seen.get(column.name.toLowerCase()) ?? 0) > 1 && source.name !== '';
      return {
        kind: 'column',
        text: isShared ? `${source.name}.${column.name}` : column.name,
        ...(column.type === '' ? {} : { detail: column.type }),
        ...(source.name === '' ? {} : { documentation: t('of {0}', source.table?.name ?? source.name) }),
      };
    }),
  );
}

function tableOf(source: ScopeSource): Completion {
  const of = source.isAlias && source.table !== undefined ? { documentation: t('of {0}', source.table.name) } : {};
  return { kind: source.isAlias ? 'alias' : 'table', text: source.name, ...of };
}

function catalogueTable(table: CatalogueTable): Completion {
  return { kind: 'table', text: table.name, ...(table.rowsEstimate === undefined ? {} : { detail: formatRows(table.rowsEstimate) }) };
}

function findColumn(scope: Scope, qualifier: string | undefined, name: string): Pick<Hover, 'code' | 'lines'> | undefined {
  for (const source of scope.sources) {
    if (qualifier !== undefined && !sameName(source.name, qualifier)) continue;
    const column = source.columns.find((each) => sameName(each.name, name));
    if (column === undefined) continue;
    const owner = source.table?.name ?? source.name;
    return { code: `${column.name} ${column.type}`.trim(), lines: owner === '' ? [] : [t('of {0}', owner)] };
  }
  return undefined;
}

function describe(source: ScopeSource): Pick<Hover, 'code' | 'lines'> {
  const { table } = source;
  const head = source.isAlias && table !== undefined ? `${source.name} = ${table.name}` : source.name;
  const shown = source.columns.slice(0, 60).map((column) => `  ${column.name} ${column.type}`.trimEnd());
  const more = source.columns.length > shown.length ? [t('  and {0} more', source.columns.length - shown.length)] : [];
  return {
    code: [head, ...shown, ...more].join('\n'),
    lines: table?.rowsEstimate === undefined ? [] : [formatRows(table.rowsEstimate)],
  };
}

const keywords: readonly string[] = (
  'SELECT,FROM,WHERE,GROUP BY,ORDER BY,HAVING,LIMIT,OFFSET,QUALIFY,WITH,AS,DISTINCT,JOIN,LEFT JOIN,RIGHT JOIN,FULL JOIN,CROSS JOIN,ON,USING,' +
  'UNION,UNION ALL,INTERSECT,EXCEPT,AND,OR,NOT,IN,IS NULL,IS NOT NULL,BETWEEN,LIKE,ILIKE,EXISTS,CASE,WHEN,THEN,ELSE,END,CAST,INTERVAL,DATE,' +
  'TIMESTAMP,ASC,DESC,NULLS FIRST,NULLS LAST,OVER,PARTITION BY,FILTER,VALUES,INSERT INTO,UPDATE,SET,DELETE FROM,CREATE TABLE,CREATE VIEW,' +
  'DROP TABLE,ALTER TABLE,DESCRIBE,SUMMARIZE,EXPLAIN,EXPLAIN ANALYZE,SHOW TABLES,COPY,PIVOT,UNPIVOT,TRUE,FALSE,NULL'
).split(',');
