/** Opening what statements run on: a data set of ours or a person's own file. Always read-only. */
import { access, constants, stat } from 'node:fs/promises';
import { constants as osConstants } from 'node:os';
import { basename, extname } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { FaultlineError, invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { EmbeddedTarget } from '../engine.ts';
import { targetTitle } from '../../base/target.ts';
import { parse } from './errors.ts';
import { quoteName, quoteText } from './settings.ts';

const readers: Readonly<Record<string, string>> = {
  '.parquet': 'read_parquet',
  '.csv': 'read_csv',
  '.tsv': 'read_csv',
  '.json': 'read_json',
  '.ndjson': 'read_json',
  '.jsonl': 'read_json',
};
const databases = new Set(['.duckdb', '.db', '.ddb']);

/** What a person may open, for a file dialogue. */
export const fileExtensions: readonly string[] = [...databases, ...Object.keys(readers)].map((extension) => extension.slice(1));

/**
 * Makes the target's tables visible without a prefix. The in-memory database comes first in the search path: what a person creates
 * lands there, and everything else is found in the target. Answers the search path that each further connection needs.
 * Fails: `notFound`, `invalid` (no such kind of file, or its content is not what its name says), `storage`.
 */
export async function openTarget(connection: DuckDBConnection, target: EmbeddedTarget): Promise<string> {
  await mustBeReadable(target);
  const extension = extname(target.path).toLowerCase();
  if (target.kind === 'tpch') return attach(connection, target, 'tpch');
  if (databases.has(extension)) return attach(connection, target, nameOf(target.path));
  const reader = readers[extension];
  if (reader === undefined) {
    throw invalid(
      t('{0} is not a kind of file that can be opened', basename(target.path)),
      t('Open a .duckdb, .parquet, .csv, .tsv, .json or .ndjson file.'),
    );
  }
  const options = extension === '.tsv' ? ", delim = '\t'" : '';
  const view = `CREATE VIEW ${quoteName(nameOf(target.path))} AS SELECT * FROM ${reader}(${quoteText(globSafe(target.path))}${options})`;
  await connection.run(view).catch((error: unknown) => {
    throw unreadable(target, error);
  });
  return 'memory.main';
}

async function attach(connection: DuckDBConnection, target: EmbeddedTarget, name: string): Promise<string> {
  await connection.run(`ATTACH ${quoteText(target.path)} AS ${quoteName(name)} (READ_ONLY, TYPE duckdb)`).catch((error: unknown) => {
    throw unreadable(target, error);
  });
  return `memory.main,${quoteName(name)}.main`;
}

async function mustBeReadable(target: EmbeddedTarget): Promise<void> {
  try {
    const facts = await stat(target.path);
    if (!facts.isFile()) throw invalid(t('{0} is not a file', target.path));
    await access(target.path, constants.R_OK);
  } catch (error) {
    if (error instanceof FaultlineError) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      const remedy = target.kind === 'tpch' ? t('Make the data set again.') : t('Check the path; the file may have been moved.');
      throw new FaultlineError(
        'notFound',
        { what: t('{0} is not there', targetTitle(target)), meaning: t('Looked for “{0}”', target.path), remedy },
        error,
      );
    }
    if (code === 'EACCES' || code === 'EPERM') {
      throw new FaultlineError(
        'forbidden',
        {
          what: t('{0} can’t be read', targetTitle(target)),
          meaning: t('It is at “{0}”', target.path),
          remedy: t('Ask for the right to read this file.'),
        },
        error,
      );
    }
    throw new FaultlineError(
      'storage',
      { what: t('{0} can’t be read', targetTitle(target)), meaning: t('It is at “{0}”', target.path) },
      error,
    );
  }
}

function unreadable(target: EmbeddedTarget, error: unknown): FaultlineError {
  const { message, kind, errno } = parse(error instanceof Error ? error.message : String(error));
  if (kind === 'interrupt') return new FaultlineError('cancelled', { what: t('Stopped') }, error);
  const what = t('{0} can’t be opened', targetTitle(target));
  const [first = message] = message.split('\n');
  // A lock that is held: the only system error that waits for somebody else.
  if (errno === osConstants.errno.EAGAIN) {
    return new FaultlineError(
      'storage',
      { what, meaning: first, remedy: t('Another program has it open for writing: close it there, then open it again.') },
      error,
    );
  }
  return new FaultlineError('invalid', { what, meaning: first, remedy: t('Check that the content is what the file’s name says.') }, error);
}

/** A name that needs no quotes: `sales 2024.parquet` → `sales_2024`. */
export function nameOf(path: string): string {
  const stem = basename(path, extname(path));
  const plain = stem.replaceAll(/[^\p{L}\p{N}_]+/gu, '_').replaceAll(/^_+|_+$/g, '');
  const name = /^[\p{L}_]/u.test(plain) ? plain : `t_${plain}`;
  return taken.has(name.toLowerCase()) ? `${name}_file` : name;
}

/** Databases that are always there, and words that can't stand alone as a table's name. */
const taken = new Set(['memory', 'system', 'temp', 'main', 'table', 'select', 'order', 'group', 'user', 'all', 'default', 'from', 'where']);

/** Readers take a pattern: `*`, `?` and `[` in a file's name are meant literally. */
export function globSafe(path: string): string {
  return path.replaceAll(/[*?[]/g, (character) => `[${character}]`);
}
