/**
 * What a run that breaks something says about its recovery, projected as its events come: the panel, the reports, the terminal, the
 * verdict and the abort rules ask the same figures. Browser-safe; no clock, no I/O.
 *
 * Events are kept; every figure is made anew from all of them when it is asked for, so that it depends neither on who looked when, nor
 * on the order in which sources were heard. The definitions are those of `measurement.md`: bad, impact, recovered, never, baseline and
 * unavailability in `client`, the lanes in `lanes`, what a verdict needs in `judge`.
 */
import { t } from '../../base/messages.ts';
import type { JournalEvent, JournalHeader } from '../../journal/events.ts';
import type { FaultPlan } from '../../journal/fault-plan.ts';
import type { Facts } from '../metric.ts';
import { expectationsOf, judge } from '../verdict.ts';
import type { RunStatus } from '../view.ts';
import { limitsOfBaseline } from './client/baseline.ts';
import { drawn, errorsOf, overviewOf, responsesOf, spanOf } from './client/latency.ts';
import { countsOf, countsSince, sumOf } from './client/vantage.ts';
import { Collected } from './collected.ts';
import { faultView, titleOf } from './faults.ts';
import { findingsOf, measureFactsOf, observeUntil, type Findings } from './findings.ts';
import { measureRecovery } from './judge/measure.ts';
import { noLimit } from './judge/metric-text.ts';
import { predictionView } from './judge/predictions.ts';
import { cutShort, doubtOf, proofsOf } from './judge/proofs.ts';
import { recoveryVerdict, type LoadFindings } from './judge/verdict.ts';
import { autoscalersOf, leadersOf, nodesOf } from './lanes/redundancy.ts';
import { milestonesOf } from './milestones.ts';
import { vantageViews } from './vantages.ts';
import type { Figure, LatencySpan, OverviewColumn, ProbeCounts, RecoveryView, VantageSamples } from './view.ts';

/** What the run's own load found, where it has one beside its probes: `RunProjection` gives it. */
export interface LoadSide {
  readonly facts: Facts;
  readonly findings: LoadFindings;
}

export interface ViewOptions {
  readonly load?: LoadSide;
  /** ms of the run, for what is left of a fault while it runs; absent: the newest event. */
  readonly nowMs?: number;
}

export class RecoveryProjection {
  readonly header: JournalHeader;
  readonly plan: FaultPlan;
  readonly #collected: Collected;
  #made: { readonly version: number; readonly running: boolean; readonly findings: Findings } | null = null;

  constructor(header: JournalHeader, plan: FaultPlan) {
    this.header = header;
    this.plan = plan;
    this.#collected = new Collected(header.plan, plan);
  }

  add(event: JournalEvent): void {
    this.#collected.add(event);
  }

  /** `running` and `interrupted` tell apart by the lease, which is not in the journal. A plan with a load is asked through `RunProjection`. */
  view(state: 'running' | 'ended' | 'interrupted', { load, nowMs }: ViewOptions = {}): RecoveryView {
    const { header, plan } = this;
    const collected = this.#collected;
    const status: RunStatus = state === 'running' ? 'running' : (collected.end?.how ?? 'interrupted');
    const found = this.#findings(state === 'running');
    const { vantages, zero, observed, client, figures, faults, baseline, lanes, time } = found;
    const nowAt = nowMs ?? Math.max(collected.newest, observed.toAt);
    const measured = measureFactsOf(collected, found);
    const expectations = judge(header.plan, { ...(load?.facts ?? nothing), recovery: (metric) => measureRecovery(metric, measured) });
    const faultViews = faults.map((fault, i) =>
      faultView(fault, found.ofFault[i] ?? { recovered: unknown, failover: unknown, rejoin: unknown }, state === 'running' ? nowAt : null),
    );
    const vantagesShown = vantageViews(collected, found);
    const proofFacts = {
      ...{ plan, running: state === 'running', zeroAt: zero?.at ?? null, observedTo: observed.toAt, faults, vantages: vantagesShown },
      ...{ gaps: found.gaps, expectations: expectationsOf(header.plan), lanes, baseline, badBefore: found.badBefore },
      ...{ recovered: figures?.recovered ?? unknown, path: collected.path },
    };
    const proofs = proofsOf(proofFacts);
    const counts = sumOf(vantages.map((vantage) => countsOf(vantage)));
    const { verdict, reason } = recoveryVerdict({
      ...{ status, end: collected.end, durationMs: collected.end?.t ?? collected.newest, lastEventAt: header.startedAt + collected.newest },
      ...{
        announced: null,
        counts,
        expectations,
        doubt: doubtOf(proofs),
        cutShort: cutShort(proofs),
        load: load?.findings ?? null,
        figures,
        slowMs: found.slowMs,
      },
      ...{ relapses: client?.relapses ?? 0, messages: measured.messages, faults: faultViews, title: titleOf(plan) },
      ...{ zeroAt: zero?.at ?? null, nowAt, phaseText: collected.phase?.text ?? null },
    });
    return {
      ...{ run: header.run, name: header.plan.name, startedAt: header.startedAt, status, title: titleOf(plan) },
      ...{ verdict, reason, proofs, expectations, zeroAt: zero?.at ?? null, applied: found.applied, observed, rule: plan.recovery },
      ...{ slowMs: found.slowMs, deadlineMs: found.deadlineMs, impact: client?.impact ?? null },
      figures: figures ?? noFigures,
      ...{ relapses: client?.relapses ?? 0, counts, vantages: vantagesShown, bad: client?.bad ?? [], baseline },
      latency: spansOf(found),
      errors: zero === null ? [] : errorsOf(vantages, zero.goAt),
      lanes: { client: client?.lane ?? noLane, ...lanes },
      predictions: collected.predictions.map((event) => {
        const fault = faults[event.fault];
        const measured = found.ofFault[event.fault];
        return predictionView(event, (fault?.lasts === true ? measured?.failover : measured?.recovered) ?? unknown);
      }),
      ...{ pods: found.pods, redundancy: found.redundancy, leaders: leadersOf(collected.leaders, time) },
      ...{ nodes: nodesOf(collected.nodes, time), autoscalers: autoscalersOf(collected.autoscalers, time), gaps: found.gaps },
      ...{ messages: measured.messages, faults: faultViews },
      milestones: milestonesOf(found, faultViews, header.plan.expectations),
      notes: [...collected.notes, ...found.pods.flatMap(({ name, notes }) => notes.map((note) => `${name}: ${note}`))],
    };
  }

  /** By vantage, for the marks. While it runs the newest may be missing. */
  samples(state: 'running' | 'ended' | 'interrupted'): readonly VantageSamples[] {
    return this.#findings(state === 'running').vantages.map(drawn);
  }

  overview(state: 'running' | 'ended' | 'interrupted', columns: number): readonly OverviewColumn[] {
    const { vantages, observed } = this.#findings(state === 'running');
    return overviewOf(vantages, observed.fromAt, observed.toAt, columns);
  }

  /** For the runner at the end of the baseline: its `limits` event. null: no answer yet. */
  limits(): { readonly slow: number; readonly deadline: number } | null {
    const { vantages, zero } = this.#findings(true);
    return limitsOfBaseline(vantages.map((vantage) => responsesOf([vantage], -Infinity, zero?.goAt ?? Infinity)));
  }

  /** For the runner: what came of the probes that were planned from there on, ms of the run. */
  countsSince(fromMs: number): ProbeCounts {
    return sumOf(this.#findings(true).vantages.map((vantage) => countsSince(vantage, fromMs)));
  }

  /** For the runner: the end of the observation as it stands, ms of the run. null: something is to come yet, or to be healed. */
  observeUntil(): number | null {
    const limits = this.header.plan.expectations.flatMap(({ metric, limit }) =>
      metric.kind === 'recovery' && metric.of === 'recovered' && limit < noLimit ? [limit] : [],
    );
    return observeUntil(this.#findings(true), this.plan, Math.max(0, ...limits));
  }

  #findings(running: boolean): Findings {
    const { version } = this.#collected;
    if (this.#made?.version !== version || this.#made.running !== running) {
      this.#made = { version, running, findings: findingsOf(this.#collected, running) };
    }
    return this.#made.findings;
  }
}

const nothing: Facts = { ok: 0, failed: 0, wrong: 0, dropped: 0, durationMs: null, latency: () => ({ count: 0, ms: null }) };
const unknown = { kind: 'unknown', why: '' } as const;
const noFigures: RecoveryView['figures'] = {
  ...{ detected: unknown, firstGood: unknown, recovered: unknown, baseline: unknown },
  ...{ failover: unknown, rejoin: unknown, pod: unknown, redundancy: unknown, unavailable: unknown },
};
const noLane: RecoveryView['lanes']['client'] = {
  ...{ name: 'client', of: '', parts: [], totalMs: 0, end: 'none', tail: null, tailText: '', total: '', sum: '', endText: '' },
};

/** During: from *go* until users were served again and the last fault was healed; all that was observed where that never was. */
function spansOf({ vantages, zero, observed, baseline, figures, faults, running }: Findings): readonly LatencySpan[] {
  const { toAt } = observed;
  if (zero === null) return [spanOf('before', vantages, { fromAt: baseline.fromAt, toAt, goAt: Infinity })];
  const { goAt } = zero;
  const again = servedAgainAt(figures?.recovered, zero) ?? toAt;
  const healed = Math.max(goAt, ...faults.map(({ lasts, healedAt, goAt: begun }) => (lasts && begun !== null ? (healedAt ?? toAt) : 0)));
  const end = Math.max(again, healed);
  const name = again >= toAt && !running ? 'since' : 'during';
  return [
    spanOf('before', vantages, { fromAt: baseline.fromAt, toAt: goAt, goAt }),
    ...(end > goAt ? [spanOf(name, vantages, { fromAt: goAt, toAt: end, goAt })] : []),
    ...(end < toAt ? [spanOf('after', vantages, { fromAt: end, toAt, goAt })] : []),
  ];
}

/** The latest that it may have been. null: it was not seen. */
function servedAgainAt(recovered: Figure | undefined, zero: NonNullable<Findings['zero']>): number | null {
  switch (recovered?.kind) {
    case 'value':
      return zero.at + recovered.ms;
    case 'between':
      return zero.at + recovered.toMs;
    case 'none':
      return zero.goAt;
    default:
      return null;
  }
}

/** Of a run that breaks nothing: null. */
export function recoveryOf(header: JournalHeader): RecoveryProjection | null {
  return header.plan.fault === undefined ? null : new RecoveryProjection(header, header.plan.fault);
}

/** "kill kafka-1, leader of messages/17", for lists. */
export function faultTitle({ plan: { fault } }: JournalHeader): string {
  return fault === undefined ? t('nothing') : titleOf(fault);
}
