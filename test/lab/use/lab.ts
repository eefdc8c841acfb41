/**
 * A real cluster for a test file:
 *
 *     describe('…', () => {
 *       let lab: TestLab;
 *       before(async () => (lab = await useLab({ profile: 'cluster' })));
 *
 * gives a namespace that nobody else uses and that is gone after the file, and helpers that wait on events, never on time.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubernetesObject, V1Pod } from '@kubernetes/client-node';
import Mocha, { after, afterEach } from 'mocha';
import { Progress } from '../../workbench/cache.mjs';
import type { Profile, RunningLab } from '../lab.ts';
import { down } from '../ways.ts';
import { apiOf, loadKubeconfig } from './api.ts';
import type { Api } from './api.ts';
import { apply } from './apply.ts';
import type { Manifest } from './apply.ts';
import { keepEvidence } from './evidence.ts';
import { exec } from './exec.ts';
import type { ExecOptions, ExecResult } from './exec.ts';
import { portForward } from './forward.ts';
import type { Forward, ForwardTarget } from './forward.ts';
import type { Kind, Kinds } from './kinds.ts';
import { logLines } from './logs.ts';
import type { LogOptions } from './logs.ts';
import { makeNamespace, removeExpired, removeNamespace } from './namespace.ts';
import { ephemeral, podOnNode, readyPods } from './pods.ts';
import type { EphemeralOptions } from './pods.ts';
import { BESIDE_VARIABLE, ownLab, runningLab } from './running.ts';
import { waitFor, waitForAll } from './wait.ts';
import type { Bounds, Scope } from './wait.ts';
import type { Selection } from './watch.ts';

export interface LabNeeds {
  /** At least: a lab of profile `cluster` serves them all. */
  readonly profile: Profile;
  /** The file disturbs nodes or the whole lab: it must be in `test/lab/alone`, where nothing runs beside it. */
  readonly alone?: boolean;
  /** A lab of this number for this file, up and down with it: for a file that disturbs nodes and waits more than it computes. */
  readonly own?: number;
}

export interface TestLab {
  readonly lab: RunningLab;
  /** Path of a copy for this file alone, whose context names the namespace. */
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly api: Api;
  /** Aborts when the file is done. */
  readonly signal: AbortSignal;
  /** Server-side apply of YAML text or objects, in order; a namespace that is left out is the test's. */
  apply(manifests: string | Manifest | readonly Manifest[]): Promise<KubernetesObject[]>;
  /** The object once `isSo` holds for it; it need not be there yet. `what` says in a sentence what is waited for. */
  waitFor<K extends Kind>(
    what: string,
    one: Selection<K> & { readonly name: string },
    isSo: (object: Kinds[K]) => boolean,
    bounds?: Bounds,
  ): Promise<Kinds[K]>;
  /** All objects of the selection once `isSo` holds for them together; `[]` is a state too. */
  waitForAll<K extends Kind>(
    what: string,
    selection: Selection<K>,
    isSo: (objects: readonly Kinds[K][]) => boolean,
    bounds?: Bounds,
  ): Promise<readonly Kinds[K][]>;
  /** Throws only when the command could not be run to its end; its exit code is the caller's to judge. */
  exec(pod: string, command: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** Lines; with `follow` until the container ends or the loop is left. */
  logs(pod: string, options?: LogOptions): AsyncGenerator<string>;
  /** Leads on to another pod of the same labels when the pod is gone. Closed with the file at the latest. */
  portForward(target: ForwardTarget, port: number, bounds?: Bounds): Promise<Forward>;
  /** Name of the container that was added; it runs, or has ended already. */
  ephemeral(pod: string, options: EphemeralOptions): Promise<string>;
  /** Once exactly `count` pods of the selector are there and ready. */
  readyPods(labelSelector: string, count: number, bounds?: Bounds): Promise<readonly V1Pod[]>;
  /** A ready pod of the selector on this node. */
  podOnNode(labelSelector: string, node: string, bounds?: Bounds): Promise<V1Pod>;
}

/**
 * Call it in a `before` hook, or at the top of the file: the namespace is removed when the file ends, and what it held is kept beside
 * the report when a test fails. Throws a SetupError where no lab can be had or the one that runs is too small.
 */
export async function useLab(needs: LabNeeds): Promise<TestLab> {
  if (needs.alone === true && process.env[BESIDE_VARIABLE] !== undefined)
    throw new Error('Other test files are using this lab: a test that needs it alone belongs into test/lab/alone.');
  const { testLab, keeper, end } = await openLab(
    await (needs.own === undefined ? runningLab(needs.profile) : ownLab(needs.own, needs.profile)),
  );
  const keep = async (failed: Mocha.Runnable): Promise<void> => {
    const note = await keepEvidence(keeper, { fullTitle: failed.fullTitle(), file: failed.file });
    // The report and the lines at the end are written from this error when all is over.
    if ('err' in failed && failed.err instanceof Error) addNote(failed.err, note);
  };
  afterEach('keeps what the namespace held', async function () {
    this.timeout(HOOK_LIMIT_MS);
    if (this.currentTest?.state === 'failed') await keep(this.currentTest);
  });
  after('removes the namespace', async function () {
    this.timeout(HOOK_LIMIT_MS);
    // After a hook that failed there is no test to speak for.
    const root = this.test?.parent;
    const hook = root === undefined ? undefined : hooksOf(root).find(({ state }) => state === 'failed');
    if (hook !== undefined) await keep(hook);
    await end();
    if (needs.own !== undefined) await down(needs.own, new Progress('lines'));
  });
  return testLab;
}

const HOOK_LIMIT_MS = 180_000;

function addNote(error: Error, note: string): void {
  const { message, stack } = error;
  error.message = `${message}\n${note}`;
  if (stack !== undefined) error.stack = stack.includes(message) ? stack.replace(message, () => error.message) : `${stack}\n${note}`;
}

/** Each before and after hook below a suite. The types of Mocha leave out where it keeps them. */
function hooksOf(suite: Mocha.Suite): Mocha.Hook[] {
  const own = ['_beforeAll', '_afterAll'].map((list): unknown => Reflect.get(suite, list));
  return [...own.flat().filter((hook) => hook instanceof Mocha.Hook), ...suite.suites.flatMap(hooksOf)];
}

export interface OpenLab {
  readonly testLab: TestLab;
  /** Outlives the tests' own signal: for what is done when they are over. */
  readonly keeper: Scope;
  /** Removes the namespace and waits until it is gone. */
  readonly end: () => Promise<void>;
}

/** A namespace in a lab that runs, outside of any test runner. */
export async function openLab(lab: RunningLab): Promise<OpenLab> {
  const config = loadKubeconfig(lab.kubeconfig, 'default');
  const unending = apiOf(config, new AbortController().signal);
  await removeExpired(unending);
  const keeper = await makeNamespace(unending, lab.number);
  const { namespace } = keeper;
  const folder = mkdtempSync(join(tmpdir(), 'faultline-lab-'));
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, loadKubeconfig(lab.kubeconfig, namespace).exportConfig(), { mode: 0o600 });
  const life = new AbortController();
  const { signal } = life;
  const scope: Scope = { api: apiOf(config, signal), namespace, signal };
  const testLab: TestLab = {
    lab,
    kubeconfig,
    namespace,
    api: scope.api,
    signal,
    apply: (manifests) => apply(scope, manifests),
    waitFor: (what, one, isSo, bounds) => waitFor(scope, what, one, isSo, bounds),
    waitForAll: (what, selection, isSo, bounds) => waitForAll(scope, what, selection, isSo, bounds),
    exec: (pod, command, options) => exec(scope, pod, command, options),
    logs: (pod, options) => logLines(scope.api, namespace, pod, { signal, ...options }),
    portForward: (target, port, bounds) => portForward(scope, target, port, bounds),
    ephemeral: (pod, options) => ephemeral(scope, pod, options),
    readyPods: (labelSelector, count, bounds) => readyPods(scope, labelSelector, count, bounds),
    podOnNode: (labelSelector, node, bounds) => podOnNode(scope, labelSelector, node, bounds),
  };
  const end = async (): Promise<void> => {
    life.abort(new Error('The tests of this file are over.'));
    rmSync(folder, { recursive: true, force: true });
    await removeNamespace(keeper);
  };
  return { testLab, keeper, end };
}
