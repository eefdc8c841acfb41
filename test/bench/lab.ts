// npm run bench:lab [-- api|cluster] [--lab N]: how long the native lab takes, and how much memory, with everything it is made of in the cache. One table; 1 when a limit is broken.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Progress, SetupError } from '../workbench/cache.mjs';
import { program } from '../lab/build/programs.ts';
import type { ProgramName } from '../lab/build/programs.ts';
import { ensureImages } from '../lab/images/images.ts';
import { scale } from '../lab/kwok/scale.ts';
import type { LabOptions, Profile } from '../lab/lab.ts';
import { openLab } from '../lab/use/lab.ts';
import type { TestLab } from '../lab/use/lab.ts';
import { isReady } from '../lab/use/wait.ts';
import { deployment } from '../lab/use/workloads.ts';
import { DEFAULT_MINOR } from '../lab/versions.ts';
import { down, status, up } from '../lab/ways.ts';
import { atMost, median, printFindings } from './table.ts';
import type { Finding } from './table.ts';

const PODS = 10_000;
const KILLS = 5;
/** A lab uses more memory in its first seconds than when it has just become ready. */
const SETTLING_MS = 10_000;

/** Kubernetes' own are built together. */
const NEEDED: readonly ProgramName[] = ['kube-apiserver', 'coredns', 'metrics-server', 'kube-network-policies', 'kwok'];

const progress = new Progress('lines');

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ options: { lab: { type: 'string', default: '9' } }, allowPositionals: true });
  const number = Number(values.lab);
  const unknown = positionals.filter((name) => !(name in parts));
  if (unknown.length > 0 || !/^\d$/.test(values.lab)) {
    console.error(`Usage: npm run bench:lab [-- ${Object.keys(parts).join('|')}] [--lab 0 to 9]`);
    return 2;
  }
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interrupted.abort());
  await fillCache();
  await down(number, progress);
  const findings: Finding[] = [];
  try {
    for (const [name, measure] of Object.entries(parts)) {
      if (positionals.length === 0 || positionals.includes(name)) findings.push(...(await measure(number, interrupted.signal)));
    }
  } finally {
    await down(number, progress);
  }
  return printFindings(findings) > 0 ? 1 : 0;
}

const parts: Readonly<Record<string, (number: number, signal: AbortSignal) => Promise<Finding[]>>> = {
  api: measureApi,
  cluster: measureCluster,
};

/** Everything is built and fetched before: what is measured is a start from the cache. */
async function fillCache(): Promise<void> {
  for (const name of NEEDED) await program(name, DEFAULT_MINOR, progress);
  await ensureImages(['busybox'], progress);
}

async function measureApi(number: number, signal: AbortSignal): Promise<Finding[]> {
  const { lab, seconds } = await start(number, 'api');
  signal.throwIfAborted();
  const { durationMs, nodes } = await scale({
    kubeconfig: lab.kubeconfig,
    number,
    pods: PODS,
    signal,
    say: () => undefined,
  });
  return [
    atMost('profile api, ready', seconds, 15, 's', 'from "up" until the API server answers, pods can be made and kwok was started'),
    atMost(
      `${PODS} fake pods, Running`,
      durationMs / 1000,
      180,
      's',
      `on ${nodes} fake nodes, from an empty cluster until the last is Running`,
    ),
    atMost('profile api, down, with those pods', await end(number), 15, 's', 'until nothing of it is left'),
  ];
}

async function measureCluster(number: number, signal: AbortSignal): Promise<Finding[]> {
  const { lab, seconds } = await start(number, 'cluster');
  signal.throwIfAborted();
  const memory = await settledMemory(number);
  const { testLab, end: endNamespace } = await openLab(lab);
  const recoveries = await killPods(testLab);
  await endNamespace();
  const shown = recoveries.map((value) => value.toFixed(2)).join(', ');
  return [
    atMost('profile cluster, three nodes Ready', seconds, 60, 's', 'from "up" until the last node is Ready'),
    atMost(
      'its memory before any workload',
      memory,
      1.5,
      'GiB',
      `proportional share of all its processes, the most in ${SETTLING_MS / 1000} s`,
    ),
    atMost('a force-deleted pod is Ready again, median', median(recoveries), 3, 's', `of ${recoveries.length}: ${shown} s`),
    atMost(
      'a force-deleted pod is Ready again, worst',
      Math.max(...recoveries),
      3,
      's',
      'from the request until both pods of the Deployment are Ready',
    ),
    atMost('profile cluster, down', await end(number), 15, 's', 'until nothing of it is left'),
  ];
}

async function start(
  number: number,
  profile: Profile,
): Promise<{ readonly lab: Awaited<ReturnType<typeof up>>; readonly seconds: number }> {
  const options: LabOptions = { number, profile, kubernetes: DEFAULT_MINOR, images: ['busybox'], way: 'native' };
  const started = performance.now();
  const lab = await up(options, progress);
  return { lab, seconds: (performance.now() - started) / 1000 };
}

/** Seconds. */
async function end(number: number): Promise<number> {
  const started = performance.now();
  await down(number, progress);
  return (performance.now() - started) / 1000;
}

/** GiB. */
async function settledMemory(number: number): Promise<number> {
  let most = 0;
  const until = performance.now() + SETTLING_MS;
  while (performance.now() < until) {
    const { processes } = await status(number);
    const missing = processes.filter(({ memoryBytes }) => memoryBytes === undefined).map(({ name }) => name);
    if (missing.length > 0) throw new SetupError(`The memory of ${missing.join(', ')} can't be read.`);
    most = Math.max(
      most,
      processes.reduce((sum, { memoryBytes }) => sum + (memoryBytes ?? 0), 0),
    );
    await sleep(1000);
  }
  return most / 2 ** 30;
}

/** Seconds until two pods are Ready again after one was force-deleted, for each of the kills. */
async function killPods(lab: TestLab): Promise<number[]> {
  const app = 'app=killed';
  await lab.apply(deployment({ name: 'killed', script: 'sleep 100000', replicas: 2 }));
  const recoveries: number[] = [];
  for (let i = 0; i < KILLS; i++) {
    const [victim] = await lab.readyPods(app, 2);
    const { name = '', uid } = victim?.metadata ?? {};
    const started = performance.now();
    const back = lab.waitForAll(`A pod in the place of ${name}`, { kind: 'Pod', labelSelector: app }, (pods) => {
      const others = pods.filter(({ metadata }) => metadata?.uid !== uid);
      return others.length === 2 && others.every(isReady);
    });
    await lab.api.core.deleteNamespacedPod({ namespace: lab.namespace, name, gracePeriodSeconds: 0 });
    await back;
    recoveries.push((performance.now() - started) / 1000);
  }
  return recoveries;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = 3;
}
