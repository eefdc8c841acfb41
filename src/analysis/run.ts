/**
 * What a run's journal says, projected as its events come: figures, validity and verdict, with the definitions of `measurement.md`
 * (Load). Operations of the warm-up are in no figure. Browser-safe.
 *
 * Events are kept in columns; every figure is made anew by a few scans when it is asked for, so that it does not depend on how often
 * or when somebody looked. A page may ask four times a second: all three questions together take about 100 ms at 700,000 operations.
 */
import { decodeHistogram } from '../base/histogram.ts';
import { t } from '../base/messages.ts';
import { engineNames, targetTitle } from '../base/target.ts';
import { formatCount } from '../base/units.ts';
import type { EndEvent, EngineEvent, HistogramEvent, JournalEvent, JournalHeader, OperationEvent, PhaseEvent } from '../journal/events.ts';
import type { Curve } from '../journal/plan.ts';
import { DriverWatch } from './driver.ts';
import { latencies } from './latency.ts';
import type { Facts } from './metric.ts';
import { overTime } from './over-time.ts';
import { Ranks } from './ranks.ts';
import { everything, isEverything, outcomeCode, Rows, type Bounds, type Grouped, type OutcomeCode, type Row } from './rows.ts';
import { StatementNotes } from './statements.ts';
import { ErrorKinds, Tally, tallied, type Dropped } from './tally.ts';
import { tpchPower } from './tpch-power.ts';
import { judge, verdictOf } from './verdict.ts';
import type { ArmView, LatencyView, OverTime, RunStatus, RunView, Selection, StatementView } from './view.ts';

/** Of the small chart of a statement. */
const spans = 24;

export class RunProjection {
  readonly header: JournalHeader;
  readonly #rows = new Rows();
  readonly #dropped: Dropped[] = [];
  readonly #kinds = new ErrorKinds();
  readonly #statements: readonly StatementNotes[];
  /** By statement, kept as operations come. */
  readonly #tallies: readonly Tally[];
  readonly #driver: DriverWatch;
  readonly #engines = new Map<number, EngineEvent>();
  readonly #notes: string[] = [];
  readonly #ranks = new Ranks();
  #phase: PhaseEvent | null = null;
  #end: EndEvent | null = null;
  #measuringFrom: number | null = null;
  #announced: number | null = null;
  /** When the last measured operation was done, or all had been planned. */
  #doneTo = 0;
  /** End of the last interval that an event stands for. It counts while it is not known when all had been planned. */
  #intervalsTo = 0;
  #draining = false;
  #newest = 0;
  #warmUpFailed = 0;
  #warmUpWrong = 0;
  #warmUpCount = 0;
  /** Events that name no statement of the plan, or hold no histogram. */
  #strange = 0;

  constructor(header: JournalHeader) {
    this.header = header;
    this.#statements = header.plan.statements.map(() => new StatementNotes(header.plan.arms.length));
    this.#tallies = header.plan.statements.map(() => new Tally());
    this.#driver = new DriverWatch(header.startedAt);
  }

  add(event: JournalEvent): void {
    // A probe has a clock of its own.
    if (event.src === 'runner') this.#newest = Math.max(this.#newest, event.t);
    switch (event.kind) {
      case 'op':
        this.#operation(event);
        break;
      case 'histogram':
        this.#readable(() => this.#histogram(event));
        break;
      case 'dropped':
        if (this.#statements[event.q] === undefined) this.#strange++;
        else if (event.warmUp !== true) {
          // The middle is the least wrong where only the interval is known.
          this.#tallies[event.q]?.drop(event.count);
          this.#dropped.push({ planned: event.t + event.ms / 2, statement: event.q, arm: event.arm ?? 0, count: event.count });
          this.#intervalsTo = Math.max(this.#intervalsTo, event.t + event.ms);
        }
        break;
      case 'driver':
        this.#readable(() => this.#driver.add(event));
        break;
      case 'gap':
        this.#driver.addGap(event);
        this.#newest = Math.max(this.#newest, event.t + event.ms);
        break;
      case 'phase':
        this.#enter(event);
        break;
      case 'engine':
        this.#engines.set(event.arm, event);
        break;
      case 'answer':
        this.#statements[event.q]?.differs(event);
        break;
      case 'note':
        this.#notes.push(event.text);
        break;
      case 'end':
        this.#end = event;
        break;
      default:
        // What was broken, and what came of it, is projected in `recovery`.
        break;
    }
  }

  view(state: 'running' | 'ended' | 'interrupted', skippedLines = 0): RunView {
    const { header } = this;
    const { plan } = header;
    const status: RunStatus = state === 'running' ? 'running' : (this.#end?.how ?? 'interrupted');
    const measured = this.#span(state);
    const grouped = this.#grouped(measured);
    const response = this.#ranks.read(grouped.sample(0, plan.statements.length * spans)).percentiles();
    const counts = this.#total().counts(this.#kinds, state === 'running' ? this.#driver.underway : 0);
    const statements = this.#tallies.map((tally, index) => this.#statement(index, tally, grouped));
    const length = measured === null ? 0 : measured.toMs - measured.fromMs;
    const driver = this.#driver.view(response.p50);
    const facts: Facts = {
      ok: counts.ok,
      failed: counts.failed,
      wrong: counts.wrong,
      dropped: counts.dropped,
      durationMs: length > 0 ? length : null,
      latency: (curve, percentile, statement) => this.#percentile(curve, percentile, statement),
    };
    const expectations = judge(plan, facts);
    const durationMs = this.#end?.t ?? this.#newest;
    const lastEventAt = header.startedAt + this.#newest;
    const { verdict, reason } = verdictOf({
      ...{ status, phase: this.#phase, announced: this.#announced, end: this.#end, durationMs, lastEventAt, plan },
      ...{ counts, statements, response, driver, expectations, takenProcessors: this.#takenProcessors() },
    });
    return {
      run: header.run,
      name: plan.name,
      plan,
      environment: header.environment,
      startedAt: header.startedAt,
      status,
      phase: this.#phase,
      verdict,
      reason,
      expectations,
      arms: plan.arms.map((_, arm) => this.#arm(arm)),
      measured,
      durationMs,
      counts,
      throughputPerSecond: length > 0 ? (counts.ok / length) * 1000 : null,
      response,
      driver,
      statements,
      tpchPower: tpchPower(plan, this.#rows, this.#ranks),
      notes: [...this.#notes, ...this.#driver.notes, ...this.#warmUpNotes()],
      skippedLines: skippedLines + this.#strange,
    };
  }

  latency(selection: Selection): LatencyView {
    const bounds = this.#bounds(selection);
    const tally = isEverything(bounds) ? this.#total() : tallied(this.#rows, this.#dropped, bounds);
    return { selection, counts: tally.counts(this.#kinds), ...latencies(this.#rows, bounds, this.#ranks) };
  }

  /** Columns from the begin of the measured part (or of the selection) to its newest operation's end. */
  overTime(selection: Selection): OverTime {
    const from = selection.fromMs ?? this.#measuringFrom ?? 0;
    const to = Math.max(from, selection.toMs ?? Math.max(this.#measuredTo, this.#end === null ? this.#newest : 0));
    return overTime(this.#rows, this.#dropped, this.#bounds(selection), { from, to }, this.#ranks);
  }

  /** Response times in ms of measured, answered operations, in the order of the journal. */
  responses(statement: number, arm?: number): Float64Array {
    return this.#durations(statement, arm);
  }

  /** As `responses`, without wrong answers: how fast they come is worth nothing. */
  rightResponses(statement: number, arm?: number): Float64Array {
    return this.#durations(statement, arm, outcomeCode.ok);
  }

  #durations(statement: number, arm = -1, outcome?: OutcomeCode): Float64Array {
    const { values, weights, to } = this.#rows.sample('response', { ...everything, statement, arm }, outcome);
    if (weights === null) return values.slice(0, to);
    const all = new Float64Array(weights.reduce((sum, weight) => sum + weight, 0));
    let at = 0;
    for (let i = 0; i < to; i++) {
      const next = at + (weights[i] ?? 0);
      all.fill(values[i] ?? 0, at, next);
      at = next;
    }
    return all;
  }

  #operation(event: OperationEvent): void {
    const { q, answer, error } = event;
    const notes = this.#statements[q];
    const done = event.t + event.wait + event.service;
    this.#newest = Math.max(this.#newest, done);
    const wrong = answer === 'wrong';
    if (event.warmUp === true) {
      this.#warmUpCount++;
      if (wrong || error !== undefined) this.#warmUpFailed++;
      if (wrong) this.#warmUpWrong++;
      return;
    }
    if (notes === undefined) {
      this.#strange++;
      return;
    }
    this.#measured(done);
    const failed = error !== undefined;
    if (!failed) notes.answered(done, event.rows, answer);
    // The difference of two clock readings may be below 0 by its last bit.
    const wait = Math.max(0, event.wait);
    const service = Math.max(0, event.service);
    this.#push({
      planned: event.t,
      statement: q,
      arm: event.arm ?? 0,
      outcome: failed ? outcomeCode.error : wrong ? outcomeCode.wrong : outcomeCode.ok,
      // Both are whole microseconds: their sum is too, but for the last bit.
      response: failed ? Number.NaN : Math.round((wait + service) * 1e6) / 1e6,
      service: failed ? Number.NaN : service,
      wait: failed ? Number.NaN : wait,
      error: failed ? this.#kinds.index(q, error, event.t) : 0,
    });
  }

  #histogram(event: HistogramEvent): void {
    const notes = this.#statements[event.q];
    const end = event.t + event.ms;
    this.#newest = Math.max(this.#newest, end);
    if (event.warmUp === true) {
      this.#warmUpCount += event.count;
      return;
    }
    if (notes === undefined) {
      this.#strange++;
      return;
    }
    const [response, service, wait] = [buckets(event.response), buckets(event.service), buckets(event.wait)];
    // The earliest that its slowest can have been done.
    this.#measured(event.t + (response.at(-1)?.ms ?? 0));
    this.#intervalsTo = Math.max(this.#intervalsTo, end);
    for (const answer of ['ok', 'repeatable', 'unchecked'] as const) {
      const count = event.answers[answer] ?? 0;
      if (count > 0) notes.answered(end, event.rows, answer, count);
    }
    const row = { planned: event.t + event.ms / 2, statement: event.q, arm: event.arm ?? 0, outcome: outcomeCode.ok, error: 0 };
    for (let i = 0; i < Math.max(response.length, service.length, wait.length); i++) {
      const [a = none, b = none, c = none] = [response[i], service[i], wait[i]];
      const weights = { response: a.count, service: b.count, wait: c.count };
      this.#push({ ...row, response: a.ms, service: b.ms, wait: c.ms, weights });
    }
  }

  #enter(event: PhaseEvent): void {
    this.#phase = event;
    if (event.phase === 'measuring') {
      this.#measuringFrom = event.t;
      // Clients that stop at a time may plan fewer.
      const most = this.header.plan.load.kind === 'closed' && event.durationMs !== undefined;
      this.#announced = most ? null : (event.planned ?? null);
      this.#driver.measuring(event.t);
    }
    if (event.phase === 'draining') {
      this.#draining = true;
      this.#announced = event.planned ?? this.#announced;
      this.#measured(event.t);
    }
  }

  #measured(toMs: number): void {
    this.#doneTo = Math.max(this.#doneTo, toMs);
    this.#newest = Math.max(this.#newest, toMs);
  }

  get #measuredTo(): number {
    return this.#draining ? this.#doneTo : Math.max(this.#doneTo, this.#intervalsTo);
  }

  /** An event that cannot be read is left out and counted, as a line is that cannot be parsed. */
  #readable(read: () => void): void {
    try {
      read();
    } catch {
      this.#strange++;
    }
  }

  #span(state: 'running' | 'ended' | 'interrupted'): RunView['measured'] {
    const fromMs = this.#measuringFrom;
    if (fromMs === null) return null;
    return { fromMs, toMs: Math.max(fromMs, state === 'running' ? this.#newest : this.#measuredTo) };
  }

  /** A span that reaches to the begin or the end of the measured part has everything on that side: intervals may stand out. */
  #bounds({ statement, arm, fromMs, toMs }: Selection): Bounds {
    return {
      statement: statement ?? -1,
      arm: arm ?? -1,
      from: fromMs === undefined || fromMs <= (this.#measuringFrom ?? 0) ? -Infinity : fromMs,
      to: toMs === undefined || toMs >= this.#measuredTo ? Infinity : toMs,
    };
  }

  /** By statement, and in it by span. */
  #grouped(measured: RunView['measured']): Grouped {
    const rows = this.#rows;
    const from = measured?.fromMs ?? 0;
    const perMs = measured === null || measured.toMs === from ? 0 : spans / (measured.toMs - from);
    return rows.grouped(this.#statements.length * spans, (row) => {
      const span = Math.floor(((rows.planned[row] ?? 0) - from) * perMs);
      return (rows.statement[row] ?? 0) * spans + Math.min(spans - 1, Math.max(0, span));
    });
  }

  #total(): Tally {
    const total = new Tally();
    for (const tally of this.#tallies) total.merge(tally);
    return total;
  }

  #push(row: Row): void {
    this.#rows.push(row);
    this.#tallies[row.statement]?.add(this.#rows, this.#rows.length - 1);
  }

  #statement(index: number, tally: Tally, grouped: Grouped): StatementView {
    const { rows, answer, difference } = this.#statements[index] ?? new StatementNotes(1);
    const first = index * spans;
    return {
      index,
      name: this.header.plan.statements[index]?.name ?? '',
      counts: tally.counts(this.#kinds),
      rows,
      answer,
      response: this.#ranks.read(grouped.sample(first, first + spans)).percentiles(),
      p90OverTime: Array.from({ length: spans }, (_, span) =>
        this.#ranks.read(grouped.sample(first + span, first + span + 1)).quantile(0.9),
      ),
      ...(difference === undefined ? {} : { difference }),
    };
  }

  #percentile(curve: Curve, percentile: number, name: string | undefined): ReturnType<Facts['latency']> {
    const statement = name === undefined ? -1 : this.header.plan.statements.findIndex((each) => each.name === name);
    if (name !== undefined && statement < 0) return undefined;
    const ranks = this.#ranks.read(this.#rows.sample(curve, { ...everything, statement }));
    return { count: ranks.count, ms: ranks.quantile(percentile) };
  }

  /** The embedded engine is in the driver's own process; a server has no threads here. */
  #takenProcessors(): number | null {
    const { processors } = this.header.environment;
    const threads = Math.max(0, ...[...this.#engines.values()].map((engine) => engine.threads));
    return processors > 1 && threads >= processors ? processors : null;
  }

  #arm(index: number): ArmView {
    const arm = this.header.plan.arms[index];
    const engine = this.#engines.get(index);
    return {
      label: arm?.label ?? '',
      title: engine?.title ?? engineNames[arm?.engine ?? 'duckdb'],
      version: engine?.version ?? '',
      target: engine?.target ?? (arm === undefined ? '' : targetTitle(arm.target)),
      threads: engine?.threads ?? arm?.threads ?? 0,
      memoryLimitBytes: engine?.memoryLimitBytes ?? arm?.memoryLimitBytes ?? 0,
      ...(engine?.path === undefined ? {} : { path: engine.path }),
    };
  }

  #warmUpNotes(): readonly string[] {
    if (this.#warmUpFailed === 0) return [];
    const text = t('{0} of {1} operations of the warm-up failed', formatCount(this.#warmUpFailed), formatCount(this.#warmUpCount));
    return [this.#warmUpWrong === 0 ? text : t('{0}, {1} of them with a wrong answer', text, formatCount(this.#warmUpWrong))];
  }
}

interface Bucket {
  readonly ms: number;
  readonly count: number;
}

const none: Bucket = { ms: Number.NaN, count: 0 };

function buckets(encoded: string): readonly Bucket[] {
  const all: Bucket[] = [];
  decodeHistogram(encoded).forEachBucket((us, count) => all.push({ ms: us / 1000, count }));
  return all;
}
