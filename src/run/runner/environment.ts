/** What a run ran on: compared when two runs are. */
import { execFile } from 'node:child_process';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { promisify } from 'node:util';
import type { Environment } from '../../journal/events.ts';

export async function environmentOf(version: string, workingFolder: string | undefined): Promise<Environment> {
  const gitRevision = workingFolder === undefined ? undefined : await revisionOf(workingFolder);
  return {
    faultline: version,
    node: process.version,
    system: `${platform()} ${arch()} ${release()}`,
    processor: cpus()[0]?.model.trim() ?? '',
    processors: availableParallelism(),
    memoryBytes: totalmem(),
    ...(gitRevision === undefined ? {} : { gitRevision }),
  };
}

/** "3f2a91c", "3f2a91c, changed"; nothing where there is no git, no repository, or no answer within two seconds. */
async function revisionOf(folder: string): Promise<string | undefined> {
  const git = async (...args: readonly string[]): Promise<string> => {
    // A repository may name programs in its settings: none of them is started, and no lock is taken.
    const safe = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null'];
    const { stdout } = await promisify(execFile)('git', [...safe, ...args], {
      cwd: folder,
      timeout: 2000,
      env: { ...process.env, GIT_OPTIONAL_LOCKS: '0' },
      windowsHide: true,
    });
    return stdout.trim();
  };
  try {
    const revision = await git('rev-parse', '--short', 'HEAD');
    const isChanged = await git('status', '--porcelain', '--untracked-files=no').then((text) => text !== '');
    return isChanged ? `${revision}, changed` : revision;
  } catch {
    return undefined;
  }
}
