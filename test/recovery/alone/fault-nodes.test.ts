import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { afterEach, before, describe, it } from 'mocha';
import type { ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import { labNodeInjectors } from '../../../src/fault/inject/lab-node.ts';
import type { PreparedFault } from '../../../src/fault/injector.ts';
import { labsOfMachine } from '../../../src/fault/lab/labs.ts';
import { undoMark } from '../../../src/fault/marks.ts';
import { defaultImages } from '../../../src/fault/plan.ts';
import type { FaultSettings } from '../../../src/journal/fault-plan.ts';
import { Progress } from '../../workbench/cache.mjs';
import { attendNode } from '../../lab/main/attend.ts';
import { healNode, openFaults } from '../../lab/native/faults.ts';
import { hasCondition } from '../../lab/use/api.ts';
import type { Manifest } from '../../lab/use/apply.ts';
import { useLab, type TestLab } from '../../lab/use/lab.ts';
import { deployment, pod, SAYS_ITS_NAME } from '../../lab/use/workloads.ts';
import { asked, failure, injection, injectorOf, nodeTarget, prepared, proves, untilAsked } from '../faults/kit.ts';

const progress = new Progress('lines');

describe('faults of nodes, seen by a user on another one', () => {
  let lab: TestLab;
  let connection: ClusterConnection;
  let victim: string;
  let elsewhere: string;
  let address: string;

  before(async function () {
    this.timeout(180_000);
    lab = await useLab({ profile: 'cluster', alone: true });
    connection = await lab.api.connection();
    [elsewhere = '', , victim = ''] = lab.lab.nodes;
    await lab.apply([
      at(pod({ name: 'web', script: SAYS_ITS_NAME, port: 8080 }), victim),
      at(pod({ name: 'user', script: 'sleep 100000' }), elsewhere),
    ]);
    await lab.readyPods('app=user', 1);
    const [web] = await lab.readyPods('app=web', 1);
    address = `http://${web?.status?.podIP ?? ''}:8080`;
    await untilAsked(lab, address, (answer) => answer === 'web');
  });

  afterEach('gives the node back what it was taken', async function () {
    this.timeout(180_000);
    for (const { node } of openFaults(lab.lab.number)) await healNode(lab.lab.number, node, progress);
    await isReady('True');
  });

  async function isReady(ready: 'True' | 'Unknown'): Promise<void> {
    await lab.waitFor(
      `Node ${victim}: Ready is ${ready}`,
      { kind: 'Node', name: victim },
      ({ status }) => hasCondition(status?.conditions, 'Ready', ready),
      {
        timeoutMs: 120_000,
      },
    );
  }

  async function begun(
    settings: FaultSettings,
    durationMs: number,
  ): Promise<{ readonly fault: PreparedFault; readonly deadlineMs: number }> {
    const one = injection(connection, settings, await nodeTarget(lab, victim), { healerImage: defaultImages.node });
    const fault = await prepared(one, lab.signal);
    const deadlineMs = Date.now() + durationMs;
    await fault.apply({ deadlineMs }, lab.signal);
    return { fault, deadlineMs };
  }

  for (const [kind, effect, end] of [
    ['nodeFreeze', /all processes of the node stand still/, /go on/],
    ['nodeCut', /^[1-9]\d* packets of the node were dropped/, /Nothing of the node’s packets/],
  ] as const) {
    it(`${kind}: its pods answer nobody elsewhere until it is healed, and then as before`, async function () {
      this.timeout(120_000);
      const { fault } = await begun({ kind }, 60_000);
      assert.equal(await asked(lab, address), undefined);
      await proves(fault.effect(lab.signal), effect);
      const second = injection(connection, { kind: 'nodeStop' }, await nodeTarget(lab, victim));
      const answer = await injectorOf('nodeStop').rehearse(second, lab.signal);
      assert.match(answer.kind === 'refused' ? answer.text : answer.kind, /already/, 'a second one is refused');
      const healMs = performance.now();
      assert.deepEqual(await fault.heal(lab.signal), { kind: 'sent' });
      assert.ok(performance.now() - healMs < 1000, 'the order was taken at once');
      await proves(fault.healed(lab.signal), end);
      await untilAsked(lab, address, (got) => got === 'web');
      await fault.dispose();
      assert.deepEqual(openFaults(lab.lab.number), []);
    });

    it(`${kind}: ends at its deadline, says so, and its user is served`, async function () {
      this.timeout(120_000);
      const { fault, deadlineMs } = await begun({ kind }, 6000);
      assert.equal(await asked(lab, address), undefined);
      await proves(fault.effect(lab.signal), effect);
      assert.equal((await fault.ended)?.step, 'expired');
      assert.ok(Date.now() >= deadlineMs);
      await proves(fault.healed(lab.signal), end);
      await untilAsked(lab, address, (got) => got === 'web');
      await fault.heal(lab.signal);
      await fault.dispose();
    });
  }

  it('a run that is killed heals its node at once, and what holds it killed too, the lab at its deadline', async function () {
    this.timeout(120_000);
    const { fault } = await begun({ kind: 'nodeCut' }, 300_000);
    assert.equal(await asked(lab, address), undefined);
    // What the end of a run's process is to the lab's program: its orders end.
    await fault.dispose();
    await untilAsked(lab, address, (got) => got === 'web');
    assert.deepEqual(openFaults(lab.lab.number), []);

    const { fault: second, deadlineMs } = await begun({ kind: 'nodeFreeze' }, 8000);
    const { stdout } = spawn('pgrep', ['-f', `node attend ${victim} --lab ${lab.lab.number}`], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [pids] = (await once(stdout, 'data')) as [Buffer];
    for (const pid of pids.toString().trim().split('\n').map(Number)) process.kill(pid, 'SIGKILL');
    assert.equal(await asked(lab, address), undefined);
    await untilAsked(lab, address, (got) => got === 'web');
    assert.ok(Date.now() >= deadlineMs - 100, 'not before its deadline');
    await proves(second.healed(lab.signal), /go on/);
    await second.dispose();
  });

  it('a run that hangs is not waited for: the lab heals what it hears nothing of, by a person’s command too', async function () {
    this.timeout(120_000);
    const input = new PassThrough();
    const { metadata } = await lab.api.core.readNamespace({ name: 'kube-system' });
    const options = { number: lab.lab.number, node: victim, cluster: metadata?.uid ?? '', silenceMs: 3000, progress };
    const attending = attendNode({ ...options, input, print: () => undefined, signal: lab.signal });
    input.write(`${JSON.stringify({ id: 1, do: 'begin', kind: 'cut', untilMs: Date.now() + 300_000 })}\n`);
    await untilAsked(lab, address, (got) => got === undefined);
    await untilAsked(lab, address, (got) => got === 'web');
    assert.deepEqual(openFaults(lab.lab.number), []);
    input.end();
    await attending;

    const { fault } = await begun({ kind: 'nodeCut' }, 300_000);
    assert.equal(await asked(lab, address), undefined);
    execFileSync('sh', ['-c', fault.undo ?? 'false'], { stdio: 'ignore' });
    assert.equal((await fault.ended)?.step, 'endedEarly');
    await untilAsked(lab, address, (got) => got === 'web');
    await fault.dispose();
  });

  it('nodeStop: everything on it is gone, the cluster notices, and healed it starts again', async function () {
    this.timeout(240_000);
    const { fault } = await begun({ kind: 'nodeStop' }, 300_000);
    assert.equal(await asked(lab, address), undefined);
    await proves(fault.effect(lab.signal), /Nothing runs on the node/);
    await isReady('Unknown');
    assert.deepEqual(await fault.heal(lab.signal), { kind: 'sent' });
    await proves(fault.healed(AbortSignal.any([lab.signal, AbortSignal.timeout(90_000)])), /The node is on again/);
    await isReady('True');
    await fault.dispose();
    assert.deepEqual(openFaults(lab.lab.number), []);
  });

  it('cordon: no new pod is placed on it, until it is healed', async function () {
    this.timeout(120_000);
    const { fault } = await begun({ kind: 'cordon' }, 60_000);
    await proves(fault.effect(lab.signal), /The node is tainted/);
    const name = 'late';
    await lab.apply(chosen(pod({ name, script: 'sleep 100000' }), victim));
    const waits = await lab.waitFor('The pod finds no place', { kind: 'Pod', name }, ({ status }) =>
      hasCondition(status?.conditions, 'PodScheduled', 'False'),
    );
    assert.equal(waits.spec?.nodeName, undefined);
    await fault.heal(lab.signal);
    await proves(fault.healed(lab.signal), /The node takes pods again/);
    await lab.podOnNode(`app=${name}`, victim);
    await fault.dispose();
  });

  it('drain: its pods leave it, and where nobody heals, the cluster itself takes the cordon back at the deadline', async function () {
    this.timeout(180_000);
    await lab.apply(prefers(deployment({ name: 'guest', script: SAYS_ITS_NAME, port: 8080 }), victim));
    await lab.podOnNode('app=guest', victim);
    const { fault, deadlineMs } = await begun({ kind: 'drain' }, 15_000);
    await proves(fault.effect(lab.signal), /pods have left the node/);
    const [guest] = await lab.waitForAll(
      'The pod is ready elsewhere',
      { kind: 'Pod', labelSelector: 'app=guest' },
      ([one, second]) =>
        second === undefined &&
        one?.spec?.nodeName !== undefined &&
        one.spec.nodeName !== victim &&
        hasCondition(one.status?.conditions, 'Ready'),
    );
    const { podIP } = guest?.status ?? {};
    await untilAsked(lab, `http://${podIP ?? ''}:8080`, (got) => got?.startsWith('guest-') === true);
    await lab.waitFor('The node takes pods again', { kind: 'Node', name: victim }, ({ spec }) => spec?.unschedulable !== true, {
      timeoutMs: 60_000,
    });
    assert.ok(Date.now() >= deadlineMs, 'not before its deadline');
    // A moment later: the mark stays until the field is seen to be right.
    await lab.waitFor(
      'The mark is gone',
      { kind: 'Node', name: victim },
      ({ metadata }) => metadata?.annotations?.[undoMark] === undefined,
    );
    await fault.heal(lab.signal);
    await fault.dispose();
  });

  it('of a cluster that is no lab of this machine are refused: a folder without its file is no lab', async () => {
    const [stop] = labNodeInjectors({ labs: labsOfMachine({ ...process.env, FAULTLINE_CACHE: '/nowhere' }) });
    const one = injection(connection, { kind: 'nodeStop' }, await nodeTarget(lab, victim));
    assert.match(await failure(stop?.prepare(one, lab.signal) ?? Promise.resolve()), /^unsupported: .*only in the lab/);
  });
});

type Spec = { spec: Record<string, unknown> };

/** On this node, whatever is said of it: faults do not drive it away. */
function at(manifest: Manifest, node: string): Manifest {
  const { spec } = manifest as unknown as Spec;
  return {
    ...manifest,
    spec: { ...spec, restartPolicy: 'Always', nodeSelector: { 'kubernetes.io/hostname': node }, tolerations: [{ operator: 'Exists' }] },
  };
}

/** On this node, as soon as it takes pods. */
function chosen(manifest: Manifest, node: string): Manifest {
  const { spec } = manifest as unknown as Spec;
  return { ...manifest, spec: { ...spec, nodeSelector: { 'kubernetes.io/hostname': node } } };
}

/** On this node while it takes pods, else on another. */
function prefers(manifest: Manifest, node: string): Manifest {
  const { spec } = manifest as unknown as { spec: { template: Spec } };
  const preference = { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] };
  const affinity = { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference }] } };
  return { ...manifest, spec: { ...spec, template: { ...spec.template, spec: { ...spec.template.spec, affinity } } } };
}
