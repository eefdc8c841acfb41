/**
 * The query host as its user sees it: started with the first call, started again after it crashed or was ended. What was pending when
 * it ended is rejected with `crashed`; its results are gone, which `onExit` tells.
 */
import type { ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { FaultlineError } from '../../base/errors.ts';
import { forkProcess } from '../../base/fork.ts';
import { t } from '../../base/messages.ts';
import { connect, type Port, type Remote } from '../../base/rpc.ts';
import type { QueryHostApi, QueryHostEvents, QueryHostSettings, RunProgress } from './protocol.ts';

export interface QueryHostOptions {
  /** `dist/query-host.js` */
  readonly entry: string;
  /** Read at each start: changed settings hold from the next one on. */
  readonly settings: () => QueryHostSettings;
  readonly onProgress: (event: RunProgress) => void;
  /** The process ended and its results with it. `expected`: it was asked to. */
  readonly onExit: (expected: boolean) => void;
  /** Lines for the log: starts, ends, what the process wrote to stderr. */
  readonly log: (line: string) => void;
}

interface Running {
  readonly child: ChildProcess;
  readonly remote: Remote<QueryHostApi, QueryHostEvents>;
  readonly exited: Promise<void>;
  readonly storeFolder: string;
  isEnding: boolean;
}

type Call<M extends keyof QueryHostApi> = (...args: Parameters<QueryHostApi[M]>) => ReturnType<QueryHostApi[M]>;

const killAfterMs = 2000;

export class QueryHost implements QueryHostApi {
  readonly #options: QueryHostOptions;
  #running: Running | undefined;
  #isDisposed = false;

  constructor(options: QueryHostOptions) {
    this.#options = options;
  }

  /** Process id while it runs. */
  get pid(): number | undefined {
    return this.#running?.child.pid;
  }

  readonly open: Call<'open'> = async (target, password) => this.#started().remote.open(target, password);
  readonly run: Call<'run'> = async (request) => this.#started().remote.run(request);
  readonly explain: Call<'explain'> = async (request) => this.#started().remote.explain(request);
  readonly catalogue: Call<'catalogue'> = async (target) => this.#started().remote.catalogue(target);
  readonly exportStatement: Call<'exportStatement'> = async (request) => this.#started().remote.exportStatement(request);
  readonly stop: Call<'stop'> = async (runId) => (await this.#running?.remote.stop(runId)) ?? false;
  readonly info: Call<'info'> = async (result) => this.#withResults().remote.info(result);
  readonly window: Call<'window'> = async (request) => this.#withResults().remote.window(request);
  readonly cell: Call<'cell'> = async (request) => this.#withResults().remote.cell(request);
  readonly setView: Call<'setView'> = async (request) => this.#withResults().remote.setView(request);
  readonly summary: Call<'summary'> = async (request) => this.#withResults().remote.summary(request);
  readonly distinct: Call<'distinct'> = async (request) => this.#withResults().remote.distinct(request);
  readonly compare: Call<'compare'> = async (request) => this.#started().remote.compare(request);
  readonly copy: Call<'copy'> = async (request) => this.#withResults().remote.copy(request);
  readonly exportResult: Call<'exportResult'> = async (request) => this.#withResults().remote.exportResult(request);
  readonly release: Call<'release'> = async (result) => {
    await this.#running?.remote.release(result);
  };

  /** Ends the process (again started with the next call) and removes its results. */
  async end(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    running.isEnding = true;
    this.#running = undefined;
    running.child.kill('SIGTERM');
    const kill = setTimeout(() => running.child.kill('SIGKILL'), killAfterMs);
    await running.exited;
    clearTimeout(kill);
  }

  /** Ends the process for good. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    await this.end();
  }

  #started(): Running {
    if (this.#isDisposed) throw new FaultlineError('cancelled', { what: t('This window is closing') });
    return (this.#running ??= this.#start());
  }

  /** A new process knows no result. */
  #withResults(): Running {
    if (this.#running !== undefined) return this.#running;
    throw new FaultlineError('notFound', { what: t('The result is no longer there'), remedy: t('Run the statement again.') });
  }

  #start(): Running {
    const { entry, log, onProgress } = this.#options;
    const settings = this.#options.settings();
    const child = forkProcess(entry, [JSON.stringify(settings)]);
    log(`query host ${child.pid ?? '?'} started`);
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (data: Buffer) => log(`query host: ${data.toString('utf8').trimEnd()}`));
    const remote = connect<QueryHostApi, QueryHostEvents>(portOf(child), { runProgress: (event) => onProgress(event) });
    let onEnd: () => void = () => undefined;
    const exited = new Promise<void>((resolve) => (onEnd = resolve));
    const running: Running = { child, remote, exited, storeFolder: settings.storeFolder, isEnding: false };
    let isOver = false;
    const over = (how: string): void => {
      if (isOver) return;
      isOver = true;
      log(`query host ${child.pid ?? '?'} ended: ${how}`);
      if (this.#running === running) this.#running = undefined;
      remote.$close(running.isEnding ? new FaultlineError('cancelled', { what: t('Stopped') }) : crashed());
      this.#options.onExit(running.isEnding);
      void rm(running.storeFolder, { recursive: true, force: true })
        .catch(() => undefined)
        .finally(onEnd);
    };
    child.on('exit', (code, signal) => over(signal ?? `code ${code ?? '?'}`));
    child.on('error', (error) => over(error.message));
    return running;
  }
}

function portOf(child: ChildProcess): Port {
  return {
    post: (message) => {
      // A message to a process that has just ended is answered by its `exit`.
      if (child.connected) child.send(message as object, () => undefined);
    },
    listen: (onMessage) => {
      child.on('message', onMessage);
      return () => child.off('message', onMessage);
    },
  };
}

function crashed(): FaultlineError {
  return new FaultlineError('crashed', {
    what: t('The query host ended unexpectedly'),
    meaning: t('The statement that was running is lost, and so are the rows of this window; the history is kept'),
    remedy: t('Run the statement again. The log has what the process wrote last.'),
  });
}
