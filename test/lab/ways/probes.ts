/** What this machine has: asked before a way is chosen. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Probes {
  readonly platform: NodeJS.Platform;
  readonly root: boolean;
  /** Whether a program of this name is on PATH. */
  has(program: string): boolean;
  /** undefined: a Docker daemon answers; else why not. */
  dockerFault(): string | undefined;
}

const DOCKER_PATIENCE_MS = 5000;

export const machine: Probes = {
  platform: process.platform,
  root: process.getuid?.() === 0,
  has: onPath,
  dockerFault: () => {
    if (!onPath('docker')) return 'there is no docker on the path';
    const answer = spawnSync('docker', ['info', '--format', '{{.ServerVersion}}'], { timeout: DOCKER_PATIENCE_MS, encoding: 'utf8' });
    if (answer.error !== undefined) return `docker did not answer in ${DOCKER_PATIENCE_MS / 1000} s`;
    if (answer.status === 0) return undefined;
    const [first = ''] = answer.stderr.trim().split('\n');
    return `docker answers with an error${first === '' ? '' : ` (${first})`}`;
  },
};

function onPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}
