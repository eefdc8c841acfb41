/** What DuckDB says went wrong, as our errors. `errors_as_json` is on: code decides by its fields, never by its sentences. */
import { cancelled, FaultlineError, type ErrorFacts } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { tokenAt, type Token } from './position.ts';

/** What a message needs to know about where the statement ran. */
export interface ErrorContext {
  /** "TPC-H 0.01" */
  readonly target: string;
  readonly memoryLimit: string;
  readonly externalAccess: boolean;
  /** Added by us in front of the statement, in characters: positions don't count it. */
  readonly prefixLength?: number;
}

interface EngineError {
  readonly kind: string;
  readonly message: string;
  readonly subtype?: string;
  readonly name?: string;
  readonly type?: string;
  readonly candidates: readonly string[];
  readonly position?: number;
  /** Of the system call that failed. */
  readonly errno?: number;
}

/** `error` as thrown by the client while `sql` ran. */
export function engineError(error: unknown, sql: string, context: ErrorContext): FaultlineError {
  if (error instanceof FaultlineError) return error;
  const said = parse(error instanceof Error ? error.message : String(error));
  if (said.kind === 'interrupt') return cancelled();
  const unit = said.subtype === 'SYNTAX_ERROR' ? 'characters' : 'bytes';
  const token = said.position === undefined ? undefined : tokenAt(sql, said.position, unit, context.prefixLength ?? 0, said.name);
  const { what, remedy } = words(said, token, context);
  const facts: ErrorFacts = {
    what,
    // Where, is for who shows it to say: the statement may begin in the middle of a document.
    meaning: t('DuckDB on {0} refused the statement', context.target),
    ...(remedy === undefined ? {} : { remedy }),
    ...(token === undefined ? {} : { position: { start: token.start, end: token.end } }),
    ...(said.candidates.length === 0 ? {} : { candidates: said.candidates }),
    code: said.subtype ?? said.kind.toUpperCase().replaceAll(' ', '_'),
  };
  return new FaultlineError(isClosed(said, context) ? 'forbidden' : 'engine', facts, error);
}

/** The statement failed after rows had come, and why could not be found out. */
export function unexplainedError(context: ErrorContext, remedy: string): FaultlineError {
  return new FaultlineError('engine', {
    what: t('The statement failed while it sent its rows'),
    meaning: t('DuckDB on {0} stopped it and did not say why; the rows that came are not all of them', context.target),
    remedy,
  });
}

export function parse(text: string): EngineError {
  // Some errors carry their kind in front of the JSON: `Parser Error: {…}`.
  const start = text.indexOf('{');
  const fields = start < 0 ? undefined : object(text.slice(start));
  if (fields === undefined) return { kind: 'unknown', message: text, candidates: [] };
  const field = (name: string): string | undefined => (typeof fields[name] === 'string' ? fields[name] : undefined);
  const position = field('position');
  const errno = field('errno');
  const subtype = field('error_subtype');
  const name = field('name');
  const type = field('type');
  const message = field('exception_message') ?? text;
  const candidates = splitCandidates(field('candidates') ?? '');
  return {
    kind: (field('exception_type') ?? 'unknown').toLowerCase(),
    message,
    candidates: (candidates.length === 0 ? candidatesIn(message) : candidates).filter((name) => !isInternal(name)).slice(0, 10),
    ...(subtype === undefined ? {} : { subtype }),
    ...(name === undefined ? {} : { name }),
    ...(type === undefined ? {} : { type }),
    ...(errno === undefined ? {} : { errno: Number(errno) }),
    ...(position === undefined || !/^\d+$/.test(position) ? {} : { position: Number(position) }),
  };
}

function object(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

/** Names are separated by commas; signatures have commas inside their brackets. */
function splitCandidates(text: string): readonly string[] {
  if (text === '') return [];
  return text.split(/,\s*(?![^()]*\))/).map((candidate) => candidate.trim());
}

/** Names from the line that lists them: some errors have no field for it. */
function candidatesIn(message: string): readonly string[] {
  const line = message.split('\n').find((text) => text.startsWith('Candidate'));
  return [...(line ?? '').matchAll(/"([^"]+)"/g)].map(([, name = '']) => name);
}

/** Tables of the engine itself, which nobody meant. */
function isInternal(name: string): boolean {
  return /^(pg|duckdb|sqlite)_/.test(name);
}

interface Words {
  readonly what: string;
  readonly remedy?: string;
}

function words(said: EngineError, token: Token | undefined, context: ErrorContext): Words {
  const [first = said.message, ...rest] = said.message.split('\n').map((line) => line.trim());
  const plain: Words = { what: sentence(first), ...remedyOf(rest) };
  switch (said.kind) {
    case 'parser':
      return said.subtype === 'SYNTAX_ERROR' ? syntaxWords(token) : plain;
    case 'binder':
    case 'catalog':
      return missing(said, plain, context);
    case 'out of memory':
      return {
        what: t('The statement needs more memory than the embedded engine may use ({0})', context.memoryLimit),
        remedy: t('Raise the memory limit (setting “faultline.duckdb.memoryLimitMB”), or let the statement touch less at once.'),
      };
    case 'permission':
      return {
        what: sentence(first),
        ...(context.externalAccess ? remedyOf(rest) : { remedy: closed() }),
      };
    case 'transactioncontext':
      return { what: sentence(first), remedy: t('Run ROLLBACK to end the transaction.') };
    case 'invalid input':
      return isReadOnly(said) ? readOnlyWords(context) : plain;
    case 'fatal':
    case 'internal':
      return { what: sentence(first), remedy: t('This is a fault of the engine itself. Open the log for the details.') };
    default:
      return plain;
  }
}

function missing(said: EngineError, plain: Words, context: ErrorContext): Words {
  const nearest = said.candidates[0];
  const remedy = nearest === undefined ? {} : { remedy: t('Did you mean {0}?', nearest) };
  const name = said.name ?? '';
  if (said.subtype === 'COLUMN_NOT_FOUND') return { what: t('There is no column {0}', name), ...remedy };
  if (said.subtype === 'NO_MATCHING_FUNCTION') {
    const forms = said.candidates.length === 0 ? {} : { remedy: t('It takes: {0}', said.candidates.join('; ')) };
    return { what: t('No form of {0} takes these arguments', name === '' ? t('this function') : name), ...forms };
  }
  if (said.subtype !== 'MISSING_ENTRY' || said.type === undefined) return { ...plain, ...remedy };
  if (isClosed(said, context)) {
    return { what: t('The file {0} can’t be read here', name), remedy: closed() };
  }
  if (said.type === 'Table') return { what: t('There is no table {0}', name), ...remedy };
  if (said.type.endsWith('Function')) return { what: t('There is no function {0}', name), ...remedy };
  return { what: t('There is no {0} {1}', said.type.toLowerCase(), name), ...remedy };
}

/** A file or the network, where statements may reach neither. */
function isClosed({ kind, subtype, type, name }: EngineError, { externalAccess }: ErrorContext): boolean {
  if (externalAccess) return false;
  return kind === 'permission' || (subtype === 'MISSING_ENTRY' && type === 'Table' && /[./\\]/.test(name ?? ''));
}

function closed(): string {
  return t(
    'This workspace is not trusted: files outside of the data set and the network are closed to its statements. Trust it, then run again.',
  );
}

function syntaxWords(token: Token | undefined): Words {
  if (token === undefined) return { what: t('The statement can’t be read') };
  if (token.atEnd) return { what: t('The statement ends too early'), remedy: t('Something is missing after “{0}”.', token.text) };
  if (token.unterminated) return { what: t('A quoted text starts here and does not end') };
  return { what: t('The statement can’t be read from “{0}” on', token.text) };
}

/**
 * The one case without a field of its own: DuckDB gives "Invalid Input" and a sentence for a write to a read-only database.
 * A test holds the sentence, so that a new version of the engine that words it differently is noticed.
 */
function isReadOnly(said: EngineError): boolean {
  return said.message.includes('attached in read-only mode');
}

function readOnlyWords(context: ErrorContext): Words {
  return {
    what: t('{0} is read-only', context.target),
    remedy: t('Tables of your own can be made with CREATE TABLE … AS SELECT …; they live until the engine is closed.'),
  };
}

function remedyOf(lines: readonly string[]): { remedy?: string } {
  const text = lines.filter((line) => line !== '').join(' ');
  return text === '' ? {} : { remedy: text.length > 600 ? `${text.slice(0, 600)}…` : text };
}

function sentence(text: string): string {
  const trimmed = text.replace(/[.!]+$/, '');
  return trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
}
