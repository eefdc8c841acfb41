/**
 * Runs statements in the query host and keeps their tabs true: one object knows what is running.
 * No `vscode` import: the editor, the status bar and the panel listen to it.
 */
import { pathInWords } from '../../analysis/text.ts';
import type { Clock } from '../../base/clock.ts';
import { cancelled, fromWire, normalise, type FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { formatDuration, formatRows } from '../../base/units.ts';
import type { EngineFacts, EngineTarget, Plan } from '../../engine/engine.ts';
import type { CompareEnd, QueryHostApi, RunEnd, RunProgress } from '../../query/host/protocol.ts';
import type { Outcome } from '../../query/results.ts';
import type { TabId, TabState } from '../panels/results/protocol.ts';
import { withoutRows, type ResultTabs, type Tab } from '../panels/results/tabs.ts';
import { Signal } from '../signal.ts';
import type { Against, StatementToRun } from './statement.ts';
import { targetName } from './targets.ts';

export interface ActiveRun {
  readonly runId: string;
  readonly tab: TabId;
  readonly statement: StatementToRun;
  readonly target: EngineTarget;
  /** On the monotonic clock. */
  readonly startedMs: number;
  readonly phase: 'preparing' | 'running' | 'stopping';
  readonly rowCount: number;
  readonly fraction?: number;
  /** What is being prepared, in words. */
  readonly preparing?: string;
}

export interface FinishedRun {
  readonly tab: TabId;
  readonly statement: StatementToRun;
  readonly target: EngineTarget;
  readonly engine: string;
  readonly outcome: Outcome;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly rowCount: number;
  readonly targetName: string;
  readonly changedRows?: number;
  readonly error?: FaultlineError;
}

export interface RunnerParts {
  readonly host: Pick<QueryHostApi, 'open' | 'run' | 'stop' | 'explain' | 'compare'>;
  readonly tabs: ResultTabs;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Makes what the target needs (TPC-H 0.01 at its first use). `report` says what it does, in words. */
  readonly prepare: (target: EngineTarget, report: (what: string) => void, signal: AbortSignal) => Promise<void>;
}

interface RunState {
  run: ActiveRun;
  readonly abort: AbortController;
}

export class StatementRunner {
  readonly #parts: RunnerParts;
  readonly #active = new Map<string, RunState>();

  readonly changed = new Signal();
  readonly started = new Signal<ActiveRun>();
  readonly finished = new Signal<FinishedRun>();

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  /** What is running now, oldest first. */
  get active(): readonly ActiveRun[] {
    return [...this.#active.values()].map(({ run }) => run);
  }

  /**
   * Answers when the statement has ended, however it ended: what an engine says is in the answer.
   * With `into` the tab is used again, else it gets a new one.
   */
  async run(statement: StatementToRun, target: EngineTarget, into?: TabId): Promise<FinishedRun> {
    const { tabs, clock, newId } = this.#parts;
    const runId = newId();
    const tab = newTab(
      statement,
      target,
      runId,
      into ?? newId(),
      clock.wallMs(),
      into !== undefined && tabs.get(into)?.state.pinned === true,
    );
    if (into !== undefined && tabs.get(into)) tabs.replace(into, tab);
    else tabs.open(tab);
    const run: ActiveRun = {
      runId,
      tab: tab.state.id,
      statement,
      target,
      startedMs: clock.monotonicMs(),
      phase: 'preparing',
      rowCount: 0,
    };
    const state: RunState = { run, abort: new AbortController() };
    this.#active.set(runId, state);
    this.started.fire(run);
    this.changed.fire();
    const finished = await this.#carryOut(state, tab.state);
    this.#active.delete(runId);
    tabs.closeSuperseded(tab.state.id, finished.outcome === 'done');
    this.finished.fire(finished);
    this.changed.fire();
    return finished;
  }

  /** Answers when the engine has stopped; false when there was nothing to stop. */
  async stop(runId: string): Promise<boolean> {
    const state = this.#active.get(runId);
    if (!state) return false;
    const wasPreparing = state.run.phase === 'preparing';
    this.#change(state, { phase: 'stopping' });
    state.abort.abort();
    return wasPreparing || (await this.#parts.host.stop(runId));
  }

  /** What the query host tells while a statement runs. */
  progress(event: RunProgress): void {
    const state = this.#active.get(event.runId);
    if (!state) return;
    const fraction = event.fraction === undefined ? {} : { fraction: event.fraction };
    const change: Partial<TabState> = { durationMs: event.elapsedMs, ...fraction };
    const { result } = event;
    if (result) {
      const rows = { columns: result.columns, rowCount: result.rowCount, viewRowCount: result.rowCount };
      this.#parts.tabs.update(event.runId, { ...change, ...rows }, result.id);
    } else {
      this.#parts.tabs.update(event.runId, change);
    }
    this.#change(state, { rowCount: result?.rowCount ?? state.run.rowCount, ...fraction });
  }

  async #carryOut(state: RunState, tab: TabState): Promise<FinishedRun> {
    const { host, tabs, clock, prepare } = this.#parts;
    const { statement, target, runId, startedMs } = state.run;
    const { signal } = state.abort;
    let { engine, messages } = tab;
    const finish = (change: Partial<TabState> & { status: Outcome }, error?: FaultlineError, end?: RunEnd): FinishedRun => {
      const durationMs = change.durationMs ?? clock.monotonicMs() - startedMs;
      const rowCount = end?.result?.rowCount ?? state.run.rowCount;
      const all = { ...change, durationMs, engine };
      messages = [...(change.messages ?? messages), { at: clock.wallMs(), text: endText(engine, { ...all, rowCount }, error) }];
      tabs.update(runId, { ...all, messages }, end?.result?.id);
      return {
        tab: tab.id,
        statement,
        target,
        engine,
        outcome: change.status,
        startedAt: tab.startedAt,
        durationMs,
        rowCount,
        targetName: tab.target,
        ...(end?.changedRows === undefined ? {} : { changedRows: end.changedRows }),
        ...(error ? { error } : {}),
      };
    };
    try {
      await prepare(target, (preparing) => this.#change(state, { preparing }), signal);
      signal.throwIfAborted();
      const facts = await host.open(target);
      engine = facts.title;
      messages = [...messages, opened(facts, clock.wallMs())];
      tabs.update(runId, { engine, ...(statement.against ? {} : { target: facts.target }), messages });
      signal.throwIfAborted();
      this.#change(state, { phase: 'running' });
      if (statement.opens === 'plan') {
        const plan = await host.explain({ runId, target, sql: statement.sql, analyze: true });
        return finish({ status: 'done', plan, durationMs: planDuration(plan, clock.monotonicMs() - startedMs) });
      }
      if (statement.against !== undefined) return finish(...(await this.#compare(state, statement.against)));
      const end = await host.run({ runId, target, sql: statement.sql });
      const error = end.error ? fromWire(end.error) : undefined;
      return finish({ ...endState(end), ...(error ? { error: tabError(error, statement) } : {}) }, error, end);
    } catch (thrown) {
      const error = signal.aborted ? cancelled() : normalise(thrown);
      if (error.reason === 'cancelled') return finish({ status: 'cancelled' });
      // Rows of a query host that ended are gone; those of a statement that failed stay.
      const lost = error.reason === 'crashed' ? withoutRows : {};
      return finish({ ...lost, status: 'failed', error: tabError(error, statement) }, error);
    }
  }

  async #compare(
    { run, abort }: RunState,
    against: Against,
  ): Promise<[Partial<TabState> & { status: Outcome }, FaultlineError | undefined, RunEnd]> {
    const { host, prepare, tabs, clock } = this.#parts;
    const { runId, target, statement } = run;
    await prepare(against.target, () => undefined, abort.signal);
    const facts = await host.open(against.target);
    abort.signal.throwIfAborted();
    const end = await host.compare({
      runId,
      a: { target, sql: statement.sql },
      b: { target: against.target, sql: against.sql ?? statement.sql },
    });
    const error = end.error ? fromWire(end.error) : undefined;
    const asked = (name: string, sql: string): { at: number; text: string } => ({
      at: clock.wallMs(),
      text: t('{0} was asked:\n{1}', name, sql),
    });
    const texts =
      against.otherWords === undefined
        ? []
        : [asked(targetName(target), statement.sql), asked(targetName(against.target), against.sql ?? statement.sql)];
    const messages = tabs.get(run.tab)?.state.messages ?? [];
    const said = end.comparison === undefined ? [] : [{ at: clock.wallMs(), text: comparisonText(end.comparison) }];
    return [
      {
        ...endState(end),
        ...(end.comparison === undefined ? {} : { comparison: comparisonText(end.comparison) }),
        messages: [...messages, opened(facts, clock.wallMs()), ...texts, ...said],
        ...(error ? { error: tabError(error, statement) } : {}),
      },
      error,
      end,
    ];
  }

  #change(state: RunState, change: Partial<ActiveRun>): void {
    state.run = { ...state.run, ...change };
    if (this.#active.has(state.run.runId)) this.changed.fire();
  }
}

function newTab(statement: StatementToRun, target: EngineTarget, runId: string, id: TabId, startedAt: number, pinned: boolean): Tab {
  const state: TabState = {
    id,
    title: statement.title,
    pinned,
    engine: t('DuckDB'),
    target: statement.against ? t('{0} against {1}', targetName(target), targetName(statement.against.target)) : targetName(target),
    startedAt,
    statement: statement.sql,
    durationMs: 0,
    opens: statement.opens,
    messages: [
      {
        at: startedAt,
        text: statement.opens === 'plan' ? t('Explaining on {0}', targetName(target)) : t('Running on {0}', targetName(target)),
      },
    ],
    ...withoutRows,
    status: 'running',
    ...(statement.against?.otherWords === undefined ? {} : { otherWords: statement.against.otherWords }),
  };
  const { source, against } = statement;
  return { state, target, runId, ...(source ? { source } : {}), ...(against ? { against } : {}) };
}

function opened(facts: EngineFacts, at: number): TabState['messages'][number] {
  const { title, target, threads, path } = facts;
  if (threads !== undefined) return { at, text: t('{0}, {1}, {2} threads', title, target, threads) };
  return { at, text: [title, target, ...(path === undefined ? [] : [pathInWords(path)])].join(', ') };
}

/** "25 rows are equal", "2 of 25 rows differ", "another number of columns". */
function comparisonText({ rowsA, rowsB, equalRows, differences, shape }: NonNullable<CompareEnd['comparison']>): string {
  if (shape !== undefined) return t('The answers have another number of columns: {0}', shape);
  if (differences === 0) return t('Equal: {0}', formatRows(equalRows));
  const counts = rowsA === rowsB ? formatRows(rowsA) : t('{0} against {1}', formatRows(rowsA), formatRows(rowsB));
  return t('{0} equal of {1}; {2} differences', formatRows(equalRows), counts, differences);
}

function endState(end: RunEnd): Partial<TabState> & { status: Outcome } {
  const { result } = end;
  return {
    status: end.outcome,
    durationMs: end.durationMs,
    ...(end.changedRows === undefined ? {} : { changedRows: end.changedRows }),
    ...(end.stopMs === undefined ? {} : { stopMs: end.stopMs }),
    ...(result ? { columns: result.columns, rowCount: result.rowCount, viewRowCount: result.viewRowCount, view: result.view } : {}),
  };
}

function endText(engine: string, end: Partial<TabState> & { durationMs: number; rowCount: number }, error?: FaultlineError): string {
  const took = formatDuration(end.durationMs);
  const rows = formatRows(end.rowCount);
  switch (end.status) {
    case 'done':
      if (end.comparison !== undefined) return t('Compared in {0}', took);
      if (end.changedRows !== undefined) return t('Done in {0}: {1} changed', took, formatRows(end.changedRows));
      return end.opens === 'plan' || end.plan ? t('Explained in {0}', took) : t('Done in {0}: {1}', took, rows);
    case 'limited':
      if (error) return t('Stopped after {0}: {1} {2} had arrived and are kept', took, error.message, rows);
      return t('Stopped at the limit of {0} after {1}; they are kept', rows, took);
    case 'cancelled':
      return end.stopMs === undefined
        ? t('Stopped after {0}: {1} had arrived', took, rows)
        : t('Stopped after {0}: {1} had arrived; {2} took {3} to stop', took, rows, engine, formatDuration(end.stopMs));
    default:
      return t('Failed after {0}: {1}', took, error?.message ?? '');
  }
}

function planDuration(plan: Plan, measuredMs: number): number {
  return plan.totalMs ?? measuredMs;
}

export function tabError(error: FaultlineError, statement: StatementToRun): NonNullable<TabState['error']> {
  return { reason: error.reason, facts: error.facts, firstLine: statement.source?.firstLine ?? 0 };
}
