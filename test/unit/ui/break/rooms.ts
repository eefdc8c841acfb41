/** A cluster that a test changes, prepared as a real one is: the same selection, guard and preview, and answers of the test's own. */
import { protectionOf } from '../../../../src/cluster/act/levels.ts';
import type { Protection } from '../../../../src/cluster/act/protection.ts';
import type { LineSubject } from '../../../../src/cluster/recognise/model.ts';
import { needsOf } from '../../../../src/fault/needs.ts';
import { defaultImages } from '../../../../src/fault/plan.ts';
import { hashOfPlan, type CheckedNeed } from '../../../../src/fault/preview/preview.ts';
import { plannedProbes } from '../../../../src/fault/probes.ts';
import { refusal, type Refusal } from '../../../../src/fault/guard/refusal.ts';
import { instancesOf, placedOf, type FaultScene } from '../../../../src/fault/scene.ts';
import type { FaultKind, FaultPlan } from '../../../../src/journal/fault-plan.ts';
import type { PreparedRoom, PreviewedRun } from '../../../../src/run/prepare/prepare.ts';
import { readSpec } from '../../../../src/run/spec/spec.ts';
import { feelsOf } from '../../../../src/ui/session/break/feel.ts';
import { firstValues, type FormOffers } from '../../../../src/ui/session/break/form.ts';
import { BreakSession, type BreakParts } from '../../../../src/ui/session/break/session.ts';
import { observersOf, subjectOf, type BreakSubject } from '../../../../src/ui/session/break/subject.ts';
import { whomOf } from '../../../../src/ui/session/break/whom.ts';
import { kafkaObjects, previewOf, sceneOf } from '../../fault/scenes.ts';

export interface Here {
  scene: FaultScene;
  /** Rights that are missing, by resource. */
  denied: ReadonlySet<string>;
  /** What a dry run says. */
  dryRun: readonly Refusal[];
  level: Protection['level'];
  readonly begun: NonNullable<PreviewedRun['run']>[];
  readonly typed: string[];
}

export function here(scene = sceneOf(kafkaObjects())): Here {
  return { scene, denied: new Set(), dryRun: [], level: 'open', begun: [], typed: [] };
}

export function roomIn(cluster: Here): PreparedRoom {
  return {
    preview: async ({ plan, draft }, { typed = new Map<number, string>() }) => {
      cluster.typed.push(...typed.values());
      const previews = draft.faults.map((fault, index) => {
        const text = typed.get(index);
        const more = {
          ...(text === undefined ? {} : { typed: text }),
          ...(draft.messages === undefined ? {} : { ownTopic: draft.messages.topic }),
        };
        const first = previewOf(cluster.scene, fault, more);
        if (first.fault === undefined) return first;
        const needs = first.fault.targets.flatMap((target) => needsOf(fault.settings.kind, target));
        const permissions = needs.map((need): CheckedNeed => ({ ...need, answer: cluster.denied.has(resourceOf(need)) ? 'no' : 'yes' }));
        return previewOf(cluster.scene, fault, { ...more, preflight: { permissions, refusals: cluster.dryRun } });
      });
      const targets = previews.flatMap(({ fault }) => fault?.targets ?? []);
      const probes = plannedProbes(cluster.scene, draft.probes, targets, draft.cluster.namespace);
      const drafts = draft.faults;
      if (previews.some(({ refusals }) => refusals.length > 0)) return { preview: { previews, refusals: [], probes, drafts, hash: '' } };
      const fault: FaultPlan = {
        cluster: { context: 'lab', kubeconfig: '/k', identity: 'uid/ca' },
        faults: previews.flatMap((preview) => preview.fault ?? []),
        probes,
        ...(draft.messages === undefined ? {} : { messages: draft.messages }),
        baselineMs: draft.baselineMs,
        observeMs: draft.observeMs,
        recovery: draft.recovery,
        images: defaultImages,
      };
      const hash = hashOfPlan(fault, previews);
      const confirmed = {
        hash,
        faults: previews.map((one, index) => ({
          draft: draft.faults[index] ?? { settings: { kind: 'none' }, allow: [] },
          parts: one.parts,
          losses: one.consent?.losses ?? [],
        })),
      };
      return { preview: { plan: fault, previews, refusals: [], probes, drafts, hash }, run: { plan: { ...plan, fault }, confirmed } };
    },
  };
}

function resourceOf({ resource, subresource }: { readonly resource: string; readonly subresource?: string }): string {
  return subresource === undefined ? resource : `${resource}/${subresource}`;
}

export function podLine(scene: FaultScene, name: string): LineSubject {
  const pod = scene.pods.find(({ metadata }) => metadata.name === name);
  const placed = placedOf(scene.model, pod?.metadata.uid);
  if (placed === undefined) throw new Error(`${name} is of no engine`);
  return { kind: 'pod', pod: placed.line };
}

export function engineLine(scene: FaultScene): LineSubject {
  const [instance] = instancesOf(scene.model);
  if (instance === undefined) throw new Error('there is no engine');
  return { kind: 'engine', instance };
}

export function offersFor(
  line: LineSubject,
  scene: FaultScene,
  whyNot: (kind: FaultKind) => string | undefined = () => undefined,
): FormOffers {
  const subject: BreakSubject | undefined = subjectOf(line, scene.model);
  if (subject === undefined) throw new Error('nothing of that line can be broken');
  const feel = feelsOf(observersOf(subject, scene.model), () => undefined);
  return { subject, cluster: { context: 'lab' }, whom: whomOf(subject), feel, whyNot };
}

export const read: BreakParts['read'] = (text) => readSpec(text, { folder: '/', library: '/nowhere', kubeconfigs: [] });

export function partsIn(cluster: Here, offers: FormOffers, more: Partial<BreakParts> = {}): BreakParts {
  return {
    source: { kind: 'form', offers, values: firstValues(offers) },
    where: 'lab, namespace data, Kafka',
    read,
    room: roomIn(cluster),
    protection: async () => ({
      ...protectionOf({ context: { name: 'prod-eu', file: '/k' }, server: 'https://there' }, { uid: 'one' }, {}),
      level: cluster.level,
    }),
    begin: async (run) => void cluster.begun.push(run),
    wallMs: () => Date.UTC(2026, 10, 21, 14, 30, 6),
    onError: () => undefined,
    waitMs: 0,
    ...more,
  };
}

export function sessionOn(cluster: Here, line: LineSubject, more: Partial<BreakParts> = {}): BreakSession {
  return new BreakSession(partsIn(cluster, offersFor(line, cluster.scene), more));
}

export const webhook = refusal('mechanism', 'admission webhook "policy.example" denied the request: no ephemeral containers', {
  remedy: 'Ask whoever keeps the policy.',
});
