/**
 * From a draft to the plan that a person confirms: scene, targets, guard, rights and dry runs, in that order, and nothing is changed.
 * What is confirmed is the hash; before "go" the same is made again with the targets that were held, and has to have the same hash.
 */
import { FaultlineError } from '../base/errors.ts';
import { wishText } from '../cluster/act/permissions.ts';
import type { ClusterConnection } from '../cluster/connect/connection.ts';
import type {
  FaultKind,
  FaultPlan,
  FaultTarget,
  PlannedFault,
  PlannedImages,
  PlannedMessages,
  PlannedProbe,
} from '../journal/fault-plan.ts';
import { factsOf } from './catalogue.ts';
import type { DraftFault, FaultDraft } from './draft.ts';
import { otherLosses, type Loss } from './guard/loss.ts';
import { refusal, refusalOf, type Refusal } from './guard/refusal.ts';
import type { Injector, InjectorTiming } from './injector.ts';
import { identityOf } from './preflight/identity.ts';
import { needsOfProbes } from './needs.ts';
import { checkNeeds, preflight } from './preflight/preflight.ts';
import { hashOfPlan, previewFault, refusedPermission, type PreflightAnswers, type Preview } from './preview/preview.ts';
import { namespacesOf, nodesOf, plannedMessages, plannedProbes } from './probes.ts';
import { readScene, type SceneOptions } from './scene-read.ts';
import type { FaultScene } from './scene.ts';
import { t } from '../base/messages.ts';

export interface PlanOptions extends SceneOptions {
  readonly injectors: ReadonlyMap<FaultKind, Injector>;
  readonly timing: InjectorTiming;
  /** Of the person's settings. */
  readonly images?: Partial<PlannedImages>;
  /** What a person typed, by the fault's index. */
  readonly typed?: ReadonlyMap<number, string>;
}

export interface PlanPreview {
  /** There when nothing is refused. */
  readonly plan?: FaultPlan;
  readonly previews: readonly Preview[];
  /** Of the whole: cluster, probes. Those of faults stand in their previews. */
  readonly refusals: readonly Refusal[];
  readonly probes: readonly PlannedProbe[];
  /** What was asked for, with its namespace: from it the same is previewed again before it begins. */
  readonly drafts: readonly DraftFault[];
  /** What the person confirms; empty where there is no plan. */
  readonly hash: string;
}

/** Fails: `unreachable`, `unauthorised`, `timedOut`, `cancelled`, and `forbidden` where which cluster it is can't be told. */
export async function previewPlan(
  connection: ClusterConnection,
  draft: FaultDraft,
  options: PlanOptions,
  signal: AbortSignal,
): Promise<PlanPreview> {
  const identity = await identityOf(connection, signal);
  const namespace = draft.cluster.namespace ?? options.namespace;
  const scene = await readScene(connection, { ...options, ...(namespace === undefined ? {} : { namespace }) }, signal);
  const drafts = draft.faults.map((fault) => within(fault, namespace));
  const previews: Preview[] = [];
  for (const [index, fault] of drafts.entries()) {
    const typed = options.typed?.get(index);
    const request = {
      fault,
      identity,
      ...(typed === undefined ? {} : { typed }),
      ...(draft.messages === undefined ? {} : { ownTopic: draft.messages.topic }),
    };
    const first = previewFault(request, scene);
    const answers: PreflightAnswers | undefined =
      first.fault === undefined ? undefined : await preflight(connection, first.fault, options, signal);
    previews.push(answers === undefined ? first : previewFault({ ...request, preflight: answers }, scene));
  }
  const images = { ...defaultImages, ...options.images, ...draft.images };
  const whole = wholeOf(connection, draft, { identity, previews, drafts, scene, namespace, images });
  if (whole.plan === undefined) return whole;
  const places = namespacesOf(whole.plan, connection.defaultNamespace);
  const needs = await checkNeeds(connection, places.flatMap(needsOfProbes), signal);
  const missing = needs
    .filter(({ answer }) => answer === 'no')
    .map((need) => refusedPermission({ ...need, text: wishText(need, need.namespace) }));
  if (missing.length === 0) return whole;
  const { plan: _plan, ...rest } = whole;
  return { ...rest, refusals: missing, hash: '' };
}

/** What a person confirmed of one fault, as far as it is compared with what would be done now. */
export interface HeldFault extends Pick<PlannedFault, 'targets' | 'choose'> {
  readonly losses: readonly Loss[];
}

/**
 * Just before it begins: the same fault, with the targets that were held, in the scene of now. Of a run's first fault another hash than
 * the confirmed one means that a person has to look again; of a later one (`isLaterStep`) the one before has changed the scene, and the
 * refusals tell: also that the role by which its target was named is another's by now, and that more would be lost. Pure.
 */
export function previewAgain(
  request: {
    readonly fault: DraftFault;
    readonly identity: string;
    readonly run: string;
    readonly ownTopic?: string;
    readonly isLaterStep?: boolean;
  },
  confirmed: HeldFault,
  scene: FaultScene,
): Preview {
  const { targets: held, choose } = confirmed;
  const preview = previewFault({ ...request, held, isChosenLater: choose !== undefined }, scene);
  const remedy = t('Look at the preview again.');
  const now = preview.fault?.targets ?? held;
  const isOther = choose === undefined && now.map(({ uid }) => uid).join() !== held.map(({ uid }) => uid).join();
  const moved = isOther ? [refusal('target', t('{0} was confirmed, and by now that is {1}', namesOf(held), namesOf(now)), { remedy })] : [];
  // What was typed was typed then, and for that.
  const [more] = otherLosses(confirmed.losses, preview.consent?.losses ?? []);
  const lost =
    more === undefined ? [] : [refusal('consent', t('More would be lost than was confirmed: {0}: {1}', more.pod, more.why), { remedy })];
  return { ...preview, refusals: [...moved, ...lost, ...preview.refusals.filter(({ reason }) => reason !== 'consent')] };
}

function namesOf(targets: readonly FaultTarget[]): string {
  return targets.map(({ name, as }) => (as === undefined ? name : `${name} (${as})`)).join(', ');
}

interface Whole {
  readonly identity: string;
  readonly previews: readonly Preview[];
  readonly drafts: readonly DraftFault[];
  readonly scene: FaultScene;
  readonly namespace: string | undefined;
  readonly images: PlannedImages;
}

/** Public, and mirrored everywhere. */
export const defaultImages: PlannedImages = { helper: 'docker.io/library/busybox:1.37', node: 'docker.io/library/node:24-slim' };

function wholeOf(
  { context }: ClusterConnection,
  draft: FaultDraft,
  { identity, previews, drafts, scene, namespace, images }: Whole,
): PlanPreview {
  const faults = previews.flatMap(({ fault }) => fault ?? []);
  const refusals: Refusal[] = [];
  if (draft.faults.length === 0) refusals.push(refusal('target', t('Nothing is to be broken')));
  const { probes, messages } = measuredOf(scene, draft, faults, namespace, refusals);
  if (refusals.length > 0 || previews.some((preview) => preview.refusals.length > 0))
    return { previews, refusals, probes, drafts, hash: '' };
  const plan: FaultPlan = {
    cluster: { context: context.name, kubeconfig: context.file, identity },
    faults,
    probes,
    ...(messages === undefined ? {} : { messages }),
    baselineMs: draft.baselineMs,
    observeMs: draft.observeMs,
    recovery: draft.recovery,
    images,
  };
  return { plan, previews, refusals, probes, drafts, hash: hashOfPlan(plan, previews) };
}

/** Who asks and who writes, and from where: away from what is hit. */
function measuredOf(
  scene: FaultScene,
  draft: FaultDraft,
  faults: readonly PlannedFault[],
  namespace: string | undefined,
  refusals: Refusal[],
): { readonly probes: readonly PlannedProbe[]; readonly messages?: PlannedMessages } {
  const targets = avoidedOf(scene, faults);
  try {
    const probes = plannedProbes(scene, draft.probes, targets, namespace);
    const messages = draft.messages === undefined ? undefined : plannedMessages(scene, draft.messages, targets, namespace);
    const places = [...probes, ...(messages?.place === undefined ? [] : [messages.place])];
    const inside = places.some(({ notOn }) => scene.nodes.length > 0 && scene.nodes.every(({ metadata }) => notOn.includes(metadata.name)));
    if (inside) refusals.push(refusal('target', t('Every node is hit: a probe would feel the fault itself, and not what users feel')));
    return { probes, ...(messages === undefined ? {} : { messages }) };
  } catch (error) {
    if (!FaultlineError.is(error)) throw error;
    refusals.push(refusalOf('target', error));
    return { probes: [] };
  }
}

/**
 * What users ask from elsewhere than. Where a leader is only known later, every node may have a target: then those alone whose fault
 * reaches beyond its pod.
 */
function avoidedOf({ nodes }: FaultScene, faults: readonly PlannedFault[]): readonly FaultTarget[] {
  const all = faults.flatMap(({ targets }) => targets);
  const hit = nodesOf(all);
  const open = nodes.filter(({ spec }) => spec?.unschedulable !== true && spec?.taints?.some(isShut) !== true);
  if (open.length === 0 || open.some(({ metadata }) => !hit.includes(metadata.name))) return all;
  return faults.filter(({ kind }) => reachesNode(kind)).flatMap(({ targets }) => targets);
}

function isShut({ effect }: { readonly effect: string }): boolean {
  return effect === 'NoSchedule' || effect === 'NoExecute';
}

/** Who else is on the target's node may feel it. */
function reachesNode(kind: FaultKind): boolean {
  const { fits, mechanism } = factsOf(kind);
  return mechanism === 'exec' || (mechanism !== 'none' && fits.includes('node'));
}

/** Where a selector does not say it, the plan's namespace is meant. */
function within(fault: DraftFault, namespace: string | undefined): DraftFault {
  const { target } = fault;
  if (target === undefined || namespace === undefined || target.namespace !== undefined) return fault;
  return { ...fault, target: { ...target, namespace } };
}
