/** What a spec breaks, as a draft: looked up in a cluster when it is previewed. What contradicts itself is said here. */
import { resolve } from 'node:path';
import { t } from '../../base/messages.ts';
import { factsOf } from '../../fault/catalogue.ts';
import type {
  DraftCluster,
  DraftFault,
  DraftMessages,
  DraftProbe,
  FaultDraft,
  TargetAmount,
  TargetBy,
  TargetObject,
  TargetSelector,
} from '../../fault/draft.ts';
import type { FaultCondition, FaultSettings, PlannedAccess, RecoveryRule, SecretKey } from '../../journal/fault-plan.ts';
import type { SpecPath } from './document.ts';
import type { PlanFacts, Report } from './facts.ts';
import type { SpecFault, SpecProbe, SpecTarget } from './fault-schema.ts';
import { faultDefaults, probesPerSecondOf } from './limits.ts';
import type { AnySpec } from './schema.ts';

/** undefined: it is a benchmark. */
export function draftOf(spec: AnySpec, { folder, report }: PlanFacts): FaultDraft | undefined {
  if (spec.faults === undefined) {
    const other = (['probes', 'messages', 'baseline', 'observe', 'recovery', 'cluster'] as const).find((key) => spec[key] !== undefined);
    if (other !== undefined)
      report([other], t('“{0}” is of a run that breaks something', other), t('Add faults; {0} is the control.', 'faults: [{kind: none}]'));
    return undefined;
  }
  const { faults, probes = [], messages, baseline = faultDefaults.baselineMs, observe = faultDefaults.observeMs } = spec;
  if (probes.length === 0 && spec.workload === undefined && messages === undefined)
    report(['faults'], t('Nobody feels what is broken'), t('Add probes, or an engine and a workload.'));
  short(spec, report);
  return {
    cluster: clusterOf(spec.cluster, folder, report),
    faults: faults.map((fault, index) => faultOf(fault, index, report)),
    probes: probes.map((probe, index) => probeOf(probe, index, report)),
    ...(messages === undefined ? {} : { messages: messagesOf(messages, report) }),
    baselineMs: baseline,
    observeMs: observe,
    recovery: recoveryOf(spec.recovery),
  };
}

function short({ baseline, observe }: AnySpec, report: Report): void {
  if (baseline !== undefined && baseline < faultDefaults.baselineMs)
    report(['baseline'], t('A baseline below 60 s can’t be told to be steady'), t('Back to baseline is not judged then.'), 'warning');
  if (observe !== undefined && observe < faultDefaults.observeMs)
    report(['observe'], t('Below 60 s a relapse may not be seen'), t('Observe for 60 s at least.'), 'warning');
}

function clusterOf(written: AnySpec['cluster'], folder: string, report: Report): DraftCluster {
  const { context, kubeconfig, namespace } = written ?? {};
  if (kubeconfig !== undefined && context === undefined)
    report(['cluster', 'kubeconfig'], t('A kubeconfig may name several contexts'), t('Write {0} too.', 'context'));
  return {
    ...(context === undefined ? {} : { context }),
    ...(kubeconfig === undefined ? {} : { kubeconfig: resolve(folder, kubeconfig) }),
    ...(namespace === undefined ? {} : { namespace }),
  };
}

function faultOf(written: SpecFault, index: number, report: Report): DraftFault {
  const path = ['faults', index];
  const { kind, target, when, allow = [] } = written;
  const { title, lasts } = factsOf(kind);
  if (target === undefined && kind !== 'none')
    report([...path, 'kind'], t('“{0}” has no target', title), t('Write {0}.', 'target: {pod: kafka-1}'));
  if (written.for !== undefined && !lasts)
    report([...path, 'for'], t('“{0}” is over as soon as it has happened', title), t('Leave it out.'));
  const settings = settingsOf(written, path, report);
  const condition = when === undefined ? undefined : conditionOf(when, index, report);
  return {
    settings,
    ...(target === undefined ? {} : { target: selectorOf(target, [...path, 'target'], report) }),
    ...(written.for === undefined ? {} : { durationMs: written.for }),
    ...(condition === undefined ? {} : { when: condition }),
    allow: [...new Set(allow)],
  };
}

const keysOf: { readonly [K in FaultSettings['kind']]?: readonly (keyof SpecFault)[] } = {
  podDelete: ['grace'],
  networkCut: ['direction', 'peers'],
  packetLoss: ['percent'],
  latency: ['latency', 'jitter', 'port', 'existing'],
  slowClose: ['delay', 'port', 'existing'],
  cpuStress: ['cores'],
  memoryStress: ['memory'],
  scale: ['replicas'],
};
const ofKinds = [...new Set(Object.values(keysOf).flat())];

function settingsOf(written: SpecFault, path: SpecPath, report: Report): FaultSettings {
  const { kind } = written;
  const own = keysOf[kind] ?? [];
  for (const key of ofKinds) {
    if (written[key] === undefined || own.includes(key)) continue;
    const kinds = Object.entries(keysOf).flatMap(([name, keys]) => (keys.includes(key) ? [name] : []));
    report([...path, key], t('“{0}” is of {1}', key, kinds.join(', ')), t('Leave it out, or choose that kind.'));
  }
  const need = (key: keyof SpecFault, example: string): void => {
    if (written[key] === undefined) report([...path, 'kind'], t('{0} has no {1}', kind, key), t('Write {0}.', example));
  };
  const { port, existing, peers } = written;
  switch (kind) {
    case 'podDelete':
      return { kind, ...(written.grace === undefined ? {} : { graceSeconds: Math.max(1, Math.round(written.grace / 1_000)) }) };
    case 'networkCut':
      return { kind, direction: written.direction ?? 'both', ...(peers === undefined ? {} : { peers }) };
    case 'packetLoss':
      need('percent', 'percent: 20 %');
      return { kind, percent: written.percent ?? 0 };
    case 'latency':
      need('latency', 'latency: 100 ms');
      return {
        kind,
        latencyMs: written.latency ?? 0,
        jitterMs: written.jitter ?? 0,
        existing: existing ?? factsOf(kind).defaults.existing,
        ...(port === undefined ? {} : { port }),
      };
    case 'slowClose':
      need('delay', 'delay: 5 s');
      need('port', 'port: 9092');
      if (existing === 'delayed')
        report([...path, 'existing'], t('“delayed” is of latency'), t('Write reset or unaffected: closes are held up by a proxy.'));
      return { kind, delayMs: written.delay ?? 0, port: port ?? 0, existing: existing === 'unaffected' ? existing : 'reset' };
    case 'cpuStress':
      return { kind, cores: written.cores ?? factsOf(kind).defaults.cores };
    case 'memoryStress':
      need('memory', 'memory: 512 MB');
      return { kind, bytes: written.memory ?? 0 };
    case 'scale':
      need('replicas', 'replicas: 1');
      return { kind, replicas: written.replicas ?? 0 };
    default:
      return { kind };
  }
}

const heads = ['pod', 'workload', 'node', 'labels', 'leader', 'controller', 'busy', 'shard', 'engine'] as const;

function selectorOf(written: SpecTarget, path: SpecPath, report: Report): TargetSelector {
  const { count, share, namespace, container } = written;
  // "engine: kafka" beside "leader" says nothing new, and is no second target.
  const given = heads.filter(
    (key) => written[key] !== undefined && (key !== 'engine' || heads.slice(0, -1).every((one) => written[one] === undefined)),
  );
  const [, another] = given;
  if (another !== undefined)
    report([...path, another], t('A target is one of {0}', heads.join(', ')), t('Keep {0}, or keep {1}.', given[0] ?? '', another));
  if (given.length === 0) report(path, t('The target names nothing'), t('Write one of {0}.', heads.join(', ')));
  if (written.role !== undefined && given[0] !== 'engine')
    report([...path, 'role'], t('A role is one of an engine’s'), t('Write {0} too, or leave it out.', 'engine: trino'));
  if (count !== undefined && share !== undefined) report([...path, 'share'], t('A target has a count or a share'), t('Keep one of them.'));
  const amount = amountOf(count, share);
  return {
    by: byOf(written),
    ...(amount === undefined ? {} : { amount }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(container === undefined ? {} : { container }),
  };
}

function byOf(written: SpecTarget): TargetBy {
  const { pod, workload, node, labels, leader, controller, busy, shard, engine, role, instance } = written;
  const named = instance === undefined ? {} : { instance };
  if (pod !== undefined) return { kind: 'object', object: 'Pod', name: pod };
  if (node !== undefined) return { kind: 'object', object: 'Node', name: node };
  if (workload !== undefined) {
    const [kind = '', name = ''] = workload.split('/');
    return { kind: 'object', object: workloadKinds[kind.toLowerCase()] ?? 'Deployment', name };
  }
  if (labels !== undefined) return { kind: 'labels', labels };
  if (leader !== undefined) return { kind: 'leader', ...partitionOf(leader), ...named };
  if (controller !== undefined) return { kind: 'controller', ...named };
  if (busy !== undefined) return { kind: 'busyWorker', ...named };
  if (shard !== undefined) return { kind: 'replica', shard, ...named };
  return { kind: 'role', engine: engine ?? 'trino', ...named, ...(role === undefined ? {} : { role }) };
}

const workloadKinds: Readonly<Record<string, TargetObject>> = {
  deployment: 'Deployment',
  statefulset: 'StatefulSet',
  daemonset: 'DaemonSet',
};

function amountOf(count: number | undefined, share: number | undefined): TargetAmount | undefined {
  if (count !== undefined) return { kind: 'count', count };
  return share === undefined ? undefined : { kind: 'share', share };
}

/** "messages/17": the number is after the last slash. */
function partitionOf(written: string): { readonly topic: string; readonly partition: number } {
  const at = written.lastIndexOf('/');
  return { topic: written.slice(0, at), partition: Number(written.slice(at + 1)) };
}

function conditionOf(written: NonNullable<SpecFault['when']>, index: number, report: Report): FaultCondition | undefined {
  const path = ['faults', index, 'when'];
  const { isr, of, within, afterHeal } = written;
  if (isr !== undefined && afterHeal !== undefined) {
    report([...path, 'afterHeal'], t('A fault waits for one condition'), t('Keep {0}, or keep {1}.', 'isr', 'afterHeal'));
  } else if (isr !== undefined) {
    if (of === undefined) report([...path, 'isr'], t('Of which partition is not said'), t('Write {0}.', 'of: messages/17'));
    else return { kind: 'isr', ...partitionOf(of), size: isr, withinMs: within ?? faultDefaults.conditionWithinMs };
  } else if (afterHeal !== undefined) {
    if (index === 0) report([...path, 'afterHeal'], t('The first fault has none before it'), t('Leave it out.'));
    if (of !== undefined || within !== undefined)
      report(
        [...path, of === undefined ? 'within' : 'of'],
        t('“{0}” is of the condition isr', of === undefined ? 'within' : 'of'),
        t('Leave it out.'),
      );
    return { kind: 'afterHeal', pauseMs: afterHeal };
  } else report(path, t('The condition says nothing'), t('Write {0} or {1}.', '{isr: 2, of: messages/17}', '{afterHeal: 30 s}'));
  return undefined;
}

function probeOf(written: SpecProbe, index: number, report: Report): DraftProbe {
  const { engine, address, instance, namespace, connection, asks, rate } = written;
  return {
    ...accessOf(written, ['probes', index], report),
    engine,
    ...(address === undefined ? {} : { address }),
    ...(instance === undefined ? {} : { instance }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(connection === undefined ? {} : { connection }),
    ...(asks === undefined ? {} : { asks }),
    perSecond: rate ?? probesPerSecondOf(engine),
  };
}

type SpecAccess = Pick<SpecProbe, 'user' | 'secret' | 'mechanism' | 'tls' | 'ca'>;

function accessOf({ user, secret, mechanism, tls, ca }: SpecAccess, path: SpecPath, report: Report): PlannedAccess {
  const other = secret === undefined ? (mechanism === undefined ? undefined : 'mechanism') : 'secret';
  if (user === undefined && other !== undefined) report([...path, other], t('“{0}” is of a login', other), t('Write {0} too.', 'user'));
  return {
    ...(user === undefined
      ? {}
      : {
          login: {
            user,
            ...(secret === undefined ? {} : { password: secretKey(secret) }),
            ...(mechanism === undefined ? {} : { mechanism }),
          },
        }),
    ...(tls === undefined && ca === undefined ? {} : { tls: ca === undefined ? {} : { ca: secretKey(ca) } }),
  };
}

/** "kafka-users/app" */
function secretKey(written: string): SecretKey {
  const [secret = '', key = ''] = written.split('/');
  return { secret, key };
}

function messagesOf(written: NonNullable<AnySpec['messages']>, report: Report): DraftMessages {
  const { replication = faultDefaults.replicationFactor, minInSync = Math.min(faultDefaults.minInSync, replication) } = written;
  if (minInSync > replication)
    report(
      ['messages', 'minInSync'],
      t('{0} replicas can’t be in sync where there are {1}', minInSync, replication),
      t('Every write would be refused.'),
    );
  return {
    ...(written.address === undefined ? {} : { address: written.address }),
    ...accessOf(written, ['messages'], report),
    topic: written.topic ?? faultDefaults.topic,
    partitions: written.partitions ?? faultDefaults.partitions,
    replicationFactor: replication,
    minInSync,
    uncleanElection: written.uncleanElection ?? false,
    perSecond: written.rate ?? faultDefaults.messagesPerSecond,
  };
}

function recoveryOf(written: AnySpec['recovery']): RecoveryRule {
  const { ratio, windowMs, windowSamples } = faultDefaults.recovery;
  return {
    ratio: written?.ratio ?? ratio,
    windowMs: written?.window ?? windowMs,
    windowSamples: written?.samples ?? windowSamples,
    ...(written?.slow === undefined ? {} : { slowMs: written.slow }),
  };
}
