/** What the lab's tests of faults share: the very injectors of a run, with the images that a person has who sets nothing. */
import assert from 'node:assert/strict';
import type { ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import { modelOf } from '../../../src/cluster/recognise/modelOf.ts';
import type { DraftFault, TargetSelector } from '../../../src/fault/draft.ts';
import type { Injection, Injector, PreparedFault } from '../../../src/fault/injector.ts';
import { defaultImages, previewPlan, type PlanPreview } from '../../../src/fault/plan.ts';
import type { FaultKind, FaultSettings, FaultTarget } from '../../../src/journal/fault-plan.ts';
import { injectorsFor, injectorTiming } from '../../../src/run/prepare/injectors.ts';
import { FaultlineError } from '../../../src/base/errors.ts';
import { consent } from '../../lab/use/connection.ts';
import type { TestLab } from '../../lab/use/lab.ts';

const injectors = injectorsFor(defaultImages);

export function injectorOf(kind: FaultKind): Injector {
  const found = injectors.get(kind);
  assert.ok(found, `there is no injector of ${kind}`);
  return found;
}

export function injection(
  connection: ClusterConnection,
  settings: FaultSettings,
  target: FaultTarget,
  more: Partial<Pick<Injection, 'healerImage' | 'run'>> = {},
): Injection {
  return {
    connection,
    run: 'lab-run',
    index: 0,
    fault: { ...settings, title: 'test', targets: [target] },
    target,
    consent: (change) => consent(connection, change),
    timing: injectorTiming,
    ...more,
  };
}

/** As a run does it: what the API accepts when it is rehearsed is made ready. */
export async function prepared(one: Injection, signal: AbortSignal): Promise<PreparedFault> {
  const injector = injectorOf(one.fault.kind);
  assert.deepEqual(await injector.rehearse(one, signal), { kind: 'accepted' });
  return injector.prepare(one, signal);
}

/** As a right-click or a spec has it. */
export async function podTarget(lab: TestLab, app: string): Promise<FaultTarget> {
  const [found] = await lab.readyPods(`app=${app}`, 1);
  const { name = '', uid = '' } = found?.metadata ?? {};
  return { kind: 'pod', namespace: lab.namespace, name, uid, container: 'main' };
}

export async function deploymentTarget(lab: TestLab, name: string): Promise<FaultTarget> {
  const { metadata } = await lab.api.apps.readNamespacedDeployment({ name, namespace: lab.namespace });
  return { kind: 'workload', workload: 'Deployment', namespace: lab.namespace, name, uid: metadata?.uid ?? '' };
}

export async function nodeTarget(lab: TestLab, name: string): Promise<FaultTarget> {
  const { metadata } = await lab.api.core.readNode({ name });
  return { kind: 'node', name, uid: metadata?.uid ?? '' };
}

/** What a user gets who asks this address from pod `user` with one second of patience: the answer, or undefined. */
export async function asked(lab: TestLab, url: string, from = 'user'): Promise<string | undefined> {
  const { code, stdout } = await lab.exec(from, ['wget', '-T', '1', '-qO-', url]);
  return code === 0 ? stdout.trim() : undefined;
}

/** Asks until a user gets what is wanted. */
export async function untilAsked(lab: TestLab, url: string, isSo: (answer: string | undefined) => boolean, from = 'user'): Promise<void> {
  const ends = AbortSignal.any([lab.signal, AbortSignal.timeout(60_000)]);
  for (;;) {
    const answer = await asked(lab, url, from);
    if (isSo(answer)) return;
    if (ends.aborted) throw new Error(`For a minute the user got ${answer ?? 'no answer'}.`);
  }
}

export async function proves(proof: ReturnType<PreparedFault['effect']>, text: RegExp): Promise<void> {
  const found = await proof;
  assert.ok(found.proven && text.test(found.text), `${String(found.proven)}: ${found.text}`);
}

/** "reason: text" of what it fails with. */
export async function failure(work: Promise<unknown>): Promise<string> {
  try {
    return `nothing failed: ${JSON.stringify(await work)}`;
  } catch (error) {
    if (!FaultlineError.is(error)) throw error;
    return `${error.reason}: ${error.message}`;
  }
}

/** A preview of one fault as a person sees it, of workloads that are no engines. */
export function previewed(
  lab: TestLab,
  connection: ClusterConnection,
  settings: FaultSettings,
  target: TargetSelector,
): Promise<PlanPreview> {
  const fault: DraftFault = { settings, target, allow: [] };
  return previewPlan(
    connection,
    {
      cluster: { namespace: lab.namespace },
      faults: [fault],
      probes: [],
      baselineMs: 10_000,
      observeMs: 10_000,
      recovery: { ratio: 1, windowMs: 10_000, windowSamples: 100 },
    },
    {
      model: modelOf({ context: 'lab', parts: {}, truth: new Map(), kafka: new Map() }),
      nowMs: () => Date.now(),
      injectors,
      timing: injectorTiming,
    },
    lab.signal,
  );
}
