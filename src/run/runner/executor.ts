/** Carries the operations of a load out on the engines of its arms. */
import { normalise } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { formatDuration } from '../../base/units.ts';
import type { Column, Engine, RowBatch } from '../../engine/engine.ts';
import type { OperationError } from '../../journal/events.ts';
import type { RunPlan } from '../../journal/plan.ts';
import type { Operation, OperationOutcome } from '../../workload/load/load.ts';
import { mostCheckedRows, type AnswerChecker } from './answers.ts';

export interface ExecutorOptions {
  readonly plan: Pick<RunPlan, 'statements' | 'timeoutMs'>;
  /** By arm. */
  readonly engines: readonly Engine[];
  readonly answers: AnswerChecker;
  /** Frees the engine's memory behind batches that nothing holds any more. */
  readonly collect: () => void;
}

/** Of an answer that is too large to be kept: 64 of DuckDB's batches are 131,072 rows. */
const batchesBetweenCollections = 64;

/**
 * Rows are kept as they came until the last one is there: neither converting nor checking them is ever inside the service time.
 * A statement that is over its time is stopped, and its outcome comes when the engine has stopped.
 */
export function executorOf({
  plan,
  engines,
  answers,
  collect,
}: ExecutorOptions): (operation: Operation, signal: AbortSignal) => Promise<OperationOutcome> {
  return async ({ q, arm, sent }, outer) => {
    const engine = engines[arm];
    const statement = plan.statements[q];
    if (engine === undefined || statement === undefined) throw new Error(`no statement ${q} on arm ${arm}`);
    const limit = new TimeLimit(plan.timeoutMs, outer);
    let columns: readonly Column[] = [];
    let batches: RowBatch[] = [];
    let rowCount = 0;
    let dropped = 0;
    let doneNs: bigint | undefined;
    try {
      sent();
      for await (const event of engine.query(statement.variants?.[engine.facts.engine] ?? statement.sql, {}, limit.signal)) {
        if (event.kind === 'columns') columns = event.columns;
        if (event.kind !== 'rows') continue;
        doneNs = process.hrtime.bigint();
        rowCount += event.batch.rowCount;
        if (rowCount <= mostCheckedRows) batches.push(event.batch);
        else {
          batches = [];
          if (++dropped % batchesBetweenCollections === 0) collect();
        }
      }
      // Without a row, when the engine said that there is none.
      doneNs ??= process.hrtime.bigint();
    } catch (error) {
      return { doneNs: process.hrtime.bigint(), error: limit.isOver ? overTime(plan.timeoutMs) : operationError(error) };
    } finally {
      limit.dispose();
    }
    return { doneNs, rows: rowCount, answer: answers.check(q, arm, { columns, batches, rowCount }) };
  };
}

/** A signal that is aborted with another one, or when the time is over. */
class TimeLimit {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  readonly #stop = (): void => this.#controller.abort();
  isOver = false;

  constructor(ms: number, outer: AbortSignal) {
    this.#outer = outer;
    if (outer.aborted) this.#stop();
    outer.addEventListener('abort', this.#stop, { once: true });
    this.#timer = setTimeout(() => {
      this.isOver = !outer.aborted;
      this.#stop();
    }, ms);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#outer.removeEventListener('abort', this.#stop);
  }
}

function overTime(timeoutMs: number): OperationError {
  return { reason: 'timedOut', text: t('Stopped after {0}, the time-out of a statement', formatDuration(timeoutMs)) };
}

export function operationError(error: unknown): OperationError {
  const { reason, message, facts } = normalise(error);
  return { reason, text: message, ...(facts.code === undefined ? {} : { code: facts.code }) };
}
