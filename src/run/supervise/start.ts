/**
 * Starts a run: a process of its own, which lives on when this one ends. What happens in it is read from its journal; this side only
 * knows that it began, that it ended, and how to stop it.
 */
import type { ChildProcess } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FaultlineError, fromWire } from '../../base/errors.ts';
import { forkProcess } from '../../base/fork.ts';
import { t } from '../../base/messages.ts';
import type { PackagePaths } from '../../base/package.ts';
import { sweepTemp } from '../../base/temp.ts';
import { isHeld, readLease } from '../../journal/lease.ts';
import type { RunPlan } from '../../journal/plan.ts';
import { runFiles } from '../../journal/runs.ts';
import type { RunStore } from '../../journal/store.ts';
import { adoptWithinMs, type RunnerMessage, type StarterMessage } from '../control.ts';
import type { ConfirmedFaults } from '../prepare/confirmed.ts';
import { passwordVariable, type Passwords } from '../passwords.ts';
import { removeSocket } from '../runner/control-server.ts';
import { planFile, type PlanOfRun, type RunnerSettings } from '../runner/settings.ts';
import { refuseSecrets } from './secrets.ts';

export type RunnerPaths = Pick<PackagePaths, 'runner' | 'pacer' | 'datagen' | 'extensionFolder'>;

export interface StartRequest {
  readonly plan: RunPlan;
  /** Of a plan that breaks something: what a person confirmed. */
  readonly confirmed?: ConfirmedFaults;
  /** Of the plan's servers, by the names of their secrets. */
  readonly passwords?: Passwords;
  readonly store: RunStore;
  /** `faultlineHome()`: data sets and what does not fit into memory. */
  readonly home: string;
  /** `packagePaths()`: the entries of the process, of its thread and of the one that makes data sets. */
  readonly paths: RunnerPaths;
  /** Whose git revision the journal names. */
  readonly workingFolder?: string;
  /** The run needs nobody who keeps it alive. */
  readonly detach?: boolean;
  /** Statements may reach files, extensions and the network. Without it the target alone. */
  readonly externalAccess?: boolean;
  /** Default: 60 s. */
  readonly adoptWithinMs?: number;
  /** Lines for the log: start, end, what the process wrote to stderr. */
  readonly log: (line: string) => void;
}

export interface StartedRun {
  readonly run: string;
  readonly folder: string;
  readonly pid: number;
  /** The process has ended, however; the journal tells how. Never rejects. */
  readonly ended: Promise<void>;
  /** Ends the run as `stopped`; resolves when the process has ended. */
  stop(): Promise<void>;
  /** Lets go of the run: this process can end. A run that is not detached then waits to be adopted. */
  release(): void;
}

/**
 * Answers when the journal is there and its header is synced. The data set and the engine come after that, and are seen in the journal.
 * Fails: `invalid` (a plan that holds a secret), `storage`, `unsupported`, `crashed`.
 */
export async function startRun(request: StartRequest): Promise<StartedRun> {
  const { store, log, paths } = request;
  const plan = refuseSecrets(request.plan);
  const { run, folder } = await store.create(plan.name, Date.now());
  try {
    const file = join(folder, planFile);
    const { confirmed } = request;
    const planned: PlanOfRun = { plan, ...(confirmed === undefined ? {} : { confirmed }) };
    await writeFile(file, JSON.stringify(planned), { mode: 0o600 });
    const settings: RunnerSettings = {
      run,
      folder,
      planFile: file,
      pacer: paths.pacer,
      datagen: paths.datagen,
      home: request.home,
      detach: request.detach ?? false,
      externalAccess: request.externalAccess ?? false,
      adoptWithinMs: request.adoptWithinMs ?? adoptWithinMs,
      ...(request.workingFolder === undefined ? {} : { workingFolder: request.workingFolder }),
      ...(paths.extensionFolder === undefined ? {} : { extensionFolder: paths.extensionFolder }),
    };
    const child = forkProcess(paths.runner, [JSON.stringify(settings)], {
      env: { UV_THREADPOOL_SIZE: String(threadPoolSize(plan)), ...passwordVariable(request.passwords ?? {}) },
      detached: true,
    });
    log(`run ${run}: runner ${child.pid ?? '?'} started`);
    const started = new Started(run, folder, request.home, child, log);
    await started.begun;
    return started;
  } catch (error) {
    // Nothing has happened that could be read later.
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** The engine runs each statement on a thread of Node's pool, and everything else of the process that waits for a disk needs some too. */
export function threadPoolSize({ load }: Pick<RunPlan, 'load'>): number {
  const atOnce = load.kind === 'none' ? 0 : load.kind === 'closed' ? load.clients : load.maxInFlight;
  return Math.min(256, Math.max(4, atOnce) + 4);
}

class Started implements StartedRun {
  readonly run: string;
  readonly folder: string;
  readonly pid: number;
  readonly ended: Promise<void>;
  readonly begun: Promise<void>;
  readonly #child: ChildProcess;

  constructor(run: string, folder: string, home: string, child: ChildProcess, log: (line: string) => void) {
    this.run = run;
    this.folder = folder;
    this.#child = child;
    this.pid = child.pid ?? 0;
    let lastWords = '';
    child.stdout?.on('data', (data: Buffer) => log(`run ${run}: ${data.toString('utf8').trimEnd()}`));
    child.stderr?.on('data', (data: Buffer) => {
      lastWords = (lastWords + data.toString('utf8')).slice(-4000);
      log(`run ${run}: ${data.toString('utf8').trimEnd()}`);
    });
    let onEnd: () => void = () => undefined;
    this.ended = new Promise((resolve) => (onEnd = resolve));
    this.begun = new Promise((resolve, reject) => {
      child.on('message', (message: RunnerMessage) => {
        if (message.kind === 'started') resolve();
        else if (message.kind === 'refused') reject(fromWire(message.error));
      });
      const over = (how: string): void => {
        log(`run ${run}: runner ${child.pid ?? '?'} ended: ${how}`);
        reject(crashed(new Error(`${how}\n${lastWords}`)));
        void sweepAfter(folder, home).finally(onEnd);
      };
      child.once('error', (error) => over(error.message));
      child.once('exit', (code, signal) => setImmediate(over, signal ?? `code ${code ?? '?'}`));
    });
  }

  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.send({ kind: 'stop' } satisfies StarterMessage, () => undefined);
    await this.ended;
  }

  release(): void {
    const child = this.#child;
    if (child.connected) child.disconnect();
    child.stdout?.destroy();
    child.stderr?.destroy();
    child.unref();
  }
}

/** What a runner that was killed could not remove: its socket, its reserve of the disk, rows that did not fit into memory. */
async function sweepAfter(folder: string, home: string): Promise<void> {
  const lease = readLease(folder);
  try {
    if (lease !== undefined && !isHeld(lease)) {
      removeSocket(lease.socket);
      await rm(join(folder, runFiles.reserve), { force: true });
    }
    await sweepTemp(home, 'run');
  } catch {
    // The next run sweeps too.
  }
}

function crashed(cause: unknown): FaultlineError {
  return new FaultlineError(
    'crashed',
    {
      what: t('The run’s process ended before it began'),
      meaning: t('Nothing was run'),
      remedy: t('Run it again. The log has what the process wrote last.'),
    },
    cause,
  );
}
