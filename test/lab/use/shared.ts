/**
 * The lab that one run of all test layers shares: brought up once, left up when it was up before, else taken down however the run ends.
 * The command that brings it up is a process of its own: it can be ended in the middle of an image, and what it starts does not carry
 * the mark by which a layer's own processes are found.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Progress } from '../../workbench/cache.mjs';
import { MARK } from '../../workbench/processes.ts';
import { LAB_MARK } from '../native/processes.ts';
import { down, status } from '../ways.ts';
import { LAB_VARIABLE } from './running.ts';

const COMMAND = join(import.meta.dirname, '..', 'main.ts');

export class SharedLab {
  /** What a layer's processes need to find it. */
  readonly env: Readonly<Record<string, string>>;
  /** How its processes are told from a layer's: a variable of their environment begins so. */
  readonly mark: string;
  readonly number: number;
  private readonly progress: Progress;
  private starting: ChildProcess | undefined;
  private ours = false;

  constructor(progress: Progress) {
    this.number = Number(process.env[LAB_VARIABLE] ?? '0');
    this.env = { [LAB_VARIABLE]: String(this.number) };
    this.mark = `${LAB_MARK}=${this.number}:`;
    this.progress = progress;
  }

  /** false: it did not come up, and its output says why. */
  async up(): Promise<boolean> {
    if (this.ours) return true;
    // One that is up and broken is still that of whoever started it.
    this.ours = (await status(this.number)).lab === undefined;
    const args = [COMMAND, 'up', '--lab', String(this.number), '--profile', 'cluster'];
    const { [MARK]: _mark, ...env } = process.env;
    return new Promise((resolve) => {
      // A group of its own, so that what builds for it can be ended with it.
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'], env, detached: true });
      this.starting = child;
      child.once('error', () => resolve(false));
      child.once('exit', (code) => {
        this.starting = undefined;
        resolve(code === 0);
      });
    });
  }

  /** Idempotent; nothing happens where the lab is somebody else's. */
  async down(): Promise<void> {
    const child = this.starting;
    if (child?.pid !== undefined) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      process.kill(-child.pid, 'SIGKILL');
      await gone;
    }
    if (!this.ours) return;
    this.ours = false;
    await down(this.number, this.progress);
  }
}
