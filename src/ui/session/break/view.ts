/** A preview as its page shows it: texts, and what is another than before. No `vscode` import. */
import { t } from '../../../base/messages.ts';
import { formatDuration } from '../../../base/units.ts';
import { endsWithPod, factsOf, type Deadline, type Mechanism } from '../../../fault/catalogue.ts';
import type { Refusal } from '../../../fault/guard/refusal.ts';
import type { DraftFault, FaultDraft, FaultFlag } from '../../../fault/draft.ts';
import type { PlanPreview } from '../../../fault/plan.ts';
import type { Preview } from '../../../fault/preview/preview.ts';
import type { FaultKind, FaultTarget, PlannedMessages, PlannedProbe } from '../../../journal/fault-plan.ts';
import { durationText } from './form.ts';
import type { LoadFacts } from './load.ts';
import type { Choice, FaultView, PreviewView, RefusalView, TargetView } from '../../panels/fault/protocol.ts';

export interface ViewFacts {
  readonly preview: PlanPreview;
  readonly draft: FaultDraft;
  readonly load?: LoadFacts;
  readonly atMs: number;
  readonly instead: readonly Choice[];
}

export function previewView({ preview, draft, load, atMs, instead }: ViewFacts): PreviewView {
  const { previews, probes, refusals } = preview;
  return {
    key: keyOf(preview),
    atMs,
    baselineMs: draft.baselineMs,
    observeMs: draft.observeMs,
    faults: previews.map((one, index) => faultView(one, draft.faults[index])),
    refusals: refusals.map(refusalView),
    measured: measuredOf(probes, preview.plan?.messages ?? draft.messages, load),
    instead,
  };
}

/** Other targets, other leaders, other budgets, other probes: another preview. What is refused has none that could be confirmed. */
function keyOf({ previews, probes }: PlanPreview): string {
  return JSON.stringify([previews.map(({ hash }) => hash), probes]);
}

/** Everything is refused only because of what a person has not typed yet. */
export function isConfirmable({ previews, refusals }: PlanPreview): boolean {
  return (
    refusals.length === 0 && previews.length > 0 && previews.every(({ refusals: own }) => own.every(({ reason }) => reason === 'consent'))
  );
}

export function labelOf({ previews }: PlanPreview): string {
  const [first, another] = previews;
  if (first?.fault === undefined) return t('Break');
  if (another !== undefined) return t('Break {0} things, one after the other', previews.length);
  const title = shortTitle(first);
  return first.durationMs === undefined ? title : t('{0} for {1}', title, durationText(first.durationMs));
}

/** "Cut Network: kafka-1" */
export function shortTitle({ fault }: Preview): string {
  if (fault === undefined) return '';
  const { title } = factsOf(fault.kind);
  const [first, ...more] = fault.targets;
  if (first === undefined) return title;
  if (fault.choose !== undefined) return t('{0}: one of {1} pods', title, fault.targets.length);
  return more.length === 0 ? t('{0}: {1}', title, first.name) : t('{0}: {1} and {2} more', title, first.name, more.length);
}

function faultView(preview: Preview, draft: DraftFault | undefined): FaultView {
  const { fault, share, groups, budgets, dependents, permissions, durationMs, ends, heals, lostByHand, warnings, refusals, consent } =
    preview;
  const kind: FaultKind = fault?.kind ?? draft?.settings.kind ?? 'none';
  const facts = factsOf(kind);
  const waitsFor = conditionText(draft);
  const byHand = fault === undefined ? undefined : byHandOf(kind, fault.targets);
  return {
    title: fault?.title ?? facts.title,
    word: facts.title,
    ...(durationMs === undefined ? {} : { durationMs }),
    ends,
    ...(waitsFor === undefined ? {} : { waitsFor }),
    targets: (fault?.targets ?? []).map(targetView),
    share: sentence(share),
    groups: groups.map(({ title, hit, of, away }) => ({ title, hit, of, away })),
    budgets: budgets.map(({ text }) => text),
    dependents,
    permissions: rightsOf(permissions),
    does: facts.does,
    how: mechanismText(facts.mechanism, facts.deadline),
    heals,
    isReversible: facts.lasts && facts.reversible && consent === undefined,
    isForGood: consent !== undefined,
    ...(byHand === undefined ? {} : { byHand }),
    lostByHand: lostByHand.map(({ pod, why }) => t('Deleting {0} can’t be taken back: {1}.', pod, why)),
    warnings,
    // What can be typed on the page is asked for there.
    refusals: refusals.filter(({ reason }) => reason !== 'consent').map(refusalView),
  };
}

/** The same right may be needed to inject and to heal. */
function rightsOf(permissions: Preview['permissions']): FaultView['permissions'] {
  const answers = new Map<string, 'yes' | 'no' | 'unknown'>();
  for (const { text, answer } of permissions) answers.set(text, answers.get(text) === 'no' ? 'no' : answer);
  return [...answers].map(([text, answer]) => ({ text, answer }));
}

function targetView({ uid, name, as, node, kind, workload, namespace, container }: FaultTarget): TargetView {
  const where = [
    ...(kind === 'workload' ? [`${workload ?? ''} ${t('in {0}', namespace ?? '')}`.trim()] : []),
    ...(kind === 'pod' && container !== undefined ? [t('container {0}', container)] : []),
    ...(kind !== 'node' && node !== undefined ? [t('node {0}', node)] : []),
  ];
  return { uid, name, as: as ?? '', where: where.join(', ') };
}

function conditionText(draft: DraftFault | undefined): string | undefined {
  const when = draft?.when;
  if (when === undefined) return undefined;
  if (when.kind === 'afterHeal') return t('{0} after the one before was healed', formatDuration(when.pauseMs));
  const { topic, partition, size, withinMs } = when;
  return t('when {0} replicas of {1} are in sync; within {2}, else the run ends', size, `${topic}/${partition}`, formatDuration(withinMs));
}

/** By which means, and who ends it when nobody is left. */
function mechanismText(mechanism: Mechanism, deadline: Deadline): string {
  const by = {
    none: t('Nothing is done to it.'),
    api: t('By the Kubernetes API alone: nothing is brought into the pod.'),
    helper: t('By a small program in an ephemeral container beside it. It is armed only when all probes and watches run.'),
    exec: t('By a small program in its own container, inside of its own limits.'),
    lab: t('By the lab that the nodes belong to.'),
  }[mechanism];
  const end = {
    atOnce: '',
    kernel: t('The kernel keeps the time.'),
    healer: t('A Job in the cluster keeps the time.'),
    lab: t('The lab keeps the time.'),
  }[deadline];
  return end === '' ? by : `${by} ${end}`;
}

/** For whom nothing else is left. What a field was before, only its preview knows. */
function byHandOf(kind: FaultKind, targets: readonly FaultTarget[]): string | undefined {
  const [first] = targets;
  if (first === undefined || !factsOf(kind).lasts) return undefined;
  if (endsWithPod(kind)) return `kubectl -n ${first.namespace ?? 'default'} delete pod ${first.name}`;
  return kind === 'cordon' || kind === 'drain' ? `kubectl uncordon ${first.name}` : undefined;
}

function measuredOf(
  probes: readonly PlannedProbe[],
  messages: PlannedMessages | undefined,
  load: LoadFacts | undefined,
): readonly string[] {
  const found = new Map<string, PlannedProbe[]>();
  for (const probe of probes) {
    const key = `${probe.address} ${probe.asks} ${probe.perSecond}`;
    found.set(key, [...(found.get(key) ?? []), probe]);
  }
  return [
    ...[...found.values()].flatMap((group) => {
      const [first] = group;
      if (first === undefined) return [];
      const connections = group.map(({ connection }) => (connection === 'pooled' ? t('kept') : t('fresh'))).join(t(' and '));
      const away = first.notOn.length === 0 ? '' : ` ${t('They run on other nodes than {0}.', first.notOn.join(', '))}`;
      return [t('{0}/s to {1} over {2} connections: {3}.', first.perSecond, first.address, connections, first.asks) + away];
    }),
    ...(messages === undefined ? [] : [messagesText(messages)]),
    ...(load === undefined ? [] : [load.text]),
  ];
}

function messagesText({ topic, partitions, replicationFactor, minInSync, perSecond, place }: PlannedMessages): string {
  const text = t(
    '{0}/s messages through the topic {1} ({2} partitions, {3} replicas, {4} in sync at least), each accounted for afterwards.',
    ...[perSecond, topic, partitions, replicationFactor, minInSync],
  );
  const where = place === undefined ? '' : ` ${t('They are written in the cluster, to {0}.', place.address)}`;
  const away =
    place === undefined || place.notOn.length === 0 ? '' : ` ${t('Their pod runs on another node than {0}.', place.notOn.join(', '))}`;
  return text + where + away;
}

function refusalView({ text, remedy, flag }: Refusal): RefusalView {
  const why = remedy === undefined ? {} : { remedy };
  return { text: sentence(text), ...why, ...(flag === undefined ? {} : { flag: { name: flag, title: flagTitle(flag) } }) };
}

function flagTitle(flag: FaultFlag): string {
  switch (flag) {
    case 'several':
      return t('Allow more than one target');
    case 'beyondMinority':
      return t('Allow more than a quorum’s minority');
    case 'againstBudget':
      return t('Allow it against the disruption budget');
    case 'dataLoss':
      return t('Allow the loss of data');
  }
}

function sentence(text: string): string {
  return text === '' || /[.!?]$/.test(text) ? text : `${text}.`;
}

/** What a person who has looked at `before` has to know of `after`. Empty: the same. */
export function changesOf(before: PreviewView, after: PreviewView): readonly string[] {
  if (before.key === after.key && isSame(textsOf(before), textsOf(after))) return [];
  const found = targetChanges(before, after);
  const was = textsOf(before);
  const now = textsOf(after);
  for (const text of now.filter((one) => !was.includes(one))) found.push(t('Now: {0}', text));
  for (const text of was.filter((one) => !now.includes(one))) found.push(t('No longer: {0}', text));
  if (found.length === 0 && before.key !== after.key) found.push(t('What is there by the same name is another one than before.'));
  return found.slice(0, mostChanges);
}

const mostChanges = 8;

function targetChanges(before: PreviewView, after: PreviewView): string[] {
  const was = before.faults.flatMap(({ targets }) => targets);
  const now = after.faults.flatMap(({ targets }) => targets);
  return [
    ...now
      .filter(({ uid }) => !was.some((one) => one.uid === uid))
      .map(({ name, as }) =>
        was.some((one) => one.name === name)
          ? t('{0} was replaced by another one of that name.', name)
          : as === ''
            ? t('{0} would be hit now.', name)
            : t('{0} ({1}) would be hit now.', name, as),
      ),
    ...was
      .filter(({ uid, name }) => !now.some((one) => one.uid === uid || one.name === name))
      .map(({ name }) => t('{0} would no longer be hit.', name)),
  ];
}

/** What changes are told of, beside the targets. */
function textsOf({ faults, refusals }: PreviewView): readonly string[] {
  return [
    ...faults.flatMap(({ share, budgets, dependents, warnings, refusals: own, permissions }) => [
      share,
      ...budgets,
      ...dependents,
      ...warnings,
      ...own.map(({ text }) => text),
      ...permissions.map(({ text, answer }) => (answer === 'no' ? t('You may not {0}.', text) : '')),
    ]),
    ...refusals.map(({ text }) => text),
  ].filter((text) => text !== '');
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}

/** Losses of all faults, as they are typed for. */
export function lossesOf({
  previews,
}: PlanPreview): readonly { readonly fault: number; readonly type: string; readonly why: readonly string[] }[] {
  return previews.flatMap(({ consent }, fault) =>
    consent === undefined ? [] : [{ fault, type: consent.type, why: consent.losses.map(({ pod, why }) => t('{0}: {1}.', pod, why)) }],
  );
}
