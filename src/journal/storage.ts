/** What a disk says, as errors of ours. */
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';

/** `ENOENT` and the like; undefined for what no system call threw. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Of a read that failed: `notFound`, or `storage` with the path and what to do. What is an error of ours already stays that. */
export function unreadable(path: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new FaultlineError('notFound', { what: t('There is no journal'), meaning: path }, error);
  }
  const remedy = {
    EISDIR: t('A folder is where the file has to be: move it away.'),
    EACCES: t('You may not read it: change its permissions.'),
    EPERM: t('You may not read it: change its permissions.'),
  }[code];
  return storageError(t('The journal can’t be read'), path, remedy, error);
}

/** Of a write that failed: `storage`. */
export function unwritable(path: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return storageError(t('The disk is full'), path, t('Free some space, or set FAULTLINE_HOME to a folder on another disk.'), error);
  }
  const denied = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'].includes(code);
  return storageError(
    t('A run can’t be written'),
    path,
    denied ? t('Make it writable, or set FAULTLINE_HOME to another folder.') : undefined,
    error,
  );
}

function storageError(what: string, path: string, remedy: string | undefined, cause: unknown): FaultlineError {
  const code = codeOf(cause);
  const meaning = cause instanceof Error ? `${path} (${code ?? cause.message})` : path;
  return new FaultlineError('storage', { what, meaning, ...(remedy === undefined ? {} : { remedy }) }, cause);
}
