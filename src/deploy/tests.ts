/** The chart's own tests, with what a failing one wrote. */
import { setTimeout as pause } from 'node:timers/promises';
import { cancelled, FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { ObjectList, Pod } from '../cluster/objects.ts';
import { noRelease } from './change.ts';
import type { Place } from './change.ts';
import type { DeployEvent, RunOptions } from './deploy.ts';
import type { ReleaseName } from './release.ts';
import { ifAllowed, isTest, parseManifests } from './objects.ts';
import type { Manifest } from './objects.ts';

const LOOK_EVERY_MS = 500;
const LOG_LINES = 50;

/** Fails: `engine` when a test failed, `notFound`. */
export async function* runTests(place: Place, name: ReleaseName, { signal, deadlineMs }: RunOptions): AsyncGenerator<DeployEvent> {
  const { helm, clock } = place;
  const startedMs = clock.monotonicMs();
  const [state] = await helm.history(name, signal);
  if (state === undefined) throw noRelease(name);
  const hooks = parseManifests(await helm.hooks(name, signal)).hooks.filter(isTest);
  if (hooks.length === 0) yield { kind: 'note', text: t('The chart {0} has no tests.', state.chart) };
  for (const { metadata } of hooks) yield { kind: 'step', text: t('Testing {0}', metadata.name) };
  const work = { ended: false, error: undefined as unknown };
  const ended = helm.test(name, deadlineMs, signal).then(
    () => {
      work.ended = true;
    },
    (error: unknown) => {
      work.ended = true;
      work.error = error;
    },
  );
  // The chart may say that the pods of its tests go as soon as they have ended: what they write is read while they run.
  const logs = new Map<string, readonly string[]>();
  for (;;) {
    const wasEnded = work.ended;
    for (const hook of hooks) await readLog(place, hook, name.namespace, logs);
    if (wasEnded) break;
    await Promise.race([ended, pause(LOOK_EVERY_MS)]);
  }
  if (signal.aborted) throw cancelled();
  for (const [source, lines] of logs) for (const line of lines) yield { kind: 'log', source, line };
  if (work.error !== undefined) throw failed(name, work.error, logs);
  yield { kind: 'done', state, durationMs: clock.monotonicMs() - startedMs };
}

async function readLog(
  { requests }: Place,
  { kind, metadata }: Manifest,
  namespace: string,
  logs: Map<string, readonly string[]>,
): Promise<void> {
  const within = `/api/v1/namespaces/${encodeURIComponent(metadata.namespace ?? namespace)}/pods`;
  try {
    const query =
      kind === 'Job'
        ? { labelSelector: `batch.kubernetes.io/job-name=${metadata.name}` }
        : { fieldSelector: `metadata.name=${metadata.name}` };
    const pods = (await ifAllowed(requests.request<ObjectList<Pod>>({ path: within, query })))?.items ?? [];
    for (const pod of pods) {
      for (const container of pod.spec?.containers ?? []) {
        const path = `${within}/${encodeURIComponent(pod.metadata.name)}/log`;
        const text = await requests.request<unknown>({ path, query: { container: container.name, tailLines: LOG_LINES }, accept: '*/*' });
        if (typeof text === 'string' && text !== '') logs.set(pod.metadata.name, text.trimEnd().split('\n'));
      }
    }
  } catch (error) {
    // A container that has not begun yet has no log, one of a pod that is gone none any more.
    if (!FaultlineError.is(error)) throw error;
  }
}

function failed(name: ReleaseName, error: unknown, logs: ReadonlyMap<string, readonly string[]>): unknown {
  if (!FaultlineError.is(error)) return error;
  const lines = [...logs].flatMap(([source, written]) => written.slice(-10).map((line) => `${source} | ${line}`));
  return new FaultlineError(
    error.reason === 'cancelled' ? 'timedOut' : 'engine',
    {
      what: t('A test of {0} failed', name.release),
      meaning: [error.facts.meaning ?? error.facts.what, ...lines].join('\n  '),
      remedy: t('“faultline deploy status {0} --namespace {1}” shows what runs.', name.release, name.namespace),
    },
    error,
  );
}
