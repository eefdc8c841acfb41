/** Where a plan keeps the values that it hands to Helm and the charts that it fetched. Values may hold secrets. */
import { mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import { sweepTemp, tempFolderOf } from '../base/temp.ts';

const KIND = 'deploy';

/** A new folder that only its owner may look into; what plans of killed processes left is deleted first. Fails: `storage`. */
export async function makeScratch(home: string): Promise<string> {
  const own = await tempFolderOf(home, KIND);
  try {
    // In one go: another plan's end may take the process's own folder away while it is empty.
    mkdirSync(dirname(own), { recursive: true });
    mkdirSync(own, { recursive: true, mode: 0o700 });
    return mkdtempSync(join(own, 'plan-'));
  } catch (error) {
    throw new FaultlineError(
      'storage',
      {
        what: t('The folder {0} can’t be made', own),
        meaning: error instanceof Error ? error.message : String(error),
        remedy: t('Make room there, or name another folder in FAULTLINE_HOME.'),
      },
      error,
    );
  }
}

export function removeScratch(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  try {
    rmdirSync(dirname(folder));
  } catch {
    // Other plans of this process are in it.
  }
}

/** Deletes what plans of killed processes left. */
export function sweepScratch(home: string): Promise<void> {
  return sweepTemp(home, KIND);
}
