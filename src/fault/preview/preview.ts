/**
 * What a fault would do, before anything is done: its very targets, how many of how many, what depends on them, which rights it takes,
 * when it ends, how it heals, and why it is refused. Pure: the same scene gives the same preview, and the same hash.
 */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { formatDuration } from '../../base/units.ts';
import { wishText } from '../../cluster/act/permissions.ts';
import type { FaultPlan, FaultTarget, PlannedFault } from '../../journal/fault-plan.ts';
import { endsWithPod, factsOf, longestFaultMs, settingsText } from '../catalogue.ts';
import type { DraftFault } from '../draft.ts';
import { peersOf } from '../target/peers.ts';
import { blastRefusals, touchedBudgets, type AwayThen, type TouchedBudget } from '../guard/blast.ts';
import { dependentsOf } from '../guard/dependents.ts';
import { groupsOf, hitOf, replacedAtOnce, workloadsOf, type HitGroup } from '../guard/hit.ts';
import { lossesOf, type Loss } from '../guard/loss.ts';
import { placeRefusals } from '../guard/places.ts';
import { refusal, refusalOf, type Refusal } from '../guard/refusal.ts';
import { concernedBy, otherFaults, unreadRefusals, unwellRefusals } from '../guard/unwell.ts';
import { needsOf, type Need } from '../needs.ts';
import { placedOf, podOf, podsOfWorkload, type FaultScene, type ScenePod, type SceneWorkload } from '../scene.ts';
import { partitionOf } from '../target/engine.ts';
import { selectTargets, type Selection } from '../target/select.ts';
import { hashOf } from './hash.ts';

export interface PreviewRequest {
  readonly fault: DraftFault;
  /** UID of kube-system and SHA-256 of the CA: the cluster that is meant. */
  readonly identity: string;
  /** Of the run's own messages: made when it begins. */
  readonly ownTopic?: string;
  /** The run that is under way: its own earlier faults are no stranger's. */
  readonly run?: string;
  /** It is not the first step of its run: what the one before broke is what it waits for, and no reason to refuse. */
  readonly isLaterStep?: boolean;
  /** As a person typed them: see `Preview.consent`. */
  readonly typed?: string;
  /** Confirmed before: which of its targets is told only when it begins. */
  readonly isChosenLater?: boolean;
  /** Confirmed before: these very objects, and no others that would fit the selector as well. */
  readonly held?: readonly FaultTarget[];
  /** What the API answered (`preflight`); absent: nobody asked yet. */
  readonly preflight?: PreflightAnswers;
}

export interface PreflightAnswers {
  readonly permissions: readonly CheckedNeed[];
  /** Of the dry runs, of the mechanism on that kernel, of the cluster's identity. */
  readonly refusals: readonly Refusal[];
}

export interface CheckedNeed extends Need {
  readonly answer: 'yes' | 'no' | 'unknown';
}

export interface CheckedPermission extends CheckedNeed {
  /** "patch pods/ephemeralcontainers in analytics" */
  readonly text: string;
}

export interface Preview {
  /** What goes into the plan; absent where no target was found. */
  readonly fault?: PlannedFault;
  /** "1 of 3 brokers of shared/kafka" */
  readonly share: string;
  readonly groups: readonly HitGroup[];
  readonly budgets: readonly TouchedBudget[];
  /** Sentences. */
  readonly dependents: readonly string[];
  readonly permissions: readonly CheckedPermission[];
  /** Absent: it is over as soon as it has happened. */
  readonly durationMs?: number;
  /** Sentences. */
  readonly ends: string;
  readonly heals: string;
  /** When its pod is deleted to end it: what that takes away. */
  readonly lostByHand: readonly Loss[];
  readonly warnings: readonly string[];
  /** Asked for, since it can't be taken back: what is typed, and why. */
  readonly consent?: { readonly type: string; readonly losses: readonly Loss[]; readonly isGiven: boolean };
  /** Empty: it may be confirmed. */
  readonly refusals: readonly Refusal[];
  /** What the person confirms. */
  readonly hash: string;
  /** Its parts, so that it can be said which of them is another one later. */
  readonly parts: ConfirmedParts;
}

/** A hash each. */
export type ConfirmedParts = Readonly<
  Partial<Record<'fault' | 'targets' | 'controller' | 'replicas' | 'hit' | 'losses' | 'budgets', string>>
>;

export function previewFault(request: PreviewRequest, scene: FaultScene): Preview {
  const { fault, ownTopic, held } = request;
  const { settings, target } = fault;
  if (target === undefined) {
    if (settings.kind === 'none') return preview(request, scene, { targets: [], of: 0, what: '' });
    return nothing(request, refusal('target', t('“{0}” has no target', factsOf(settings.kind).title)));
  }
  try {
    const isLater = fault.when !== undefined || request.isChosenLater === true;
    const options = { isLater, ...(ownTopic === undefined ? {} : { ownTopic }), ...(held === undefined ? {} : { held }) };
    return preview(request, scene, selectTargets(scene, settings.kind, target, options));
  } catch (error) {
    if (!FaultlineError.is(error)) throw error;
    return nothing(request, refusalOf('target', error));
  }
}

/** Of a whole plan: what a person confirms when there are several faults, or probes beside them. */
export function hashOfPlan(plan: FaultPlan, previews: readonly Preview[]): string {
  return hashOf({ plan: { ...plan, faults: undefined, cluster: plan.cluster.identity }, faults: previews.map(({ hash }) => hash) });
}

function preview(request: PreviewRequest, scene: FaultScene, selection: Selection): Preview {
  const { fault, identity, run, isLaterStep = false, typed, preflight } = request;
  const { settings, allow, when } = fault;
  const { targets, choose } = selection;
  const { kind } = settings;
  const facts = factsOf(kind);
  const durationMs = facts.lasts ? (fault.durationMs ?? facts.defaultDurationMs) : undefined;
  const isChosenLater = choose !== undefined;
  const hit = hitOf(scene, settings, targets, isChosenLater);
  const away = awayThen(scene, when);
  const groups = groupsOf(scene, hit, away.count);
  const budgets = touchedBudgets(scene, kind, hit, away);
  const unread = unreadRefusals(scene);
  const losses = lossesOf(scene, settings, targets, hit, durationMs);
  const consent = consentFor(targets, losses, typed, allow.includes('dataLoss'));
  const permissions = permissionsOf(kind, targets, preflight);
  const peers = peersOf(scene, settings, targets);
  const planned: PlannedFault = {
    ...peers.settings,
    title: titleOf(settings, selection),
    ...(durationMs === undefined ? {} : { durationMs }),
    targets,
    ...(when === undefined ? {} : { when }),
    ...(choose === undefined ? {} : { choose }),
  };
  const concerned = concernedBy(scene, targets, hit.pods);
  const refusals: readonly Refusal[] =
    kind === 'none'
      ? (preflight?.refusals ?? [])
      : [
          ...unread.refusals,
          ...peers.refusals,
          ...targets.flatMap((target) => placeRefusals(scene, kind, target)),
          ...blastRefusals({ kind, targets, isChosenLater, hit, groups, budgets, allow }),
          ...lengthRefusals(fault, durationMs),
          ...(isLaterStep ? [] : unwellRefusals(scene, concerned)),
          ...otherFaults(scene, run, targets),
          ...permissions.filter(({ answer }) => answer === 'no').map(refusedPermission),
          ...(preflight?.refusals ?? []),
          ...(consent === undefined || consent.isGiven ? [] : [consentRefusal(consent.type, losses)]),
        ];
  return {
    fault: planned,
    share: shareText(selection, groups),
    groups,
    budgets,
    dependents: dependentsOf(scene, peers.settings, targets, hit),
    permissions,
    ...(durationMs === undefined ? {} : { durationMs }),
    ends: endsText(fault, durationMs),
    heals: facts.heals,
    lostByHand: endsWithPod(kind) ? lossesOf(scene, { kind: 'podDelete' }, targets, hit) : [],
    warnings: [...unread.warnings, ...noteOn(scene, fault, targets)],
    ...(consent === undefined ? {} : { consent }),
    refusals,
    ...confirmedOf({
      fault: { identity, settings: peers.settings, durationMs, when, allow: [...allow].toSorted(byText), choose },
      targets: targets.map((target) => ({ ...target, as: undefined })),
      controller: targets.map(({ uid }) => isController(scene, uid)),
      replicas: concerned.workloads
        .filter(({ workload }) => targets.some(({ uid }) => uid === workload.metadata.uid))
        .map(({ workload }) => workload.spec?.replicas),
      hit: { pods: hit.pods.map(({ metadata }) => metadata.uid ?? '').toSorted(byText), atOnce: hit.atOnce },
      // Why may be in other words a moment later.
      losses: losses.map(({ pod }) => pod).toSorted(byText),
      budgets: budgets.map(({ budget: { metadata, spec, status }, allowed }) => ({
        uid: metadata.uid,
        name: metadata.name,
        spec,
        allowed,
        healthy: status?.currentHealthy,
        desired: status?.desiredHealthy,
      })),
    }),
  };
}

function confirmedOf(facts: Readonly<Partial<Record<keyof ConfirmedParts, unknown>>>): Pick<Preview, 'hash' | 'parts'> {
  const parts = Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, hashOf(value)]));
  return { hash: hashOf(parts), parts };
}

/** In words; empty: nothing. Of a step after the first only what the ones before it leave as it is. */
export function changedSince(before: ConfirmedParts, now: ConfirmedParts, isLaterStep = false): readonly string[] {
  const words: Readonly<Record<keyof ConfirmedParts, string>> = {
    fault: t('the fault itself'),
    targets: t('its targets'),
    controller: t('which of its targets controls'),
    replicas: t('how many replicas are wanted'),
    hit: t('the pods that are hit'),
    losses: t('what is lost for good'),
    budgets: t('what the disruption budgets allow'),
  };
  return Object.entries(words).flatMap(([name, text]) => {
    const part = name as keyof ConfirmedParts;
    if (isLaterStep && part !== 'fault' && part !== 'replicas') return [];
    return before[part] === now[part] ? [] : [text];
  });
}

function nothing({ fault, identity }: PreviewRequest, why: Refusal): Preview {
  const { settings } = fault;
  return {
    share: '',
    groups: [],
    budgets: [],
    dependents: [],
    permissions: [],
    ends: endsText(fault, fault.durationMs),
    heals: factsOf(settings.kind).heals,
    lostByHand: [],
    warnings: [],
    refusals: [why],
    ...confirmedOf({ fault: { identity, settings, refused: why.text } }),
  };
}

/** How many replicas are out of sync when it begins, by what it waits for. */
function awayThen({ model }: FaultScene, when: DraftFault['when']): AwayThen {
  if (when?.kind !== 'isr') return { count: 0, among: new Set() };
  const known = model.kafka.items.flatMap((instance) => partitionOf(instance, when.topic, when.partition) ?? []);
  const replicas = Math.max(0, ...known.map((partition) => partition.replicas.length));
  const brokers = model.kafka.items.flatMap(({ roles }) => roles.flatMap(({ pods }) => pods.flatMap(({ ref }) => ref.uid ?? [])));
  // Of a topic that is not there yet as many as most topics have.
  return { count: Math.max(0, (replicas === 0 ? 3 : replicas) - when.size), among: new Set(brokers) };
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function titleOf(settings: DraftFault['settings'], { targets, what, choose }: Selection): string {
  const { title } = factsOf(settings.kind);
  const [first, ...more] = targets;
  const details = settingsText(settings);
  const whom =
    first === undefined
      ? ''
      : choose !== undefined
        ? t('one of {0}', what)
        : [
            first.name,
            ...(more.length === 0 ? [] : [t('and {0} more', more.length)]),
            ...(first.as === undefined ? [] : [`(${first.as})`]),
          ].join(' ');
  const head = whom === '' ? title : t('{0}: {1}', title, whom);
  return details === '' || settings.kind === 'podDelete' ? head : `${head}, ${details}`;
}

function shareText({ targets, of, what, choose }: Selection, groups: readonly HitGroup[]): string {
  if (targets.length === 0) return t('nothing');
  const chosen = t('{0} of {1} {2}', choose === undefined ? targets.length : 1, of, what);
  const others = groups.filter(({ title }) => title !== what).map(({ hit, of: all, title }) => t('{0} of {1} {2}', hit, all, title));
  return [chosen, ...others].join(', ');
}

function endsText({ settings: { kind } }: DraftFault, durationMs: number | undefined): string {
  const { lasts, deadline } = factsOf(kind);
  if (!lasts || durationMs === undefined) return t('It is over as soon as it has happened.');
  const after = formatDuration(durationMs);
  switch (deadline) {
    case 'kernel':
      return t('After {0}, by the kernel of its node, also when nobody is left who began it.', after);
    case 'healer':
      return t('After {0}, by a Job inside of the cluster, also when nobody is left who began it; within 10 s of the API’s return.', after);
    case 'lab':
      return t('After {0}, by the lab.', after);
    case 'atOnce':
      return t('After {0}.', after);
  }
}

function lengthRefusals({ settings: { kind }, durationMs: wanted }: DraftFault, durationMs: number | undefined): readonly Refusal[] {
  const { title, lasts } = factsOf(kind);
  if (!lasts)
    return wanted === undefined ? [] : [refusal('tooLong', t('“{0}” has no duration: it is over as soon as it has happened', title))];
  if (durationMs === undefined || durationMs <= 0) return [refusal('tooLong', t('“{0}” has no duration', title))];
  if (durationMs <= longestFaultMs) return [];
  return [
    refusal('tooLong', t('{0} is longer than a fault may last', formatDuration(durationMs)), {
      remedy: t('{0} at most.', formatDuration(longestFaultMs)),
    }),
  ];
}

function consentFor(
  targets: readonly { readonly name: string }[],
  losses: readonly Loss[],
  typed: string | undefined,
  isAllowed: boolean,
): Preview['consent'] {
  const [first, another] = targets;
  if (losses.length === 0 || first === undefined) return undefined;
  const type = another === undefined ? first.name : t('{0} targets', targets.length);
  return { type, losses, isGiven: isAllowed || typed === type };
}

function consentRefusal(type: string, losses: readonly Loss[]): Refusal {
  const [first, ...more] = losses;
  const what = `${first?.pod ?? ''}: ${first?.why ?? ''}`;
  return refusal('consent', more.length === 0 ? what : t('{0}; {1} more', what, more.length), {
    remedy: t('Type {0} to confirm, or allow it by name in a spec: dataLoss.', type),
    flag: 'dataLoss',
  });
}

function permissionsOf(
  kind: PlannedFault['kind'],
  targets: Selection['targets'],
  preflight: PreflightAnswers | undefined,
): readonly CheckedPermission[] {
  const needs = new Map(targets.flatMap((target) => needsOf(kind, target)).map((need) => [needKey(need), need]));
  const answers = new Map(preflight?.permissions.map((checked) => [needKey(checked), checked.answer]));
  return [...needs].map(([key, need]) => ({
    ...need,
    text: wishText(need, need.namespace),
    answer: answers.get(key) ?? 'unknown',
  }));
}

export function needKey({ verb, group = '', resource, subresource = '', name = '', namespace = '', for: purpose }: Need): string {
  return [verb, group, resource, subresource, name, namespace, purpose].join(' ');
}

export function refusedPermission({ text, for: purpose }: Pick<CheckedPermission, 'text' | 'for'>): Refusal {
  return refusal('permission', purpose === 'injecting' ? t('You may not {0}', text) : t('You could not heal it: you may not {0}', text), {
    remedy: t('Ask whoever runs the cluster for this right, or use a context that has it.'),
  });
}

function noteOn(scene: FaultScene, { settings }: DraftFault, targets: Selection['targets']): readonly string[] {
  if (settings.kind === 'cpuStress')
    return targets
      .filter(({ uid, container }) => !hasCpuLimit(podOf(scene, uid), container))
      .map(({ name }) => t('{0} has no CPU limit: its neighbours on the node get less too.', name));
  if (settings.kind === 'latency' && settings.existing === 'delayed')
    return [t('Where the node’s kernel can’t delay packets (netem), a proxy does it: existing connections are reset then.')];
  const workloads = workloadsOf(scene, targets);
  if (settings.kind === 'rollingRestart') return workloads.flatMap((workload) => paceOf(scene, workload));
  if (settings.kind !== 'scale') return [];
  return workloads.map(({ workload }) => t('From {0} to {1} replicas.', workload.spec?.replicas ?? 1, settings.replicas));
}

function paceOf(scene: FaultScene, one: SceneWorkload): readonly string[] {
  const pods = podsOfWorkload(scene, one).length;
  const atOnce = replacedAtOnce(one, pods);
  const title = `${one.kind} ${one.workload.metadata.name}`;
  if (pods === 0) return [];
  if (atOnce === 0) return [t('{0} replaces no pod by itself: its strategy is OnDelete.', title)];
  if (pods === 1) return [];
  if (atOnce === 1) return [t('{0} replaces its {1} pods one after the other.', title, pods)];
  return [
    atOnce === pods
      ? t('{0} replaces all its {1} pods at once.', title, pods)
      : t('{0} replaces its {1} pods up to {2} at once.', title, pods, atOnce),
  ];
}

function hasCpuLimit(pod: ScenePod | undefined, container: string | undefined): boolean {
  return pod?.spec?.containers?.find(({ name }) => name === container)?.resources?.limits?.['cpu'] !== undefined;
}

function isController({ model }: FaultScene, uid: string): true | undefined {
  const placed = placedOf(model, uid);
  if (placed === undefined || placed.instance.engine !== 'kafka' || !('controllerId' in placed.instance)) return undefined;
  return placed.instance.controllerId === placed.line.brokerId ? true : undefined;
}
