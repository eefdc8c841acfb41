/** Errors for a reader of stderr: what happened, where, what to do; and the exit code. */
import { FaultlineError, normalise, type StatementPosition } from '../base/errors.ts';
import { lineAndColumn } from '../engine/duckdb/position.ts';
import { exitCodes } from './terminal.ts';

/** The text that a statement came from. */
export interface Origin {
  readonly text: string;
  /** Of the statement, in `text`. */
  readonly offset: number;
  /** A file's name; absent for text from the command line. */
  readonly name?: string;
  /** "DuckDB on TPC-H 0.01" */
  readonly engine: string;
}

/** A statement that the engine refuses before it runs is a wrong request; one that fails while it runs is not. */
const refused = new Set([
  'SYNTAX_ERROR',
  'COLUMN_NOT_FOUND',
  'MISSING_ENTRY',
  'NO_MATCHING_FUNCTION',
  'ENTRY_ALREADY_EXISTS',
  'AMBIGUOUS_REFERENCE',
  'BINDER',
  'CATALOG',
  'PARSER',
  'UNKNOWN_IDENTIFIER',
  'UNKNOWN_TABLE',
  'UNKNOWN_FUNCTION',
  'UNKNOWN_DATABASE',
]);

export function exitCodeOf(error: unknown): number {
  const { reason, facts } = normalise(error);
  if (reason === 'cancelled') return exitCodes.interrupted;
  if (reason === 'invalid' || reason === 'notFound') return exitCodes.invalid;
  return reason === 'engine' && refused.has(facts.code ?? '') ? exitCodes.invalid : exitCodes.failed;
}

/** What our output goes to does not take it: a full disk. */
export function outputFailed(error: Error): FaultlineError {
  return new FaultlineError(
    'storage',
    { what: 'The output could not be written', meaning: error.message, remedy: 'Make room there, or write to another place.' },
    error,
  );
}

/** Ends with a line feed. */
export function describe(error: unknown, origin?: Origin): string {
  const known = normalise(error);
  const { position } = known.facts;
  const placed = position !== undefined && origin !== undefined ? place(origin, position) : undefined;
  const lines = [`faultline: ${end(known.facts.what)}`];
  if (placed !== undefined) lines.push(...placed);
  else if (known.facts.meaning !== undefined) lines.push(`  ${end(known.facts.meaning)}`);
  const remedy = remedyOf(known);
  if (remedy !== undefined) lines.push(`  ${end(remedy)}`);
  return `${lines.join('\n')}\n`;
}

function remedyOf({ facts, reason }: FaultlineError): string | undefined {
  if (reason !== 'internal') return facts.remedy;
  return 'Run it again; when it happens again, please report it with what you ran.';
}

function place(origin: Origin, position: StatementPosition): string[] {
  const start = origin.offset + position.start;
  const { line, column } = lineAndColumn(origin.text, start);
  const source = origin.text.split('\n')[line - 1] ?? '';
  const margin = `${line} | `;
  const marks = '^'.repeat(Math.max(1, Math.min(position.end - position.start, source.length - column + 1)));
  // Tabs stay tabs, so that the mark stands below its word.
  const before = source.slice(0, column - 1).replaceAll(/[^\t]/g, ' ');
  const where = origin.name === undefined ? '' : ` of ${origin.name}`;
  return [
    `  ${origin.engine} refused the statement at line ${line}, column ${column}${where}:`,
    `  ${margin}${source.trimEnd()}`,
    `  ${' '.repeat(margin.length)}${before}${marks}`,
  ];
}

function end(text: string): string {
  return /[.!?:…]$/.test(text) ? text : `${text}.`;
}
