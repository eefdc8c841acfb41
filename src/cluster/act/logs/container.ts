/** The log of one container for as long as its pod is there: run after run, resumed after each cut. */
import { FaultlineError, normalise } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';
import type { ClusterConnection } from '../../connect/connection.ts';
import type { ContainerStatus } from '../../objects.ts';
import { Emitter, pause, nextOf } from '../signal.ts';
import { endText, logRequest, notice, parseLine } from './line.ts';
import type { ContainerName, LogLine } from './line.ts';
import { SeenLines } from './seen.ts';

export interface ContainerLog {
  readonly connection: ClusterConnection;
  readonly namespace: string;
  readonly name: ContainerName;
  /** Of the run that is there at the beginning; undefined: all of its lines. */
  readonly tailLines: number | undefined;
  readonly put: (line: LogLine) => Promise<void> | undefined;
  readonly signal: AbortSignal;
}

/** After a cut: 0.5 s, doubled up to 10 s, anew after a line that came. */
const FIRST_WAIT_MS = 500;
const MOST_WAIT_MS = 10_000;
/** An end is told by the log before the watch tells it. */
const STATUS_LAG_MS = 1000;
const LAST_LINES_MS = 10_000;

export class ContainerFollower {
  readonly #log: ContainerLog;
  readonly #changed = new Emitter();
  #status: ContainerStatus | undefined;
  #isGone = false;
  readonly #over = new AbortController();

  constructor(log: ContainerLog, status: ContainerStatus | undefined) {
    this.#log = log;
    this.#status = status;
  }

  /** What the watch says of it; undefined: the pod is gone. */
  update(status: ContainerStatus | undefined): void {
    if (status !== undefined) this.#status = status;
    else if (!this.#isGone) {
      this.#isGone = true;
      // Its last lines come by themselves; from a lost node nothing comes, not even an end.
      setTimeout(() => this.#over.abort(), LAST_LINES_MS).unref();
    }
    this.#changed.fire();
  }

  /** Until the pod is gone. Fails with `forbidden` and `cancelled` only. */
  async run(): Promise<void> {
    const { signal } = this.#log;
    let run = await this.#nextRun(-1, signal);
    let tailLines = this.#log.tailLines;
    while (run !== undefined) {
      await this.#follow(run, tailLines);
      tailLines = undefined;
      const next: number | undefined = await this.#nextRun(run, signal);
      // One that began and ended unseen is still there as the previous one.
      if (next !== undefined && next > run + 1) {
        if (next > run + 2) await this.#say(t('{0} runs of it were too short to be seen', next - run - 2));
        await this.#follow(next - 1, undefined);
      }
      run = next;
    }
  }

  /** Number of the first run after this one that has begun; undefined when the pod is gone before. */
  async #nextRun(after: number, signal: AbortSignal): Promise<number | undefined> {
    for (;;) {
      const run = this.#status?.restartCount ?? 0;
      const { running, terminated } = this.#status?.state ?? {};
      // A crashed one that waits for its restart has its log all the same.
      const hasBegun = running !== undefined || terminated !== undefined || this.#status?.lastState?.terminated !== undefined;
      if (hasBegun && run > after) return run;
      if (this.#isGone) return undefined;
      await nextOf(this.#changed, signal);
    }
  }

  async #follow(run: number, tailLines: number | undefined): Promise<void> {
    const { signal } = this.#log;
    const seen = new SeenLines();
    let waitMs = FIRST_WAIT_MS;
    let isCut = false;
    for (;;) {
      const behind = (this.#status?.restartCount ?? 0) - run;
      if (behind > 1) return this.#say(t('The end of run {0} is lost: it was started again twice meanwhile', run + 1));
      try {
        await this.#read(seen, behind === 1, tailLines, () => {
          waitMs = FIRST_WAIT_MS;
          isCut = false;
        });
        if (await this.#hasEnded(run)) return await this.#tellEnd(run);
      } catch (error) {
        const known = normalise(error);
        if (this.#over.signal.aborted && !signal.aborted) return;
        if (known.reason === 'cancelled' || known.reason === 'forbidden') throw known;
        if (this.#isGone) return;
        // A container that waits for its restart has no log yet: no cut, and nothing to tell.
        if (!isCut && known.reason !== 'invalid' && known.reason !== 'notFound') {
          isCut = true;
          await this.#say(t('Cut: {0}. It is tried again.', known.facts.what));
        }
      }
      if (this.#isGone) return;
      await this.#changeOr(waitMs, signal);
      waitMs = Math.min(waitMs * 2, MOST_WAIT_MS);
    }
  }

  async #read(seen: SeenLines, previous: boolean, tailLines: number | undefined, came: () => void): Promise<void> {
    const { connection, namespace, name, put, signal } = this.#log;
    const sinceTime = seen.resume();
    const query = {
      follow: !previous,
      previous,
      ...(sinceTime === undefined ? (tailLines === undefined ? {} : { tailLines }) : { sinceTime }),
    };
    for await (const text of connection.lines(logRequest(namespace, name, query, AbortSignal.any([signal, this.#over.signal])))) {
      const { order, ...line } = parseLine(name, text);
      if (order !== '' && !seen.isNew(order)) continue;
      came();
      const held = put(line);
      if (held !== undefined) await held;
    }
  }

  /** Whether this run is over: the watch may need a moment. */
  async #hasEnded(run: number): Promise<boolean> {
    const until = performance.now() + STATUS_LAG_MS;
    for (;;) {
      if (this.#isGone || (this.#status?.restartCount ?? 0) > run || this.#status?.state?.terminated !== undefined) return true;
      if (this.#status?.state?.waiting !== undefined && this.#status.lastState?.terminated !== undefined) return true;
      const leftMs = until - performance.now();
      if (leftMs <= 0) return false;
      await this.#changeOr(leftMs, this.#log.signal);
    }
  }

  async #tellEnd(run: number): Promise<void> {
    const status = this.#status;
    const ended =
      (status?.restartCount ?? 0) > run || status?.state?.terminated === undefined
        ? status?.lastState?.terminated
        : status.state.terminated;
    if (ended !== undefined) await this.#say(endText(ended));
  }

  async #say(text: string): Promise<void> {
    await this.#log.put(notice(this.#log.name, text));
  }

  async #changeOr(delayMs: number, signal: AbortSignal): Promise<void> {
    const ending = new AbortController();
    try {
      await Promise.race([
        nextOf(this.#changed, AbortSignal.any([signal, ending.signal])),
        pause(delayMs, AbortSignal.any([signal, ending.signal])),
      ]);
    } finally {
      ending.abort(new FaultlineError('cancelled', { what: '' }));
    }
  }
}
