/** As check.ts, for what a run tells that breaks something. `t` is known to be finite. Browser-safe. */
import { isCount, isCurve, isError, isFlag, isLength, isText, mayBeText } from './check-fields.ts';
import type { FaultRunEvent } from './fault-events.ts';
import type { FaultPlan } from './fault-plan.ts';

type KeysOf<T> = T extends unknown ? keyof T : never;
type Fields = { readonly [K in KeysOf<FaultRunEvent>]?: unknown };

export function isFaultRunEvent(event: Fields, plan: FaultPlan): boolean {
  if (event.src !== 'runner') return isProbe(event.src, plan) && isOfProbe(event);
  switch (event.kind) {
    case 'clock':
      return isProbe(event.of, plan) && Number.isFinite(event.offset) && isLength(event.error);
    case 'limits':
      return isLength(event.slow) && isLength(event.deadline);
    case 'fault':
      return isFault(event, plan);
    case 'pod':
      return isPod(event);
    case 'node':
      return isText(event.name) && isOne(event.ready, nodeStates) && typeof event.schedulable === 'boolean';
    case 'autoscaler':
      return isText(event.namespace) && isText(event.name) && isCount(event.current) && isCount(event.desired) && mayBeText(event.blocked);
    case 'redundancy':
      return (
        isText(event.of) &&
        isCount(event.have) &&
        isCount(event.want) &&
        (event.least === undefined || isCount(event.least)) &&
        (event.since === undefined || isLength(event.since))
      );
    case 'leader':
      return isText(event.of) && (event.leader === null || isText(event.leader)) && (event.epoch === undefined || isCount(event.epoch));
    case 'watchGap':
      return isOne(event.of, watched) && isLength(event.ms);
    case 'prediction':
      return isIndex(event.fault, plan.faults) && isLength(event.from) && isLength(event.to) && isText(event.formula) && isText(event.by);
    case 'messages':
      return isMessages(event);
    default:
      return false;
  }
}

/** `probe-a` is of the plan's probe `a`: without that nobody knows what it asked. No text is put together: there are a million of them. */
function isProbe(source: unknown, { probes }: FaultPlan): boolean {
  if (typeof source !== 'string' || !source.startsWith(prefix)) return false;
  for (const { id } of probes) if (source.length === prefix.length + id.length && source.endsWith(id)) return true;
  return false;
}

const prefix = 'probe-';

function isOfProbe(event: Fields): boolean {
  switch (event.kind) {
    case 'sample':
      return isSample(event);
    case 'lag':
      return isLength(event.ms);
    case 'vantage':
      return (
        isText(event.title) &&
        (event.connection === 'pooled' || event.connection === 'fresh') &&
        isText(event.asks) &&
        isLength(event.perSecond) &&
        isText(event.node) &&
        isText(event.pod)
      );
    default:
      return false;
  }
}

function isSample({ wait, service, outcome, error, control }: Fields): boolean {
  if (!isLength(wait) || !isLength(service) || !isFlag(control)) return false;
  if (outcome !== 'ok' && !isOne(outcome, badOutcomes)) return false;
  return error === undefined || isError(error);
}

const badOutcomes = ['failed', 'unknown', 'wrong', 'dropped'];

function isFault({ fault, target, step, why, text, command }: Fields, { faults }: FaultPlan): boolean {
  if (!isIndex(fault, faults) || !isOne(step, steps) || !mayBeText(text) || !mayBeText(command)) return false;
  if (why !== undefined && why !== 'duration' && why !== 'stopped' && why !== 'aborted') return false;
  return target === undefined || isIndex(target, faults[fault as number]?.targets ?? []);
}

const steps = ['ready', 'go', 'applied', 'effect', 'heal', 'healed', 'expired', 'endedEarly', 'refused', 'unconfirmed'];

function isPod({ stage, namespace, name, uid, owner, node, container, at, isReady, isServing }: Fields): boolean {
  if (!isOne(stage, stages) || !isText(namespace) || !isText(name) || !isText(uid)) return false;
  if (!mayBeText(node) || !mayBeText(container) || (at !== undefined && !Number.isFinite(at))) return false;
  if (!mayBeBoolean(isReady) || !mayBeBoolean(isServing)) return false;
  return owner === undefined || isOwner(owner);
}

const stages = ['seen', 'created', 'scheduled', 'started', 'ready', 'notReady', 'serving', 'notServing', 'terminating', 'stopped', 'gone'];
const nodeStates = ['yes', 'no', 'unknown'];
const watched = ['pods', 'nodes', 'autoscalers', 'endpoints', 'trino', 'clickhouse', 'kafka'];

function isOwner(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, name, uid }: { readonly [K in 'kind' | 'name' | 'uid']?: unknown } = value;
  return isText(kind) && isText(name) && isText(uid);
}

const counted = [
  'acknowledged',
  'failed',
  'unknown',
  'unknownPresent',
  'lost',
  'duplicated',
  'redelivered',
  'reordered',
  'rewritten',
] as const;

function isMessages(event: Fields): boolean {
  if (!isText(event.topic) || !mayBeText(event.asConfigured)) return false;
  for (const name of counted) if (!isCount(event[name])) return false;
  for (const name of mayBeCounted) if (event[name] !== undefined && !isCount(event[name])) return false;
  for (const name of ['written', 'endToEnd'] as const) if (event[name] !== undefined && !isCurve(event[name])) return false;
  if (event.settings !== undefined && !isSettings(event.settings)) return false;
  if ((event.path !== undefined && event.path !== 'inCluster') || !mayBeText(event.node) || !mayBeText(event.pod)) return false;
  const { notJudged, anomalies } = event;
  return Array.isArray(notJudged) && notJudged.every(isNotJudged) && Array.isArray(anomalies) && anomalies.every(isAnomaly);
}

const mayBeCounted = ['acknowledgedJudged', 'failedPresent', 'foreign'] as const;

function isSettings(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const found: { readonly [K in 'replicationFactor' | 'minInSync' | 'uncleanElection']?: unknown } = value;
  return isCount(found.replicationFactor) && isCount(found.minInSync) && typeof found.uncleanElection === 'boolean';
}

function isNotJudged(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { partition, why }: { readonly partition?: unknown; readonly why?: unknown } = value;
  return isCount(partition) && isText(why);
}

function isAnomaly(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const found: { readonly [K in 'kind' | 'partition' | 'sequence' | 'offset' | 'text']?: unknown } = value;
  if (!isOne(found.kind, anomalyKinds) || !isCount(found.partition) || !isCount(found.sequence)) return false;
  return (found.offset === undefined || isCount(found.offset)) && isText(found.text);
}

const anomalyKinds = ['lost', 'duplicate', 'reordered', 'rewritten'];

function isIndex(value: unknown, of: readonly unknown[]): boolean {
  return isCount(value) && (value as number) < of.length;
}

function isOne(value: unknown, words: readonly string[]): boolean {
  return typeof value === 'string' && words.includes(value);
}

function mayBeBoolean(value: unknown): boolean {
  return value === undefined || typeof value === 'boolean';
}
