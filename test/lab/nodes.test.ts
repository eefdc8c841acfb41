import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { afterEach, before, describe, it } from 'mocha';
import { Progress } from '../workbench/cache.mjs';
import type { KubernetesMinor } from './versions.ts';
import { KUBERNETES } from './versions.ts';
import { faultNode, healNode, openFaults, timerName } from './native/faults.ts';
import { killAll, labProcesses, waitUntil } from './native/processes.ts';
import { hasCondition } from './use/api.ts';
import type { Manifest } from './use/apply.ts';
import { useLab } from './use/lab.ts';
import type { TestLab } from './use/lab.ts';
import { isReady } from './use/wait.ts';
import { BUSYBOX, deployment, SAYS_ITS_NAME, service } from './use/workloads.ts';

// A lost node is noticed after 16 s (`--node-monitor-grace-period`), and by watches of ours within 2 s more.
const STOP_MS = 45_000;
const CUT_MS = 40_000;
const FREEZE_MS = 30_000;
const BOUNDS = { timeoutMs: 120_000 };
const MAIN = join(import.meta.dirname, 'main.ts');
/** No other test uses it. */
const NUMBER = 8;
const progress = new Progress('lines');

describe('a node of the lab', () => {
  let lab: TestLab;
  let victim: string;
  let other: string;

  before(async function () {
    this.timeout(180_000);
    lab = await useLab({ profile: 'cluster', own: NUMBER });
    [, victim = '', other = ''] = lab.lab.nodes;
  });

  afterEach('gives every node back what it was taken', async function () {
    this.timeout(180_000);
    for (const { node } of openFaults(lab.lab.number)) await healNode(lab.lab.number, node, progress);
    for (const node of lab.lab.nodes) await nodeIs(node, 'True');
  });

  it('that loses its power is NotReady, its pods move, and it comes back with its disk', async () => {
    await lab.apply([
      movable(deployment({ name: 'web', script: SAYS_ITS_NAME, replicas: 3, port: 8080 }), victim),
      // Writes a line to the node's disk at every start.
      staying('keeper', victim, 'hostname >> /disk/starts && cat /disk/starts && exec sleep 100000', lab.namespace),
    ]);
    const web = await lab.readyPods('app=web', 3, BOUNDS);
    assert.ok(
      web.some(({ spec }) => spec?.nodeName === victim),
      'a pod is there to move',
    );
    const keeper = await lab.podOnNode('app=keeper', victim, BOUNDS);

    const { untilMs } = await fault('stop', STOP_MS);
    await nodeIs(victim, 'Unknown');
    await lab.waitForAll(
      'Three pods are ready elsewhere',
      { kind: 'Pod', labelSelector: 'app=web' },
      (pods) => pods.filter((one) => isReady(one) && one.spec?.nodeName !== victim).length === 3,
      BOUNDS,
    );
    assert.ok(Date.now() < untilMs, 'the pods moved while the node was gone');
    await nodeIs(victim, 'True');
    assert.ok(Date.now() >= untilMs, 'the node was back too early');
    // What was to leave the node has left it.
    await lab.readyPods('app=web', 3, BOUNDS);
    const again = await lab.waitFor(
      'The pod that stayed runs again',
      { kind: 'Pod', name: 'keeper' },
      (one) => isReady(one) && restarts(one) > 0,
      BOUNDS,
    );
    assert.equal(again.metadata?.uid, keeper.metadata?.uid);
    assert.equal((await lines('keeper')).length, 2, 'the disk kept what was written before');
    await takesPods(victim);
    assert.deepEqual(openFaults(lab.lab.number), []);
  });

  it('that is cut off is NotReady from outside, is alone with its own pods inside, and comes back by itself', async () => {
    await lab.apply([
      ...['near', 'far'].flatMap((name) => [
        staying(name, name === 'near' ? victim : other, SAYS_ITS_NAME, lab.namespace),
        service(name, { app: name, port: 8080 }),
      ]),
    ]);
    const near = await lab.podOnNode('app=near', victim, BOUNDS);
    const far = await lab.podOnNode('app=far', other, BOUNDS);
    const cluster = await lab.api.core.readNamespacedService({ name: 'far', namespace: lab.namespace });
    await lab.apply(
      staying(
        'witness',
        victim,
        `see() { if timeout 2 "$@" >/dev/null 2>&1 </dev/null; then echo yes; else echo no; fi; }
         while :; do
           echo $(date +%s) near=$(see wget -qO- http://${near.status?.podIP}:8080) far=$(see wget -qO- http://${far.status?.podIP}:8080) \\
             service=$(see wget -qO- http://${cluster.spec?.clusterIP}) api=$(see nc $KUBERNETES_SERVICE_HOST 443 -e true)
           sleep 0.5
         done`,
        lab.namespace,
      ),
    );
    await lab.podOnNode('app=witness', victim, BOUNDS);
    await seen('witness', 'near=yes far=yes service=yes api=yes');

    const { untilMs } = await fault('cut', CUT_MS);
    await assert.rejects(lab.exec('near', ['true'], { timeoutMs: 5000 }), 'a command reaches a pod that is cut off');
    await nodeIs(victim, 'Unknown');
    await lab.waitFor('The pod that is cut off does not count as ready', { kind: 'Pod', name: 'near' }, (one) => !isReady(one), BOUNDS);
    await lab.waitForAll(
      'Its service leads nowhere',
      { kind: 'EndpointSlice', labelSelector: 'kubernetes.io/service-name=near' },
      (slices) => slices.flatMap(({ endpoints = [] }) => endpoints).every(({ conditions }) => conditions?.ready !== true),
      BOUNDS,
    );
    assert.ok(Date.now() < untilMs, 'all of this was seen while the node was cut off');
    await nodeIs(victim, 'True');
    assert.ok(Date.now() >= untilMs, 'the node was back too early');

    const after = Math.ceil(Date.now() / 1000);
    await seen('witness', 'near=yes far=yes service=yes api=yes', after);
    const during = (await lines('witness')).filter(
      (line) => timeOf(line) > untilMs / 1000 - CUT_MS / 1000 + 3 && timeOf(line) < untilMs / 1000 - 10,
    );
    assert.ok(during.length >= 2, `the pod went on while its node was cut off: ${during.length} lines`);
    for (const line of during) assert.match(line, /near=yes far=no service=no api=no/);
    assert.equal((await lab.exec('near', ['hostname'])).stdout.trim(), 'near');
    for (const name of ['near', 'witness']) assert.equal(restarts(await podOf(name)), 0, `${name} went on without a new start`);
  });

  it('that is frozen is NotReady, and goes on after a gap though who froze it was killed', async () => {
    await lab.apply(staying('clock', victim, 'while :; do date +%s; sleep 1; done', lab.namespace));
    await lab.podOnNode('app=clock', victim, BOUNDS);

    await killedAfter('freeze', FREEZE_MS);
    const [open] = openFaults(lab.lab.number);
    assert.deepEqual([open?.node, open?.kind], [victim, 'freeze']);
    await nodeIs(victim, 'Unknown');
    await nodeIs(victim, 'True');

    assert.ok(Date.now() >= (open?.untilMs ?? Infinity), 'the node went on too early');
    await seen('clock', '', Math.ceil(Date.now() / 1000));
    const times = (await lines('clock')).map(timeOf);
    const gaps = times.slice(1).map((time, at) => time - (times[at] ?? time));
    const longest = Math.max(...gaps);
    assert.ok(longest >= FREEZE_MS / 1000 - 2 && longest < FREEZE_MS / 1000 + 20, `the longest gap is ${longest} s`);
    assert.equal(restarts(await podOf('clock')), 0);
  });

  it('that lost its power is switched on at its time though who switched it off was killed', async () => {
    await lab.apply(staying('lamp', victim, 'date +%s && exec sleep 100000', lab.namespace));
    await lab.podOnNode('app=lamp', victim, BOUNDS);
    await killedAfter('stop', 8000);
    const untilMs = openFaults(lab.lab.number)[0]?.untilMs ?? Infinity;
    const lit = await lab.waitFor(
      'The pod runs again',
      { kind: 'Pod', name: 'lamp' },
      (one) => isReady(one) && restarts(one) === 1,
      BOUNDS,
    );
    const startedMs = new Date(lit.status?.containerStatuses?.[0]?.state?.running?.startedAt ?? 0).getTime();
    // Kubernetes tells whole seconds.
    assert.ok(startedMs >= untilMs - 1000, 'the node was on again too early');
    assert.deepEqual(openFaults(lab.lab.number), []);
  });

  it('that lost its power stays dark when its timer is killed too, until the lab is brought up once more', async () => {
    const { untilMs } = await fault('stop', 3000);
    await killAll(() => timers());
    await waitUntil('The deadline', lab.lab.logs, 10_000, () => Date.now() > untilMs + 1000);
    assert.deepEqual(openFaults(lab.lab.number), [{ node: victim, kind: 'stop', untilMs }]);

    const { code, text } = await cli([
      'up',
      '--lab',
      String(lab.lab.number),
      '--profile',
      'cluster',
      '--kubernetes',
      minor(),
      '--images',
      'none',
    ]);
    assert.equal(code, 0, text);
    assert.deepEqual(openFaults(lab.lab.number), []);
    await takesPods(victim);
  });

  it('with a fault takes no second one, and is back at once when it is healed', async () => {
    await fault('cut', 300_000);
    await assert.rejects(fault('freeze', 5000), /is cut off for \d+ s more/);
    await healNode(lab.lab.number, victim, progress);
    await fault('freeze', 300_000);
    await healNode(lab.lab.number, victim, progress);
    await healNode(lab.lab.number, victim, progress);
    assert.deepEqual([openFaults(lab.lab.number), timers()], [[], []]);
    await takesPods(victim);
  });

  function fault(kind: 'stop' | 'cut' | 'freeze', forMs: number) {
    return faultNode(lab.lab.number, victim, kind, forMs, progress);
  }

  /** What the kubelet last said of itself, or "Unknown" once it was not heard any more. */
  function nodeIs(name: string, ready: 'True' | 'Unknown'): Promise<V1Node> {
    const isSo = ({ status }: V1Node) => hasCondition(status?.conditions, 'Ready', ready);
    return lab.waitFor(`Node ${name}: Ready is ${ready}`, { kind: 'Node', name }, isSo, BOUNDS);
  }

  async function takesPods(node: string): Promise<void> {
    const name = `fresh-${Date.now()}`;
    await lab.apply(staying(name, node, 'exec sleep 100000', lab.namespace));
    await lab.podOnNode(`app=${name}`, node, BOUNDS);
  }

  /** Waits for a line of the log that has this text, not older than Unix seconds. */
  async function seen(name: string, text: string, since = 0): Promise<void> {
    const signal = AbortSignal.any([lab.signal, AbortSignal.timeout(BOUNDS.timeoutMs)]);
    for await (const line of lab.logs(name, { follow: true, signal })) if (line.includes(text) && timeOf(line) >= since) return;
    throw new Error(`${name} has ended before it said "${text}".`);
  }

  async function lines(name: string): Promise<string[]> {
    const found: string[] = [];
    for await (const line of lab.logs(name)) found.push(line);
    return found;
  }

  function podOf(name: string): Promise<V1Pod> {
    return lab.api.core.readNamespacedPod({ name, namespace: lab.namespace });
  }

  function timers(): number[] {
    return labProcesses(lab.lab.number).flatMap(({ name, pid }) => (name === timerName(victim) ? [pid] : []));
  }

  function minor(): KubernetesMinor {
    return lab.lab.kubernetes === KUBERNETES['1.33'] ? '1.33' : '1.34';
  }

  /** Begins the fault on the command line, and ends that with its whole process group the moment it says that the fault is there. */
  async function killedAfter(kind: 'stop' | 'freeze', forMs: number): Promise<void> {
    const args = ['node', kind, victim, '--for', `${forMs / 1000}s`, '--lab', String(lab.lab.number)];
    const child = spawn(process.execPath, [MAIN, ...args], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    const said = Promise.race([
      once(child.stdout, 'data'),
      ended.then(([code]) => Promise.reject(new Error(`it ended with ${String(code)}`))),
    ]);
    try {
      await said;
    } finally {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
      await ended;
    }
  }
});

async function cli(args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = (await once(child, 'close')) as [number];
  return { code, text: Buffer.concat(chunks).toString() };
}

/** A pod of this one node that no fault of it drives away; it is started again. The node's disk is at /disk. */
function staying(name: string, node: string, script: string, namespace: string): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: {
      terminationGracePeriodSeconds: 1,
      nodeSelector: { 'kubernetes.io/hostname': node },
      tolerations: [{ operator: 'Exists' }],
      containers: [
        {
          name: 'main',
          image: BUSYBOX,
          imagePullPolicy: 'IfNotPresent',
          command: ['sh', '-c', script],
          volumeMounts: [{ name: 'disk', mountPath: '/disk' }],
        },
      ],
      volumes: [{ name: 'disk', hostPath: { path: `/var/lib/${namespace}/${name}`, type: 'DirectoryOrCreate' } }],
    },
  };
}

/** The same with pods that go to this node first, and leave a lost one soon: Kubernetes waits five minutes where nothing is said. */
function movable(manifest: Manifest, node: string): Manifest {
  const copy = structuredClone(manifest) as Manifest & { readonly spec: { readonly template: { readonly spec: object } } };
  const here = { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] };
  Object.assign(copy.spec.template.spec, {
    affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: here }] } },
    tolerations: ['not-ready', 'unreachable'].map((key) => ({
      key: `node.kubernetes.io/${key}`,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 5,
    })),
  });
  return copy;
}

function restarts({ status }: V1Pod): number {
  return status?.containerStatuses?.[0]?.restartCount ?? 0;
}

function timeOf(line: string): number {
  return Number.parseInt(line, 10);
}
