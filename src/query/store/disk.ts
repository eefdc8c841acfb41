/** Room on the disk, and errors of the store in words. */
import { statfs } from 'node:fs/promises';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { formatBytes } from '../../base/units.ts';

/** So much stays free: a full disk would stop other programs too. */
export const reservedBytes = 512e6;

export type FreeBytes = (folder: string) => Promise<number>;

export const freeBytesOf: FreeBytes = async (folder) => {
  const facts = await statfs(folder);
  return facts.bavail * facts.bsize;
};

/** Fails: storage, when less would be left than the reserve. */
export async function ensureRoom(folder: string, neededBytes: number, freeBytes: FreeBytes): Promise<void> {
  const free = await freeBytes(folder);
  if (free - neededBytes >= reservedBytes) return;
  throw new FaultlineError('storage', {
    what: t('The disk of the result store has only {0} left', formatBytes(free)),
    meaning:
      neededBytes > 0
        ? t('{0} are needed, and {1} are kept free for other programs', formatBytes(neededBytes), formatBytes(reservedBytes))
        : t('{0} are kept free for other programs', formatBytes(reservedBytes)),
    remedy: t('Make room on the disk of {0}, or close result tabs.', folder),
  });
}

/** What the store's own database or file system said. Errors of ours pass unchanged. */
export function storageError(error: unknown, folder: string): FaultlineError {
  if (error instanceof FaultlineError) return error;
  return new FaultlineError(
    'storage',
    {
      what: t('The result could not be stored'),
      meaning: firstLine(error),
      remedy: t('Make sure that {0} is a folder that you may write to and that its disk is not full.', folder),
    },
    error,
  );
}

export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n')[0]?.replace(/[.!]$/, '') ?? '';
}
