/** A page of the statement protocol, checked where we rely on its shape. */
import type { Columns, QueryError, QueryResult, QueryStats } from 'trino-client';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { parseExact } from './json.ts';

/** What the package's types leave out, and less certain: other versions and Presto leave fields away. */
export interface Page {
  readonly id: QueryResult['id'];
  readonly nextUri?: QueryResult['nextUri'];
  readonly columns?: Columns;
  readonly data?: unknown[][];
  readonly stats?: Partial<QueryStats>;
  readonly error?: PageError;
  /** "INSERT", "SET SESSION": a statement that returns no rows of a person's. */
  readonly updateType?: string;
  readonly updateCount?: number | string;
}

export type PageError = Pick<QueryError, 'message' | 'errorName' | 'errorType'> & {
  /** Both from 1; columns in characters. */
  readonly errorLocation?: { readonly lineNumber: number; readonly columnNumber: number };
};

/** Fails with `invalid` when it is none: something else answers at this place. */
export function parsePage(body: string, server: string): Page {
  try {
    const value = parseExact(body);
    if (isPage(value)) return value;
  } catch (error) {
    throw notAServer(body, server, error);
  }
  throw notAServer(body, server);
}

/** Only what decides over the flow: checking each value of a million rows would cost more than reading them. */
function isPage(value: unknown): value is Page {
  return (
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    typeof value.id === 'string' &&
    (!('nextUri' in value) || typeof value.nextUri === 'string') &&
    (!('data' in value) || Array.isArray(value.data)) &&
    (!('columns' in value) || Array.isArray(value.columns))
  );
}

function notAServer(body: string, server: string, cause?: unknown): FaultlineError {
  const start = body.trim().slice(0, 120);
  return new FaultlineError(
    'invalid',
    {
      what: t('What answers at {0} is no Trino and no Presto', server),
      ...(start === '' ? {} : { meaning: t('Its answer begins with “{0}”', start) }),
      remedy: t('Check the host and the port, and whether a proxy stands between.'),
    },
    cause,
  );
}
