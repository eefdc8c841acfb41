import assert from 'node:assert/strict';
import { FaultlineError } from '../../../src/base/errors.ts';
import { consentTo } from '../../../src/cluster/act/protection.ts';
import { pause } from '../../../src/cluster/act/signal.ts';
import type { ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import { apiInjectors } from '../../../src/fault/inject/api.ts';
import type { Injection, Injector, InjectorTiming, PreparedFault } from '../../../src/fault/injector.ts';
import { deadlineMark, undoMark } from '../../../src/fault/marks.ts';
import type { FaultSettings, FaultTarget } from '../../../src/journal/fault-plan.ts';
import { status, until } from '../cluster/server.ts';
import { ScriptedApi } from './api.ts';

const deadlineMs = Date.parse('2026-03-01T10:15:00Z');
const { signal } = new AbortController();
/** Looks again at once: what a test waits for happens in the API, not with time. */
const timing: InjectorTiming = { nowMs: () => Date.parse('2026-03-01T10:00:00Z'), pause: (_, ends) => pause(1, ends) };

const podPath = '/api/v1/namespaces/data/pods/bus-1';
const setPath = '/apis/apps/v1/namespaces/data/statefulsets/bus';
const nodePath = '/api/v1/nodes/n1';
const podTarget: FaultTarget = { kind: 'pod', namespace: 'data', name: 'bus-1', uid: 'uid-1', container: 'kafka' };
const setTarget: FaultTarget = { kind: 'workload', workload: 'StatefulSet', namespace: 'data', name: 'bus', uid: 'uid-bus' };
const nodeTarget: FaultTarget = { kind: 'node', name: 'n1', uid: 'uid-n1' };
const markOf = (run: string): string => JSON.stringify({ run, field: 'replicas', original: 3, ours: 1 });

describe('faults that need nothing but the API', () => {
  let api: ScriptedApi;
  let connection: ClusterConnection;
  beforeEach(async () => {
    api = await ScriptedApi.start();
    connection = await api.connect();
    const labels = { app: 'bus' };
    for (const index of [0, 1, 2])
      api.put('/api/v1/namespaces/data/pods', {
        metadata: {
          name: `bus-${index}`,
          namespace: 'data',
          uid: `uid-${index}`,
          labels,
          ownerReferences: [{ kind: 'StatefulSet', name: 'bus', uid: 'uid-bus', controller: true }],
        },
        spec: { nodeName: `n${index}`, containers: [{ name: 'kafka' }] },
        status: { phase: 'Running', containerStatuses: [{ name: 'kafka', state: { running: {} } }] },
      });
    api.put('/apis/apps/v1/namespaces/data/statefulsets', {
      metadata: { name: 'bus', namespace: 'data', uid: 'uid-bus', generation: 1 },
      spec: { replicas: 3, selector: { matchLabels: labels }, template: { metadata: { labels } } },
      status: { observedGeneration: 1, replicas: 3, readyReplicas: 3 },
    });
    api.put('/api/v1/nodes', { metadata: { name: 'n1', uid: 'uid-n1' }, spec: {} });
  });
  afterEach(async () => {
    connection.close();
    await api.stop();
  });

  const injection = (settings: FaultSettings, target: FaultTarget): Injection => ({
    connection,
    run: 'r1',
    index: 0,
    fault: { ...settings, title: 'broken', targets: [target] },
    target,
    consent: (change) => consentTo({ context: 'fake', server: connection.server, level: 'open', knownBy: 'identity' }, change),
    timing,
  });
  const injectorOf = (kind: FaultSettings['kind']): Injector => {
    const found = apiInjectors.find((one) => one.kind === kind);
    assert.ok(found, kind);
    return found;
  };
  const prepare = (settings: FaultSettings, target: FaultTarget): Promise<PreparedFault> =>
    injectorOf(settings.kind).prepare(injection(settings, target), signal);
  const gives = async (work: () => Promise<unknown>): Promise<string> => {
    try {
      return `nothing failed: ${JSON.stringify(await work())}`;
    } catch (error) {
      assert.ok(FaultlineError.is(error), String(error));
      return `${error.reason}: ${error.message}`;
    }
  };
  const soon = (): AbortSignal => AbortSignal.timeout(30);

  it('are rehearsed by the very requests, and nothing is done', async () => {
    const before = JSON.stringify([...api.objects]);
    const rehearse = (settings: FaultSettings, target: FaultTarget): Promise<unknown> =>
      injectorOf(settings.kind).rehearse(injection(settings, target), signal);
    for (const [settings, target] of [
      [{ kind: 'none' }, podTarget],
      [{ kind: 'podDelete', graceSeconds: 5 }, podTarget],
      [{ kind: 'podForget' }, podTarget],
      [{ kind: 'rollingRestart' }, setTarget],
      [{ kind: 'scale', replicas: 1 }, setTarget],
      [{ kind: 'cordon' }, nodeTarget],
      [{ kind: 'drain' }, nodeTarget],
    ] as const)
      assert.deepEqual(await rehearse(settings, target), { kind: 'accepted' }, settings.kind);
    assert.deepEqual(api.changes, []);
    assert.deepEqual(api.rehearsals, [
      `DELETE ${podPath}`,
      `DELETE ${podPath}`,
      `PATCH ${setPath}`,
      `PATCH ${setPath}`,
      `PATCH ${nodePath}`,
      `PATCH ${nodePath}`,
      `POST ${podPath}/eviction`,
    ]);
    assert.equal(JSON.stringify([...api.objects]), before);
  });

  it('a rehearsal tells what the API refuses, and what a webhook alters', async () => {
    api.meddle = ({ method, path }, response) => {
      if (method !== 'DELETE' || path !== podPath) return false;
      status(response, 403, 'Forbidden', 'admission webhook "policy" denied the request: not on my watch');
      return true;
    };
    const refused = await injectorOf('podDelete').rehearse(injection({ kind: 'podDelete' }, podTarget), signal);
    assert.equal(refused.kind, 'refused');
    assert.match(refused.kind === 'refused' ? refused.text : '', /not on my watch/);
    api.meddle = ({ method, path, isDryRun }, response) => {
      if (method !== 'PATCH' || path !== setPath || !isDryRun) return false;
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ...api.at(setPath), spec: { replicas: 3 } }));
      return true;
    };
    assert.equal((await injectorOf('scale').rehearse(injection({ kind: 'scale', replicas: 1 }, setTarget), signal)).kind, 'altered');
  });

  it('the control does nothing, and says so', async () => {
    const prepared = await prepare({ kind: 'none' }, podTarget);
    await prepared.apply({ deadlineMs }, signal);
    assert.deepEqual(await prepared.effect(signal), { proven: true, text: 'Nothing was done, as planned.' });
    assert.equal((await prepared.heal(signal)).kind, 'nothing');
    assert.deepEqual(api.writes, []);
  });

  it('a pod is deleted with its uid as the condition, and is proven gone', async () => {
    const prepared = await prepare({ kind: 'podDelete', graceSeconds: 5 }, podTarget);
    assert.deepEqual(await prepared.effect(soon()), { proven: false, text: 'The pod is still there.' });
    await prepared.apply({ deadlineMs }, signal);
    const [request] = api.writes;
    assert.deepEqual(request?.body.preconditions, { uid: 'uid-1' });
    assert.equal(request?.body.gracePeriodSeconds, 5);
    assert.equal((await prepared.effect(soon())).proven, false, 'it terminates, and its container runs on');
    api.at(podPath)['status'] = { containerStatuses: [{ name: 'kafka', state: { terminated: {} } }] };
    assert.deepEqual(await prepared.effect(signal), { proven: true, text: 'Container kafka has ended.' });
    api.remove(podPath);
    assert.deepEqual(await prepared.effect(signal), { proven: true, text: 'The pod is gone.' });
    api.put('/api/v1/namespaces/data/pods', { metadata: { name: 'bus-1', namespace: 'data', uid: 'uid-new' } });
    assert.equal((await prepared.effect(signal)).proven, true, 'another one has its name');
    assert.equal((await prepared.heal(signal)).kind, 'nothing');
    assert.deepEqual(api.changes, [`DELETE ${podPath}`]);
  });

  it('a pod that was replaced since is left alone, before and after it is prepared', async () => {
    const prepared = await prepare({ kind: 'podDelete' }, podTarget);
    api.put('/api/v1/namespaces/data/pods', { metadata: { name: 'bus-1', namespace: 'data', uid: 'uid-new' } });
    assert.match(await gives(() => prepared.apply({ deadlineMs }, signal)), /^invalid: /);
    assert.equal(api.at(podPath).metadata.deletionTimestamp, undefined);
    assert.match(await gives(() => prepare({ kind: 'podDelete' }, podTarget)), /^refusedByProtection: Pod bus-1 is another one by now/);
    assert.match(await gives(() => prepare({ kind: 'podForget' }, podTarget)), /^refusedByProtection: Pod bus-1 is another one by now/);
  });

  it('a forgotten pod is gone from the API, which says nothing of its processes', async () => {
    const prepared = await prepare({ kind: 'podForget' }, podTarget);
    await prepared.apply({ deadlineMs }, signal);
    assert.equal(api.writes[0]?.body.gracePeriodSeconds, 0);
    assert.deepEqual(api.writes[0]?.body.preconditions, { uid: 'uid-1' });
    assert.match((await prepared.effect(signal)).text, /whether its processes have ended, it does not say/);
  });

  it('a server that stumbles is asked again until it tells', async () => {
    const prepared = await prepare({ kind: 'podDelete' }, podTarget);
    api.remove(podPath);
    let stumbles = 0;
    api.meddle = (_, response) => {
      if (stumbles++ >= 2) return false;
      status(response, 500, 'InternalError', 'etcd leader changed');
      return true;
    };
    assert.deepEqual(await prepared.effect(signal), { proven: true, text: 'The pod is gone.' });
    assert.equal(stumbles, 3);
  });

  it('while the API does not answer a proof is not made up', async () => {
    const prepared = await prepare({ kind: 'podDelete' }, podTarget);
    api.meddle = (_, response) => {
      response.destroy();
      return true;
    };
    const proof = await prepared.effect(AbortSignal.timeout(200));
    assert.equal(proof.proven, false);
  });

  it('a rolling restart is that of this very workload, and proven by the first pod that went', async () => {
    const prepared = await prepare({ kind: 'rollingRestart' }, setTarget);
    await prepared.apply({ deadlineMs }, signal);
    assert.deepEqual(api.writes[0]?.body.metadata, { uid: 'uid-bus' });
    const template = (api.at(setPath)['spec'] as { template: { metadata: { annotations: Record<string, string> } } }).template;
    assert.equal(template.metadata.annotations['kubectl.kubernetes.io/restartedAt'], '2026-03-01T10:00:00.000Z');
    assert.deepEqual(await prepared.effect(soon()), { proven: false, text: 'None of its 3 pods has been replaced.' });
    api.put('/api/v1/namespaces/data/pods', { metadata: { name: 'bus-2', namespace: 'data', uid: 'uid-new', labels: { app: 'bus' } } });
    assert.deepEqual(await prepared.effect(signal), { proven: true, text: '1 of 3 pods are gone.' });
    api.at(setPath).metadata.uid = 'uid-other';
    assert.match(await gives(() => prepared.apply({ deadlineMs }, signal)), /^invalid: /);
    assert.match(
      await gives(() => prepare({ kind: 'rollingRestart' }, setTarget)),
      /^refusedByProtection: StatefulSet bus is another one by now/,
    );
  });

  it('a workload is scaled, proven by its status, and set back to what it was', async () => {
    const prepared = await prepare({ kind: 'scale', replicas: 1 }, setTarget);
    assert.deepEqual(api.writes, []);
    await prepared.apply({ deadlineMs }, signal);
    const { annotations } = api.at(setPath).metadata;
    assert.equal(annotations?.[deadlineMark], '2026-03-01T10:15:00.000Z');
    assert.deepEqual(JSON.parse(annotations?.[undoMark] ?? ''), { run: 'r1', field: 'replicas', original: 3, ours: 1, forMs: 900_000 });
    assert.equal((api.at(setPath)['spec'] as { replicas: number }).replicas, 1);
    assert.deepEqual(await prepared.effect(soon()), { proven: false, text: 'The workload does not have 1 pods.' });
    api.at(setPath)['status'] = { observedGeneration: 2, replicas: 1 };
    assert.deepEqual(await prepared.effect(signal), { proven: true, text: 'The workload has 1 pods; it had 3.' });
    assert.deepEqual(await prepared.heal(signal), { kind: 'sent' });
    assert.equal((api.at(setPath)['spec'] as { replicas: number }).replicas, 3);
    assert.deepEqual(api.at(setPath).metadata.annotations, {});
    assert.equal((await prepared.healed(soon())).proven, false, 'its controller has not seen it');
    api.at(setPath)['status'] = { observedGeneration: 3, replicas: 1 };
    assert.deepEqual(await prepared.healed(signal), { proven: true, text: 'The workload is to have 3 replicas again.' });
    assert.deepEqual(await prepared.heal(signal), { kind: 'sent' });
    assert.equal(api.changes.length, 3, 'healing again does nothing');
    assert.equal(prepared.undo, 'kubectl scale -n data statefulset/bus --replicas=3');
  });

  it('what somebody else has set meanwhile is left as it is', async () => {
    const prepared = await prepare({ kind: 'scale', replicas: 1 }, setTarget);
    await prepared.apply({ deadlineMs }, signal);
    (api.at(setPath)['spec'] as { replicas: number }).replicas = 5;
    assert.deepEqual(await prepared.heal(signal), { kind: 'left', text: 'replicas is 5 by now, and was left: somebody else has set it' });
    assert.equal((api.at(setPath)['spec'] as { replicas: number }).replicas, 5);
    assert.deepEqual(api.at(setPath).metadata.annotations, {}, 'our marks are gone');
    assert.deepEqual(await prepared.healed(signal), { proven: true, text: 'replicas is 5 by now, and was left: somebody else has set it' });
  });

  it('a change between the preview and “go” refuses it', async () => {
    const prepared = await prepare({ kind: 'scale', replicas: 1 }, setTarget);
    (api.at(setPath)['spec'] as { replicas: number }).replicas = 4;
    assert.match(
      await gives(() => prepared.apply({ deadlineMs }, signal)),
      /^refusedByProtection: StatefulSet data\/bus was changed meanwhile: replicas is 4, and was 3/,
    );
    assert.deepEqual(api.changes, []);
  });

  it('somebody who writes at the same time is not overwritten: it is read again', async () => {
    const prepared = await prepare({ kind: 'scale', replicas: 1 }, setTarget);
    let conflicts = 0;
    api.meddle = ({ method }) => {
      // Between our read and our write.
      if (method === 'PATCH' && conflicts < 2) {
        conflicts++;
        api.at(setPath).metadata.resourceVersion = `of-others-${conflicts}`;
      }
      return false;
    };
    await prepared.apply({ deadlineMs }, signal);
    assert.equal(conflicts, 2);
    assert.equal((api.at(setPath)['spec'] as { replicas: number }).replicas, 1);
    conflicts = 0;
    assert.deepEqual(await prepared.heal(signal), { kind: 'sent' });
    assert.equal((api.at(setPath)['spec'] as { replicas: number }).replicas, 3);
  });

  it('an answer that is lost leaves a fault that healing takes back', async () => {
    const prepared = await prepare({ kind: 'scale', replicas: 1 }, setTarget);
    api.afterwards = () => undefined;
    api.meddle = ({ method, path }, response) => {
      if (method !== 'PATCH') return false;
      const object = api.at(path);
      (object['spec'] as { replicas: number }).replicas = 1;
      object.metadata.annotations = { [undoMark]: markOf('r1') };
      response.destroy();
      return true;
    };
    assert.match(await gives(() => prepared.apply({ deadlineMs }, signal)), /^unreachable/);
    api.meddle = () => false;
    assert.deepEqual(await prepared.heal(signal), { kind: 'sent' });
    assert.equal((api.at(setPath)['spec'] as { replicas: number }).replicas, 3);
  });

  it('a workload that still has the mark of an earlier fault is swept first', async () => {
    api.at(setPath).metadata.annotations = { [undoMark]: '{"run":"r0"}' };
    assert.match(
      await gives(() => prepare({ kind: 'scale', replicas: 1 }, setTarget)),
      /^refusedByProtection: .* still has the mark of an earlier fault.*sweep/,
    );
  });

  it('a node is cordoned until it is healed, proven by its taint', async () => {
    const prepared = await prepare({ kind: 'cordon' }, nodeTarget);
    await prepared.apply({ deadlineMs }, signal);
    assert.equal((await prepared.effect(soon())).proven, false);
    api.at(nodePath)['spec'] = { unschedulable: true, taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] };
    assert.equal((await prepared.effect(signal)).proven, true);
    assert.deepEqual(await prepared.heal(signal), { kind: 'sent' });
    assert.equal((await prepared.healed(soon())).proven, false, 'the taint is still there');
    api.at(nodePath)['spec'] = {};
    assert.deepEqual(await prepared.healed(signal), { proven: true, text: 'The node takes pods again.' });
    assert.equal(prepared.undo, 'kubectl uncordon n1');
  });

  it('a node that somebody else has uncordoned is not cordoned or uncordoned again', async () => {
    const prepared = await prepare({ kind: 'cordon' }, nodeTarget);
    await prepared.apply({ deadlineMs }, signal);
    api.at(nodePath)['spec'] = {};
    assert.deepEqual(await prepared.heal(signal), { kind: 'sent' });
    assert.deepEqual([api.at(nodePath)['spec'], api.at(nodePath).metadata.annotations], [{}, {}]);
  });

  it('the control plane is not cordoned, whoever asks', async () => {
    api.at(nodePath).metadata.labels = { 'node-role.kubernetes.io/control-plane': '' };
    assert.match(await gives(() => prepare({ kind: 'cordon' }, nodeTarget)), /^refusedByProtection/);
    assert.match(await gives(() => prepare({ kind: 'drain' }, nodeTarget)), /^refusedByProtection/);
    assert.deepEqual(api.changes, []);
  });

  it('a drain evicts what may go; healing stops it and takes the cordon back', async () => {
    const prepared = await prepare({ kind: 'drain' }, nodeTarget);
    api.afterwards = ({ path }) => {
      if (path.endsWith('/eviction')) api.remove(path.replace(/\/eviction$/, ''));
    };
    await prepared.apply({ deadlineMs }, signal);
    assert.deepEqual(await prepared.effect(signal), { proven: true, text: '1 of 1 pods have left the node.' });
    assert.deepEqual(await prepared.heal(signal), { kind: 'sent' });
    assert.equal((api.at(nodePath)['spec'] as { unschedulable?: boolean }).unschedulable, undefined);
    assert.equal((await prepared.healed(signal)).proven, true);
    assert.ok(api.objects.has('/api/v1/namespaces/data/pods/bus-0'), 'pods of other nodes stay');
    await prepared.dispose();
  });

  it('a drain evicts nothing after its deadline, though nobody was awake to heal it', async () => {
    let nowMs = deadlineMs - 1000;
    const asleep = { ...injection({ kind: 'drain' }, nodeTarget), timing: { ...timing, nowMs: () => nowMs } };
    const prepared = await injectorOf('drain').prepare(asleep, signal);
    let asked = 0;
    api.meddle = ({ path }, response) => {
      if (!path.endsWith('/eviction')) return false;
      asked++;
      status(response, 429, 'TooManyRequests', 'Cannot evict pod as it would violate the pod’s disruption budget.');
      return true;
    };
    await prepared.apply({ deadlineMs }, signal);
    await until(() => asked > 0);
    nowMs = deadlineMs;
    await until(() => api.watching === 0);
    await prepared.dispose();
    assert.ok(api.objects.has(podPath));
  });

  it('a pod that its budget holds is a result, and healing does not wait for it', async () => {
    const prepared = await prepare({ kind: 'drain' }, nodeTarget);
    api.meddle = ({ path }, response) => {
      if (!path.endsWith('/eviction')) return false;
      status(response, 429, 'TooManyRequests', 'Cannot evict pod as it would violate the pod’s disruption budget.');
      return true;
    };
    assert.deepEqual(await injectorOf('drain').rehearse(injection({ kind: 'drain' }, nodeTarget), signal), { kind: 'accepted' });
    await prepared.apply({ deadlineMs }, signal);
    const proof = await prepared.effect(AbortSignal.timeout(300));
    assert.equal(proof.proven, false);
    assert.match(proof.text, /^No pod has left the node\. .*data\/bus-1: /);
    assert.equal(api.watching, 1);
    assert.deepEqual(await prepared.heal(signal), { kind: 'sent' });
    await until(() => api.watching === 0);
    assert.ok(api.objects.has(podPath));
  });

  it('without a person’s consent nothing is changed', async () => {
    for (const [settings, target] of [
      [{ kind: 'podDelete' }, podTarget],
      [{ kind: 'podForget' }, podTarget],
      [{ kind: 'rollingRestart' }, setTarget],
      [{ kind: 'scale', replicas: 1 }, setTarget],
      [{ kind: 'cordon' }, nodeTarget],
      [{ kind: 'drain' }, nodeTarget],
    ] as const) {
      const without: Injection = {
        ...injection(settings, target),
        consent: (change) => consentTo({ context: 'fake', server: connection.server, level: 'readOnly', knownBy: 'identity' }, change),
      };
      const prepared = await injectorOf(settings.kind).prepare(without, signal);
      assert.match(await gives(async () => prepared.apply({ deadlineMs }, signal)), /^refusedByProtection/, settings.kind);
    }
    assert.deepEqual(api.changes, []);
  });
});
