/** What ClickHouse says went wrong, as our errors. Code decides by the server's code; its sentences are shown, not understood. */
import { FaultlineError, type ErrorFacts, type ErrorReason, type StatementPosition } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { wrongName } from '../tls.ts';
import { tokenAt, type Token } from '../duckdb/position.ts';
import { placeOfName } from './lexical.ts';

export interface ServerException {
  readonly code: number;
  /** `UNKNOWN_TABLE`; servers before 20.11 do not send it, then from our own list or `CODE_60`. */
  readonly name: string;
  readonly message: string;
}

const names: Readonly<Record<number, string>> = {
  43: 'ILLEGAL_TYPE_OF_ARGUMENT',
  46: 'UNKNOWN_FUNCTION',
  47: 'UNKNOWN_IDENTIFIER',
  57: 'TABLE_ALREADY_EXISTS',
  60: 'UNKNOWN_TABLE',
  62: 'SYNTAX_ERROR',
  81: 'UNKNOWN_DATABASE',
  159: 'TIMEOUT_EXCEEDED',
  164: 'READONLY',
  192: 'UNKNOWN_USER',
  193: 'WRONG_PASSWORD',
  194: 'REQUIRED_PASSWORD',
  202: 'TOO_MANY_SIMULTANEOUS_QUERIES',
  215: 'NOT_AN_AGGREGATE',
  241: 'MEMORY_LIMIT_EXCEEDED',
  291: 'DATABASE_ACCESS_DENIED',
  394: 'QUERY_WAS_CANCELLED',
  395: 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO',
  497: 'ACCESS_DENIED',
  516: 'AUTHENTICATION_FAILED',
};

const modern = /^Code: (\d+)\. DB::Exception: ([\s\S]*?)(?: \(([A-Z][A-Z0-9_]+)\))?(?: \(version [^()]*(?:\([^()]*\))?\))?\s*$/;
const old = /^Code: (\d+), e\.displayText\(\) = DB::Exception: ([\s\S]*?)(?:, e\.what\(\) = DB::[A-Za-z:]*Exception)?\s*$/;

/** The text of an error's answer. Undefined when it is not one of ClickHouse. */
export function parseException(text: string): ServerException | undefined {
  const trimmed = text.trim();
  const match = modern.exec(trimmed) ?? old.exec(trimmed);
  if (match === null) return undefined;
  const code = Number(match[1]);
  const message = (match[2] ?? '').replace(/(?:,? Stack trace[ :(]|\n\n0\. )[\s\S]*$/, '').replace(/, e\.what\(\) = DB::\w*Exception$/, '');
  return { code, name: match[3] ?? names[code] ?? `CODE_${code}`, message };
}

/** `target` is what people call the server; `sql` the statement as it was given, `sent` the part of it that the server saw. */
export interface Refused {
  readonly target: string;
  readonly sql: string;
  /** Where the server's text begins in `sql`, less what was put in front of it. UTF-16 units. */
  readonly offset: number;
}

export function exceptionError(exception: ServerException, { target, sql, offset }: Refused): FaultlineError {
  const { code, name, message } = exception;
  const candidates = candidatesIn(message);
  const token = syntaxToken(message, sql, offset);
  const identifier = nameIn(code, message);
  const position: StatementPosition | undefined =
    token === undefined ? (identifier === undefined ? undefined : placeOfName(sql, identifier)) : { start: token.start, end: token.end };
  const { what, remedy } = words(exception, token, identifier, candidates, target);
  const facts: ErrorFacts = {
    what,
    meaning:
      code === 394
        ? t('Somebody ended it on the server, or the server is going down')
        : t('ClickHouse on {0} refused the statement', target),
    ...(remedy === undefined ? {} : { remedy }),
    ...(position === undefined ? {} : { position }),
    ...(candidates.length === 0 ? {} : { candidates }),
    code: name,
  };
  return new FaultlineError(reasonOf(code), facts, `Code: ${code}. ${message} (${name})`);
}

function reasonOf(code: number): ErrorReason {
  if ([192, 193, 194, 516].includes(code)) return 'unauthorised';
  return code === 497 || code === 291 ? 'forbidden' : 'engine';
}

interface Words {
  readonly what: string;
  readonly remedy?: string;
}

function words(
  { code, message }: ServerException,
  token: Token | undefined,
  identifier: string | undefined,
  candidates: readonly string[],
  target: string,
): Words {
  const nearest = candidates[0];
  const meant = nearest === undefined ? {} : { remedy: t('Did you mean {0}?', nearest) };
  switch (code) {
    case 62:
      return token === undefined ? { what: sentence(message), ...meant } : syntaxWords(token, message);
    case 47:
      if (identifier !== undefined) return { what: t('There is no column {0}', identifier), ...meant };
      break;
    case 60:
      if (identifier !== undefined) return { what: t('There is no table {0}', identifier), ...meant };
      break;
    case 46:
      if (identifier !== undefined) return { what: t('There is no function {0}', identifier), ...meant };
      break;
    case 81:
      if (identifier !== undefined) return { what: t('There is no database {0}', identifier), ...meant };
      break;
    case 192:
    case 193:
    case 194:
    case 516:
      return {
        what: t('ClickHouse on {0} does not accept this user and password', target),
        remedy: t('Check the name of the user, and enter the password again.'),
      };
    case 394:
      return { what: t('The statement was killed on the server'), remedy: t('Run it again.') };
    case 241:
      return { what: sentence(message), remedy: t('Let the statement touch less at once, or raise max_memory_usage.') };
    default:
  }
  return { what: sentence(message), ...meant };
}

function syntaxWords(token: Token, message: string): Words {
  const expected = /Expected one of: ([\s\S]*?)\.?$/.exec(message)?.[1] ?? /Expected ([\s\S]*?)\.?$/.exec(message)?.[1];
  const shown = expected?.split(', ').slice(0, 8).join(', ');
  const remedy =
    shown === undefined || shown === '' ? {} : { remedy: t('Here could stand: {0}', shown === expected ? shown : `${shown}, …`) };
  if (token.atEnd) return { what: t('The statement ends too early'), ...remedy };
  if (token.unterminated) return { what: t('A quoted text starts here and does not end') };
  return { what: t('The statement can’t be read from “{0}” on', token.text), ...remedy };
}

/** "failed at position 19 (x) (line 2, col 9)": counted in bytes, from 1. */
function syntaxToken(message: string, sql: string, offset: number): Token | undefined {
  const position = /failed at position (\d+)/.exec(message)?.[1];
  if (position === undefined) return undefined;
  const token = tokenAt(sql.slice(Math.max(0, offset)), Number(position) - 1, 'bytes', Math.max(0, -offset));
  const by = Math.max(0, offset);
  return { ...token, start: token.start + by, end: token.end + by };
}

/** The name that the message is about, as it stands behind its fixed words. */
function nameIn(code: number, message: string): string | undefined {
  const by: Readonly<Record<number, readonly RegExp[]>> = {
    46: [/^Function with name [`'"](.+?)[`'"] does not exist/, /^Unknown (?:\w+ )?function (\w+)/, /^Function (\w+) does not exist/],
    47: [
      /^Unknown (?:expression|expression or function|expression or table expression) identifier [`'"](.+?)[`'"]/,
      /^Identifier [`'"](.+?)[`'"] cannot be resolved/,
      /^Unknown identifier:? [`'"]?([\w.]+)/,
      /^Missing columns: '(.+?)'/,
    ],
    60: [/^Unknown table expression identifier [`'"](.+?)[`'"]/, /^Table ([\w.`]+) does(?:n't| not) exist/],
    81: [/^Database [`'"]?([^\s`'"]+)[`'"]? does(?:n't| not) exist/],
  };
  for (const pattern of by[code] ?? []) {
    const found = pattern.exec(message)?.[1];
    if (found !== undefined) return found.replaceAll('`', '');
  }
  return undefined;
}

function candidatesIn(message: string): readonly string[] {
  const list = /Maybe you meant:? \[([^\]]*)\]/.exec(message)?.[1] ?? /Maybe you meant ([\w.`]+)\?/.exec(message)?.[1];
  if (list === undefined) return [];
  return list.split(',').map((one) => one.trim().replaceAll(/^['"`]|['"`]$/g, ''));
}

function sentence(message: string): string {
  const first = message
    .replace(/(?:\. |: )?(?:In scope [\s\S]*)$/, '')
    .replace(/\.? Maybe you meant[\s\S]*$/, '')
    .trim()
    .replace(/[.:]+$/, '');
  const short = first.length > 600 ? `${first.slice(0, 600)}…` : first;
  return short.charAt(0).toUpperCase() + short.slice(1);
}

/** The connection failed before or while the answer came. */
export function connectionError(error: unknown, target: string): FaultlineError {
  if (FaultlineError.is(error)) return error;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: t('ClickHouse on {0} accepts no connection', target),
    ENOTFOUND: t('The name of the ClickHouse server {0} is not known', target),
    EAI_AGAIN: t('The name of the ClickHouse server {0} can’t be looked up', target),
    HPE_HEADER_OVERFLOW: t('The headers of the answer of {0} are too long', target),
  };
  const text = error instanceof Error ? error.message : String(error);
  const misnamed = wrongName(error);
  if (misnamed !== undefined) {
    const [meaning, remedy] = misnamed;
    return new FaultlineError('unreachable', { what: t('ClickHouse on {0} can’t be reached', target), meaning, remedy, code }, error);
  }
  return new FaultlineError(
    'unreachable',
    {
      what: words[code] ?? t('The connection to ClickHouse on {0} was lost', target),
      meaning: text === '' ? code : text,
      remedy: t('Check that the server runs and can be reached from here, then run the statement again.'),
      ...(code === '' ? {} : { code }),
    },
    error,
  );
}

/** An answer that no ClickHouse gives: a proxy's page, another server. */
export function foreignAnswer(status: number, text: string, target: string): FaultlineError {
  const plain = text
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const said = plain.length > 200 ? `${plain.slice(0, 200)}…` : plain;
  if (status === 401 || status === 403) {
    return new FaultlineError('unauthorised', {
      what: t('{0} does not let this user in (HTTP {1})', target, status),
      ...(said === '' ? {} : { meaning: said }),
      remedy: t('Check the name of the user, and enter the password again.'),
    });
  }
  return new FaultlineError('unreachable', {
    what: t('What answers at {0} is not ClickHouse (HTTP {1})', target, status),
    ...(said === '' ? {} : { meaning: said }),
    remedy: t('Check the address and the port: ClickHouse speaks HTTP on 8123, or on 8443 with TLS.'),
  });
}
