/** One round: a target, a real run that breaks it, somebody killed in the middle, and what became of it all. */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import type { Place } from '../lab/native/place.ts';
import type { Manifest } from '../lab/use/apply.ts';
import type { TestLab } from '../lab/use/lab.ts';
import { deployment, SAYS_ITS_NAME } from '../lab/use/workloads.ts';
import { ended, type Ended } from '../recovery/terminal.ts';
import { leftInCluster, sweptLater } from './cluster.ts';
import { endByMs, judge, type Opened, type Seen } from './judge.ts';
import { readTold, runnerOf, type Told } from './journal.ts';
import { heldBy, type Round } from './rounds.ts';
import { helpersOf, leftInPod, looker, type Sample, type Watched, type WatchedPod } from './truth.ts';
import { healersIn, killed, type HealerPod, type Hit } from './victims.ts';

/** Where a round takes place: a namespace and a home of its own, one round after the other. */
export interface Ground {
  readonly lab: TestLab;
  readonly place: Place;
  /** FAULTLINE_HOME. */
  readonly home: string;
  /** Of the repository. */
  readonly root: string;
}

/** What a round meets when it is carried out. */
export interface Meets {
  /** Kills; also for the others of a shared batch, whoever comes first. undefined: there was nobody to kill. */
  readonly strike: (about: Struck) => Promise<Hit | undefined>;
  /** Its run has begun, or will not: nobody strikes before that is said for all of a shared batch. Safe to be called again. */
  readonly begun: () => void;
  /** Resolves when somebody else has struck. */
  readonly struck: Promise<Hit | undefined> | undefined;
  /** The target's pods are on this node. */
  readonly node?: string;
  /** Starts the run; default: the terminal. Answers its folder. */
  readonly begin?: (spec: string) => Promise<string>;
}

export interface Struck {
  readonly folder: string;
  readonly pod: WatchedPod;
  readonly healers: readonly HealerPod[];
}

export interface Outcome {
  readonly round: Round;
  readonly violations: readonly string[];
  /** Whom it hit; undefined: its moment never came, `note` says why. */
  readonly hit: Hit | undefined;
  readonly note: string;
  /** Of the journal when it was hit. */
  readonly phase: string;
  /** How much earlier (-) or later (+) than its deadline it was last seen, ms; undefined: it was never seen. */
  readonly endedMs: number | undefined;
  readonly verdict: string;
  readonly tookMs: number;
}

const READY_MS = 120_000;
const CLI_MS = 180_000;
const MOMENT_MS = 120_000;
/** Healing, observing and fetching, on a machine that does much else. */
const END_MS = 150_000;
const LOOK_EVERY_MS = 150;
const BEFORE_MS = 4000;
const HEALING_MS = 300;
/** Of a fault that is over at once: its run goes on for a second. */
const OVER_MS = 700;
const ASK_EVERY_MS = 250;
const PATIENCE_MS = 1000;

/** Fails where the lab or this program does; what Faultline does wrong stands in the outcome. */
export async function carryOut(round: Round, ground: Ground, meets: Meets): Promise<Outcome> {
  const beganMs = performance.now();
  const { lab } = ground;
  const name = `web-${round.number}`;
  const watched = await again(() => targetOf(round, ground, name, meets.node));
  const life = new AbortController();
  const samples: Sample[] = [];
  const looking = lookOnAndOn(watched, samples, life.signal);
  const asking = askOnAndOn(watched.pod.address, life.signal);
  try {
    const spec = writeSpec(round, ground, watched);
    const folder = await (meets.begin ?? ((file: string) => fromTerminal(ground, file)))(spec);
    meets.begun();
    const { hit, phase, note } = await momentOf(round, ground, watched, folder, meets);
    const told = await untilOver(round, folder, hit);
    const byMs = endByMs({ round, told, hit });
    // A look after its end at the latest.
    await sleep(Math.max(0, (byMs ?? Date.now()) - Date.now()) + 2 * LOOK_EVERY_MS);
    const run = folder.split('/').at(-1) ?? '';
    const opened = await openedAs(ground, run);
    const stopped = await stoppedAs(ground);
    await sleep(2 * LOOK_EVERY_MS);
    const left = [
      ...(await leftInPod(watched.pod)),
      ...(await again(() => leftInCluster(lab, watched, run, round.victim === 'apiServer' && told.end !== undefined))),
    ];
    life.abort();
    await looking;
    const seen: Seen = { round, told, samples, hit, opened, stopped, left: [...left, ...(await again(() => sweptLater(lab, watched)))] };
    const lastMs = samples.findLast(({ active }) => active === true)?.untilMs;
    const deadline = told.steps.find(({ step }) => step === 'applied' || step === 'go')?.atMs;
    return {
      ...{ round, violations: judge(seen), hit, note, phase, verdict: opened?.verdict ?? 'none', tookMs: performance.now() - beganMs },
      endedMs: lastMs === undefined || deadline === undefined ? undefined : lastMs - deadline - round.durationMs,
    };
  } finally {
    life.abort();
    await Promise.all([looking, asking]);
    await lab.api.apps
      .deleteNamespacedDeployment({ name, namespace: lab.namespace, propagationPolicy: 'Background' })
      .catch(() => undefined);
  }
}

const REPLICAS = 2;

async function targetOf({ kind, node }: Round, { lab, place }: Ground, name: string, on: string | undefined): Promise<Watched> {
  const limits = { cpu: '500m', memory: '64Mi' };
  const made = deployment({ name, script: SAYS_ITS_NAME, port: 8080, replicas: REPLICAS, resources: { requests: { cpu: '10m' }, limits } });
  await lab.apply(on === undefined ? made : chosen(made, on));
  const [first] = await lab.readyPods(`app=${name}`, REPLICAS, { timeoutMs: READY_MS });
  // Its controller says so later than its pods, and much later where another lane has just killed the API server.
  await lab.waitFor(
    `${name} is rolled out`,
    { kind: 'Deployment', name },
    ({ status }) => status?.updatedReplicas === REPLICAS && status.availableReplicas === REPLICAS,
    { timeoutMs: READY_MS },
  );
  const own = place.nodes.find((one) => one.name === first?.spec?.nodeName);
  const containerId = first?.status?.containerStatuses?.[0]?.containerID?.replace(/^.*:\/\//, '');
  const { name: pod, uid } = first?.metadata ?? {};
  const address = first?.status?.podIP;
  if (own === undefined || containerId === undefined || pod === undefined || uid === undefined || address === undefined)
    throw new Error(`${name} has no pod.`);
  return {
    ...{ kind, api: lab.api },
    pod: { namespace: lab.namespace, name: pod, uid, containerId, address, node: own },
    objects: { deployment: name, replicas: REPLICAS, node: place.nodes[node]?.name ?? '' },
  };
}

function chosen(manifest: Manifest, node: string): Manifest {
  const { spec } = manifest as unknown as { spec: { template: { spec: object } } };
  const pinned = { ...spec.template.spec, nodeSelector: { 'kubernetes.io/hostname': node } };
  return { ...manifest, spec: { ...spec, template: { ...spec.template, spec: pinned } } };
}

/** What users feel is told by other tests: a statement of the embedded engine, which notices nothing, is what the run measures. */
function writeSpec({ number, kind, durationMs }: Round, { home, lab }: Ground, { pod, objects }: Watched): string {
  const settings = {
    ...{ freeze: {}, networkCut: {}, cordon: {}, podDelete: {} },
    ...{ packetLoss: { percent: '40 %' }, latency: { latency: '300 ms' }, cpuStress: { cores: 1 }, memoryStress: { memory: '24 MiB' } },
    scale: { replicas: objects.replicas + 1 },
  }[kind];
  const target =
    kind === 'scale' ? { workload: `deployment/${objects.deployment}` } : kind === 'cordon' ? { node: objects.node } : { pod: pod.name };
  const spec = {
    ...{ faultline: 1, name: `soak ${number}`, engine: { kind: 'duckdb', file: 'one.csv' } },
    ...{
      workload: { statements: [{ name: 'one', sql: 'select n from one' }] },
      load: { rate: '2/s' },
      cluster: { context: lab.api.config.currentContext, namespace: lab.namespace },
    },
    faults: [{ kind, target, ...settings, ...(heldBy[kind] === 'nobody' ? {} : { for: `${durationMs} ms` }) }],
    ...{ baseline: '1 s', observe: '1 s', recovery: { window: '1 s', samples: 1, slow: '1 min' } },
  };
  const folder = join(home, 'specs');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'one.csv'), 'n\n1\n');
  const file = join(folder, `soak-${number}.faultline.yaml`);
  writeFileSync(file, JSON.stringify(spec, null, 2));
  return file;
}

function cli({ root, home, lab }: Ground, ...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [join(root, 'dist/cli.js'), ...args], {
    env: { ...process.env, FAULTLINE_HOME: home, KUBECONFIG: lab.kubeconfig },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.timeout(CLI_MS),
  });
  return ended(child);
}

const Begun = v.object({ run: v.string() });

async function fromTerminal(ground: Ground, spec: string): Promise<string> {
  const { code, stdout, stderr } = await cli(ground, 'run', spec, '--detach', '--json', '--yes');
  if (code !== 0) throw new Error(`The run was not begun (${String(code)}): ${`${stdout}${stderr}`.trim().slice(-600)}`);
  return join(ground.home, 'runs', v.parse(Begun, JSON.parse(stdout)).run);
}

/** Waits for it, and strikes. */
async function momentOf(
  round: Round,
  { lab, place }: Ground,
  { pod }: Watched,
  folder: string,
  { strike, struck }: Meets,
): Promise<{ readonly hit: Hit | undefined; readonly phase: string; readonly note: string }> {
  const { moment, at, kind, victim } = round;
  const isKernel = heldBy[kind] === 'kernel';
  const namespace = kind === 'cordon' ? 'default' : lab.namespace;
  const beganMs = Date.now();
  const limitMs = beganMs + MOMENT_MS;
  let byOther = false;
  void struck?.then(() => (byOther = true));
  let healers: readonly HealerPod[] = [];
  while (Date.now() < limitMs && !byOther) {
    const told = readTold(folder);
    const has = (...names: readonly string[]): number | undefined => told.steps.find(({ step }) => names.includes(step))?.atMs;
    const isThere = victim === 'helper' || moment === 'armed' ? (isKernel ? helpersOf(pod).length > 0 : healers.length > 0) : false;
    const dueMs = {
      before: victim === 'helper' ? (isThere ? beganMs : undefined) : (has('ready', 'go') ?? beganMs + at * BEFORE_MS),
      armed: isThere ? Date.now() : victim === 'helper' ? undefined : has('ready', 'go'),
      during: plus(has('applied'), at * (heldBy[kind] === 'nobody' ? OVER_MS : round.durationMs)),
      healing: plus(has('heal', 'expired', 'endedEarly', 'healed'), at * HEALING_MS),
    }[moment];
    if (dueMs !== undefined && dueMs - Date.now() < 100) {
      await sleep(Math.max(0, dueMs - Date.now()));
      const hit = await strike({ folder, pod, healers });
      return { hit, phase: readPhase(readTold(folder), hit), note: hit === undefined ? `there was no ${victim} any more` : '' };
    }
    if (runnerOf(folder) === undefined && told.end !== undefined)
      return { hit: undefined, phase: 'over', note: `over before: ${told.end}; ${told.steps.at(-1)?.text ?? ''}` };
    if (!isKernel && (victim === 'helper' || victim === 'node')) healers = await healersIn(lab.api, namespace, place).catch(() => healers);
    await sleep(25);
  }
  const hit = await struck;
  return hit === undefined
    ? { hit, phase: 'none', note: `its moment did not come within ${MOMENT_MS / 1000} s` }
    : { hit, phase: readPhase(readTold(folder), hit), note: '' };
}

function plus(ms: number | undefined, more: number): number | undefined {
  return ms === undefined ? undefined : ms + more;
}

function readPhase({ steps }: Told, hit: Hit | undefined): string {
  return steps.findLast(({ atMs }) => atMs <= (hit?.atMs ?? 0))?.step ?? 'preparing';
}

/** Its runner is gone; or it does not end, which the judge tells. */
async function untilOver(round: Round, folder: string, hit: Hit | undefined): Promise<Told> {
  const limitMs = Date.now() + END_MS + round.durationMs;
  while (runnerOf(folder) !== undefined && Date.now() < limitMs) await sleep(100);
  const pid = runnerOf(folder);
  const told = readTold(folder);
  if (pid !== undefined) killed('runner that did not end', [pid]);
  // Nobody else writes it now.
  return hit === undefined || pid !== undefined ? told : readTold(folder);
}

const Recovery = v.object({
  verdict: v.nullable(v.string()),
  reason: v.string(),
  effectProven: v.nullable(v.boolean()),
  healProven: v.nullable(v.boolean()),
});

async function openedAs(ground: Ground, run: string): Promise<Opened | undefined> {
  const { code, stdout } = await cli(ground, 'recovery', run, '--json');
  try {
    return { code, ...v.parse(Recovery, JSON.parse(stdout)) };
  } catch {
    return undefined;
  }
}

const Stopped = v.object({
  runs: v.array(v.object({ run: v.string(), faults: v.array(v.object({ end: v.string(), text: v.string() })) })),
});

/** Whatever is open in this home. */
async function stoppedAs(ground: Ground): Promise<Seen['stopped']> {
  const { stdout, stderr } = await cli(ground, 'stop', '--all', '--json');
  try {
    return v.parse(Stopped, JSON.parse(stdout)).runs.flatMap(({ faults }) => faults);
  } catch {
    return [{ end: 'unconfirmed', text: `${stdout}${stderr}`.trim().slice(-400) }];
  }
}

async function lookOnAndOn(watched: Watched, samples: Sample[], signal: AbortSignal): Promise<void> {
  const look = looker(watched);
  while (!signal.aborted) {
    samples.push(await look());
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** A fault of the network shows its effect on packets: somebody asks, from this machine. */
async function askOnAndOn(address: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    void fetch(`http://${address}:8080/`, { signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]) }).then(
      (answer) => answer.text().catch(() => ''),
      () => '',
    );
    await sleep(ASK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

const TRIES = 5;
const AGAIN_MS = 2000;

/** An API server that was killed has left connections behind, each of which fails once. */
async function again<T>(work: () => Promise<T>): Promise<T> {
  for (let left = TRIES - 1; ; left--) {
    try {
      return await work();
    } catch (error) {
      if (left === 0 || !/fetch failed|ECONN|socket hang up/.test(String(error))) throw error;
      await sleep(AGAIN_MS);
    }
  }
}
