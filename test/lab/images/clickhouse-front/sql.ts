/** What the front has to know of a statement's text; nothing in quotes or comments counts. */

const QUOTED = /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S])*"|`(?:[^`\\]|\\[\s\S])*`|--[^\n]*|\/\*[\s\S]*?\*\//;

/** The text with `change` applied to each match of `word` outside of quotes and comments. */
function outside(sql: string, word: RegExp, change: (match: string) => string): string {
  const either = new RegExp(`(?<quoted>${QUOTED.source})|${word.source}`, 'gi');
  return sql.replace(either, (match, quoted: string | undefined) => (quoted === undefined ? change(match) : match));
}

export interface Kill {
  /** With the front's ids, and neither SYNC nor ASYNC. */
  readonly sql: string;
  readonly sync: boolean;
}

/** Ids of the library are its own: the front's id of a query stands in its setting `log_comment`. */
export const ID = "Settings['log_comment']";

/** A KILL QUERY as the library understands it; undefined for any other statement. SYNC would keep the library waiting for ever. */
export function asKill(sql: string): Kill | undefined {
  if (!/^\s*KILL\s+QUERY\b/i.test(sql)) return undefined;
  const sync = { found: false };
  const plain = outside(sql, /\b(?:A?SYNC|query_id)\b/, (word) => {
    const upper = word.toUpperCase();
    if (upper === 'QUERY_ID') return ID;
    if (upper === 'SYNC') sync.found = true;
    return '';
  });
  return { sql: plain, sync: sync.found };
}

/** The statement with the ids that clients know wherever it reads `system.processes`. */
export function withFrontIds(sql: string): string {
  const processes = `(SELECT * REPLACE (${ID} AS query_id, ${ID} AS initial_query_id) FROM system.processes)`;
  return outside(sql, /\bsystem\s*\.\s*processes\b/, () => processes);
}

/** Format of the result: the statement's own FORMAT, else `fallback`. An INSERT's FORMAT is that of its data. */
export function formatOf(sql: string, fallback: string): string {
  if (/^\s*INSERT\b/i.test(sql)) return fallback;
  let format = fallback;
  outside(sql, /\bFORMAT\s+[A-Za-z]\w*/, (match) => {
    format = match.slice(match.search(/\s/)).trim();
    return match;
  });
  return format;
}

/** As a string of ClickHouse. */
export function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

export function identifier(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}

const TEXT = 'text/plain; charset=UTF-8';
const TYPES: readonly (readonly [RegExp, string])[] = [
  [/^(JSONEachRow|JSON\w*EachRow\w*|JSONLines|NDJSON)$/i, 'application/x-ndjson; charset=UTF-8'],
  [/^JSON/i, 'application/json; charset=UTF-8'],
  [/^CSV\w*WithNames/i, 'text/csv; charset=UTF-8; header=present'],
  [/^CSV/i, 'text/csv; charset=UTF-8; header=absent'],
  [/^(TSV|TabSeparated)/i, 'text/tab-separated-values; charset=UTF-8'],
  [/^XML$/i, 'application/xml; charset=UTF-8'],
  [/^(Native|RowBinary|Parquet|Arrow|ORC|Avro|Protobuf|MsgPack|BSON|Npy)/i, 'application/octet-stream'],
];

/** Content-Type that the server gives to a format. */
export function contentType(format: string): string {
  return TYPES.find(([names]) => names.test(format))?.[1] ?? TEXT;
}
