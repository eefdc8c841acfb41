/** A preview as text, and as JSON: all that a person says yes to. */
import { formatCount, formatDuration } from '../base/units.ts';
import type { Refusal } from '../fault/guard/refusal.ts';
import type { PlanPreview } from '../fault/plan.ts';
import type { CheckedPermission, Preview } from '../fault/preview/preview.ts';
import type { FaultPlan, FaultTarget, PlannedProbe } from '../journal/fault-plan.ts';
import { labelled, paintFor, widthFor, wrapped, type Paint } from './layout.ts';
import { inLetters, isUtf8, signsFor, type Signs } from './signs.ts';
import type { Terminal } from './terminal.ts';

interface Drawing {
  readonly width: number;
  readonly paint: Paint;
  readonly signs: Signs;
}

type PreviewTerminal = Pick<Terminal, 'stdout' | 'stderr' | 'env'>;

/** Ends with a line feed. Nothing of it is cut off: what is too long for the terminal goes on in the next line. */
export function describePreview(preview: PlanPreview, terminal: PreviewTerminal): string {
  const drawing = { width: widthFor(terminal), paint: paintFor(terminal), signs: signsFor(terminal.env) };
  const { plan, previews, refusals, probes, hash } = preview;
  const several = previews.length > 1;
  const lines = previews.flatMap((one, index) => [...faultLines(one, several ? index + 1 : undefined, drawing), '']);
  const run: readonly (readonly [string, readonly string[]])[] = [
    ['Steps', plan === undefined ? [] : stepsOf(plan)],
    ['Probes', probes.map(probeText)],
    ['Messages', plan?.messages === undefined ? [] : [messagesText(plan.messages)]],
    ['Images', plan === undefined ? [] : [`helper ${plan.images.helper}`, `probes and healer ${plan.images.node}`]],
    ['Cluster', plan === undefined ? [] : [`${plan.cluster.context}, kube-system ${plan.cluster.identity.split('/')[0] ?? ''}`]],
  ];
  for (const [label, texts] of run) lines.push(...labelled(label, texts, drawing.width, drawing.paint));
  lines.push(...refusalLines(refusals, drawing));
  const refused = [...refusals, ...previews.flatMap((one) => one.refusals)].length;
  if (refused > 0) {
    const words =
      refused === 1 ? 'Refused for 1 reason: nothing of it may begin.' : `Refused for ${refused} reasons: nothing of it may begin.`;
    lines.push('', drawing.paint(words, 'red'));
  } else lines.push(...labelled('Hash', [hash], drawing.width, drawing.paint));
  const text = `${lines.join('\n')}\n`;
  return isUtf8(terminal.env) ? text : inLetters(text);
}

function faultLines(preview: Preview, number: number | undefined, drawing: Drawing): readonly string[] {
  const { fault, share, dependents, budgets, permissions, ends, heals, warnings, consent, refusals } = preview;
  const { width, paint, signs } = drawing;
  const title = fault?.title ?? 'Nothing was found to break';
  const head = wrapped(`${number === undefined ? '' : `${number}. `}${title}`, width).map((line) => paint(line, 'bold'));
  const losses = consent?.losses.map(({ pod, why }) => `${pod}: ${why}`) ?? [];
  const typed = consent === undefined ? [] : [consent.isGiven ? 'Consent is given.' : `Asked for: ${consent.type}`];
  const field = (label: string, texts: readonly string[]): readonly string[] => labelled(label, texts, width, paint);
  return [
    ...head,
    ...field('Hits', share === '' ? [] : [share, ...(fault?.targets ?? []).map((target) => targetText(target))]),
    ...field('Begins', fault?.when === undefined ? [] : [whenText(fault.when)]),
    ...field('Touches', dependents),
    ...field(
      'Budgets',
      budgets.map(({ text }) => text),
    ),
    ...field('Ends', [ends]),
    ...field('Heals', [heals]),
    ...field('Rights', rightsTexts(permissions, signs)),
    ...field('Careful', warnings).map((line) => paint(line, 'yellow')),
    ...field('Lost', [...losses, ...typed]).map((line) => paint(line, 'yellow')),
    ...refusalLines(refusals, drawing, consent?.type),
  ];
}

function refusalLines(refusals: readonly Refusal[], { width, paint, signs }: Drawing, typed?: string): readonly string[] {
  return refusals.flatMap(({ text, remedy, flag }) => [
    ...wrapped(`${signs.broken} ${text}.`, width - 2).map((line) => paint(`  ${line}`, 'red')),
    ...(remedy === undefined ? [] : wrapped(remedy, width - 6).map((line) => `      ${line}`)),
    ...(flag === undefined ? [] : [`      ${allowText(flag, typed)}`]),
  ]);
}

/** How that is said here: each of these lets it through, and no other refusal. */
function allowText(flag: NonNullable<Refusal['flag']>, typed: string | undefined): string {
  return flag === 'dataLoss' && typed !== undefined
    ? `--allow-loss ${/^[\w.-]+$/.test(typed) ? typed : `"${typed}"`}`
    : `faultline fault … --allow ${flag}, or in a spec “allow: [${flag}]”`;
}

/** "pod data/kafka-1, leader of messages/17, on worker-1, container kafka, uid 3f…" */
function targetText({ kind, namespace, name, as, node, container, uid, workload }: FaultTarget): string {
  const parts = [
    `${workload ?? kind} ${namespace === undefined ? name : `${namespace}/${name}`}`,
    ...(as === undefined ? [] : [as]),
    ...(node === undefined ? [] : [`on ${node}`]),
    ...(container === undefined ? [] : [`container ${container}`]),
    `uid ${uid}`,
  ];
  return parts.join(', ');
}

function whenText(when: NonNullable<FaultPlan['faults'][number]['when']>): string {
  switch (when.kind) {
    case 'isr':
      return `When the ISR of ${when.topic}/${when.partition} is ${when.size}, at most ${formatDuration(when.withinMs)} after the step before; else it is not begun.`;
    case 'afterHeal':
      return `${formatDuration(when.pauseMs)} after the step before has healed.`;
  }
}

/** Those that are there in one line: they are many, and what is missing is what a person looks for. */
function rightsTexts(permissions: readonly CheckedPermission[], signs: Signs): readonly string[] {
  const of = (answer: CheckedPermission['answer'], purpose: CheckedPermission['for']): readonly string[] => [
    ...new Set(permissions.filter((one) => one.answer === answer && one.for === purpose).map(({ text }) => text)),
  ];
  const purposes = ['injecting', 'healing'] as const;
  return [
    ...purposes.flatMap((purpose) => of('no', purpose).map((text) => `${signs.broken} missing for ${purpose}: ${text}`)),
    ...purposes.flatMap((purpose) => joined(`? not known for ${purpose}`, of('unknown', purpose))),
    ...purposes.flatMap((purpose) => joined(`${signs.met} for ${purpose}`, of('yes', purpose))),
  ];
}

function joined(label: string, texts: readonly string[]): readonly string[] {
  return texts.length === 0 ? [] : [`${label}: ${texts.join(', ')}`];
}

/** In order, with their times. */
function stepsOf({ baselineMs, faults, observeMs, probes, messages }: FaultPlan): readonly string[] {
  const who = probes.length > 0 ? 'probes ask' : 'the load asks';
  const begin = messages === undefined ? who : `${who}, messages are written`;
  return [
    `${formatDuration(baselineMs)} baseline: ${begin}, nothing is broken.`,
    ...faults.map(
      ({ title, durationMs, when }, index) =>
        `${faults.length === 1 ? 'Then' : `${index + 1}.`} ${title}${durationMs === undefined ? '' : `, for ${formatDuration(durationMs)}`}${when === undefined ? '' : `. ${whenText(when)}`}`,
    ),
    `After the last heal it is observed for ${formatDuration(observeMs)} and 3 times the recovery, whichever is longer.`,
  ];
}

/** "pooled (a): kafka bus.data.svc:9092, write to and read from messages/17, 20/s, not on worker-1" */
function probeText({ id, title, engine, address, asks, perSecond, notOn }: PlannedProbe): string {
  const where = notOn.length === 0 ? 'on any node' : `on any node but ${notOn.join(', ')}`;
  return `${title} (${id}): ${engine} ${address}, ${asks}, ${formatCount(perSecond)}/s, ${where}`;
}

function messagesText({
  topic,
  partitions,
  replicationFactor,
  minInSync,
  uncleanElection,
  perSecond,
  place,
}: NonNullable<FaultPlan['messages']>): string {
  const unclean = uncleanElection ? 'with unclean election' : 'without unclean election';
  const where = place === undefined ? '' : `, from a pod in the cluster to ${place.address}`;
  return `${formatCount(perSecond)}/s into topic ${topic}: ${partitions} partitions, replication ${replicationFactor}, min ISR ${minInSync}, ${unclean}${where}`;
}

/** What `--preview --json` prints. Durations are milliseconds; `hash` is null where it is refused. */
export interface PreviewJson {
  readonly hash: string | null;
  readonly cluster: FaultPlan['cluster'] | null;
  readonly faults: readonly {
    readonly title: string | null;
    readonly kind: string | null;
    readonly share: string;
    readonly targets: readonly FaultTarget[];
    readonly when: NonNullable<FaultPlan['faults'][number]['when']> | null;
    readonly dependents: readonly string[];
    readonly budgets: readonly string[];
    readonly permissions: readonly {
      readonly text: string;
      readonly for: 'injecting' | 'healing';
      readonly answer: 'yes' | 'no' | 'unknown';
    }[];
    readonly durationMs: number | null;
    readonly ends: string;
    readonly heals: string;
    readonly warnings: readonly string[];
    readonly consent: Preview['consent'] | null;
    readonly refusals: readonly Refusal[];
  }[];
  readonly steps: readonly string[];
  readonly probes: readonly PlannedProbe[];
  readonly messages: NonNullable<FaultPlan['messages']> | null;
  readonly baselineMs: number | null;
  readonly observeMs: number | null;
  readonly images: FaultPlan['images'] | null;
  readonly refusals: readonly Refusal[];
}

export function previewJson({ plan, previews, refusals, probes, hash }: PlanPreview): PreviewJson {
  return {
    hash: hash === '' ? null : hash,
    cluster: plan?.cluster ?? null,
    faults: previews.map((preview) => ({
      ...{ title: preview.fault?.title ?? null, kind: preview.fault?.kind ?? null, share: preview.share },
      ...{ targets: preview.fault?.targets ?? [], when: preview.fault?.when ?? null, dependents: preview.dependents },
      budgets: preview.budgets.map(({ text }) => text),
      permissions: preview.permissions.map(({ text, for: purpose, answer }) => ({ text, for: purpose, answer })),
      ...{ durationMs: preview.durationMs ?? null, ends: preview.ends, heals: preview.heals, warnings: preview.warnings },
      ...{ consent: preview.consent ?? null, refusals: preview.refusals },
    })),
    steps: plan === undefined ? [] : stepsOf(plan),
    ...{ probes, messages: plan?.messages ?? null, baselineMs: plan?.baselineMs ?? null, observeMs: plan?.observeMs ?? null },
    ...{ images: plan?.images ?? null, refusals },
  };
}
