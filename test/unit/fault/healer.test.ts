import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultlineError } from '../../../src/base/errors.ts';
import { consentTo } from '../../../src/cluster/act/protection.ts';
import { pause } from '../../../src/cluster/act/signal.ts';
import type { ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import { healerProgram } from '../../../src/fault/healer/program.ts';
import { cordon } from '../../../src/fault/inject/node.ts';
import { scale } from '../../../src/fault/inject/scale.ts';
import type { FaultOf, Injection } from '../../../src/fault/injector.ts';
import { deadlineMark, runMark, undoMark } from '../../../src/fault/marks.ts';
import { sweep } from '../../../src/fault/sweep.ts';
import type { FaultTarget } from '../../../src/journal/fault-plan.ts';
import { status, until } from '../cluster/server.ts';
import { ScriptedApi } from './api.ts';

const { signal } = new AbortController();
const setPath = '/apis/apps/v1/namespaces/data/statefulsets/bus';
const target: FaultTarget = { kind: 'workload', workload: 'StatefulSet', namespace: 'data', name: 'bus', uid: 'uid-bus' };

describe('a healer in the cluster', () => {
  let api: ScriptedApi;
  let connection: ClusterConnection;
  let program: ChildProcess | undefined;
  beforeEach(async () => {
    api = await ScriptedApi.start();
    connection = await api.connect();
    program = undefined;
  });
  afterEach(async () => {
    program?.kill('SIGKILL');
    connection.close();
    await api.stop();
  });

  const bus = (replicas: number, annotations: object = {}): unknown =>
    api.put('/apis/apps/v1/namespaces/data/statefulsets', {
      metadata: { name: 'bus', namespace: 'data', uid: 'uid-bus', generation: 1, annotations },
      spec: { replicas },
    });
  const replicas = (): number => (api.at(setPath)['spec'] as { replicas: number }).replicas;
  const marks = (deadlineMs: number, run = 'r1', forMs?: number): object => ({
    [runMark]: run,
    [deadlineMark]: new Date(deadlineMs).toISOString(),
    [undoMark]: JSON.stringify({ run, field: 'replicas', original: 3, ours: 1, forMs }),
  });

  describe('the program that it runs', () => {
    const readyFile = join(tmpdir(), `faultline-ready-${process.pid}`);
    afterEach(() => rmSync(readyFile, { force: true }));

    const start = (env: Readonly<Record<string, string>> = {}): ChildProcess => {
      program = spawn(process.execPath, ['-e', healerProgram], {
        env: {
          FAULTLINE_SERVER: api.url,
          FAULTLINE_PATH: setPath,
          FAULTLINE_UID: 'uid-bus',
          FAULTLINE_RUN: 'r1',
          FAULTLINE_FIELD: 'replicas',
          FAULTLINE_WITHIN_MS: '60000',
          FAULTLINE_AGAIN_MS: '5',
          FAULTLINE_READY: readyFile,
          ...env,
        },
        stdio: 'ignore',
      });
      return program;
    };
    const ended = async (child: ChildProcess): Promise<number | null> => {
      if (child.exitCode === null) await once(child, 'exit');
      return child.exitCode;
    };

    /** It has looked three times; `looked`: three times more. */
    const looking = async (): Promise<{ readonly child: ChildProcess; readonly looked: () => Promise<void> }> => {
      let looks = 0;
      api.meddle = ({ method }) => {
        if (method === 'GET') looks++;
        return false;
      };
      const child = start();
      const looked = (): Promise<void> => {
        const seen = looks;
        return until(() => looks > seen + 2);
      };
      await looked();
      return { child, looked };
    };

    it('waits until it is applied and over, and sets the field back', async () => {
      bus(3);
      const { child, looked } = await looking();
      bus(1, marks(Date.now() + 100_000));
      await looked();
      assert.equal(replicas(), 1, 'it is not over');
      bus(1, marks(Date.now() - 1));
      assert.equal(await ended(child), 0);
      assert.equal(replicas(), 3);
      assert.deepEqual(api.at(setPath).metadata.annotations, {});
    });

    it('goes by its own watch where the clock of its node is an hour off, to either side', async () => {
      for (const [offMs, forMs] of [
        [3_600_000, 300],
        [-3_600_000, 300],
      ] as const) {
        bus(3);
        const { child } = await looking();
        const appliedAt = performance.now();
        bus(1, marks(Date.now() + forMs + offMs, 'r1', forMs));
        assert.equal(await ended(child), 0);
        assert.ok(performance.now() - appliedAt >= forMs - 50, 'not before its end');
        assert.equal(replicas(), 3);
        rmSync(readyFile, { force: true });
      }
    });

    it('goes by the API server’s clock, in whose time the deadline is, and not by that of its node', async () => {
      api.meddle = (_, response) => {
        response.setHeader('date', new Date(Date.now() + 3_600_000).toUTCString());
        return false;
      };
      bus(1, marks(Date.now() + 3_600_000 - 2000));
      assert.equal(await ended(start()), 0);
      assert.equal(replicas(), 3);
    });

    it('is ready once it could rehearse its patch, and not before', async () => {
      bus(3);
      let refused = 0;
      api.meddle = ({ method }, response) => {
        if (method !== 'PATCH' || refused > 2) return false;
        refused++;
        status(response, 403, 'Forbidden', 'no');
        return true;
      };
      start();
      await until(() => refused > 1);
      assert.equal(existsSync(readyFile), false);
      await until(() => existsSync(readyFile));
      assert.deepEqual([replicas(), api.changes], [3, []], 'it was a rehearsal');
    });

    it('asks again while the API does not answer', async () => {
      bus(1, marks(Date.now() - 1));
      let failures = 0;
      api.meddle = (_, response) => {
        failures++;
        if (failures === 1) return response.destroy() !== undefined;
        if (failures > 3) return false;
        status(response, 503, 'ServiceUnavailable', 'etcd has no leader');
        return true;
      };
      assert.equal(await ended(start()), 0);
      assert.ok(failures > 3);
      assert.equal(replicas(), 3);
    });

    it('leaves what somebody else has set, what is another object, and what is another run’s', async () => {
      bus(5, marks(Date.now() - 1));
      assert.equal(await ended(start()), 0);
      assert.equal(replicas(), 5);
      assert.deepEqual(api.at(setPath).metadata.annotations, {});
      bus(1, marks(Date.now() - 1));
      assert.equal(await ended(start({ FAULTLINE_UID: 'another' })), 0);
      assert.equal(replicas(), 1);
      assert.equal(await ended(start({ FAULTLINE_RUN: 'r2', FAULTLINE_WITHIN_MS: '0' })), 0);
      assert.equal(replicas(), 1);
    });

    it('does not take its mark away while a webhook keeps what was broken', async () => {
      bus(1, marks(Date.now() - 1));
      let kept = 0;
      api.alter = (_, changed) => {
        if ((changed['spec'] as { replicas: number }).replicas === 3 && ++kept <= 3) changed['spec'] = { replicas: 1 };
      };
      const child = start();
      await until(() => kept > 2);
      assert.ok(api.at(setPath).metadata.annotations?.[undoMark] !== undefined);
      assert.equal(await ended(child), 0);
      assert.deepEqual([replicas(), api.at(setPath).metadata.annotations], [3, {}]);
    });

    it('sets back what has lost its mark alone, and leaves what was changed since', async () => {
      const lost = async (...replicaCounts: readonly number[]): Promise<number> => {
        bus(1, marks(Date.now() + 60_000, 'r1', 400));
        const { child } = await looking();
        let generation = 1;
        for (const count of replicaCounts)
          api.put('/apis/apps/v1/namespaces/data/statefulsets', {
            metadata: { name: 'bus', namespace: 'data', uid: 'uid-bus', generation: generation++, annotations: {} },
            spec: { replicas: count },
          });
        assert.equal(await ended(child), 0);
        rmSync(readyFile, { force: true });
        return replicas();
      };
      assert.equal(await lost(1), 3);
      assert.equal(await lost(5), 5);
      assert.equal(await lost(1, 5, 1), 1, 'whose value it is nobody can tell');
    });

    it('gives a node back to the scheduler', async () => {
      const undo = JSON.stringify({ run: 'r1', field: 'unschedulable', original: false, ours: true });
      const annotations = { [runMark]: 'r1', [deadlineMark]: new Date(0).toISOString(), [undoMark]: undo };
      api.put('/api/v1/nodes', { metadata: { name: 'n1', uid: 'uid-n1', annotations }, spec: { unschedulable: true, podCIDR: 'x' } });
      assert.equal(
        await ended(start({ FAULTLINE_PATH: '/api/v1/nodes/n1', FAULTLINE_UID: 'uid-n1', FAULTLINE_FIELD: 'unschedulable' })),
        0,
      );
      assert.deepEqual(api.at('/api/v1/nodes/n1')['spec'], { podCIDR: 'x' });
    });
  });

  describe('beside a fault', () => {
    const injection = <F extends FaultOf<'scale' | 'cordon'>>(fault: F, of: FaultTarget): Injection<F> => ({
      connection,
      run: 'r1',
      index: 0,
      fault,
      target: of,
      consent: (change) => consentTo({ context: 'fake', server: connection.server, level: 'open', knownBy: 'identity' }, change),
      timing: { nowMs: Date.now, pause: (_, ends) => pause(1, ends) },
      healerImage: 'node:24',
    });
    /** What the Job's controller does. */
    const controller = (container: object): void => {
      api.afterwards = ({ method, path, body }) => {
        if (method !== 'POST' || !path.endsWith('/jobs')) return;
        const name = (body.metadata as { name?: string } | undefined)?.name ?? '';
        api.put(path.replace('/apis/batch/v1', '/api/v1').replace(/jobs$/, 'pods'), {
          metadata: { name: `${name}-x`, namespace: path.split('/')[5], labels: { 'job-name': name } },
          status: { phase: 'Pending', containerStatuses: [{ name: 'healer', ...container }] },
        });
      };
    };
    const made = (): readonly string[] =>
      [...api.objects.keys()]
        .filter((key) => key.includes('faultline-healer-') && !key.includes('/pods/'))
        .map((key) => key.replace(/.*\/([^/]+)\/[^/]+$/, '$1'));

    it('runs before anything is changed, may touch that one object, and goes when it is healed', async () => {
      bus(3);
      controller({ started: true, state: { running: {} } });
      const prepared = await scale.prepare(injection({ kind: 'scale', replicas: 1, title: 'x', targets: [target] }, target), signal);
      assert.deepEqual(made().toSorted(), ['jobs', 'rolebindings', 'roles', 'serviceaccounts']);
      assert.equal(replicas(), 3);
      const role = [...api.objects].find(([key]) => key.includes('/roles/'))?.[1];
      assert.deepEqual(role?.['rules'], [
        { apiGroups: ['apps'], resources: ['statefulsets'], resourceNames: ['bus'], verbs: ['get', 'patch'] },
      ]);
      await prepared.apply({ deadlineMs: Date.now() + 1_000 }, signal);
      await prepared.heal(signal);
      await prepared.dispose();
      assert.deepEqual(made(), []);
    });

    it('stays when healing failed: then it is the one who heals', async () => {
      bus(3);
      controller({ started: true, state: { running: {} } });
      const prepared = await scale.prepare(injection({ kind: 'scale', replicas: 1, title: 'x', targets: [target] }, target), signal);
      await prepared.apply({ deadlineMs: Date.now() + 1_000 }, signal);
      api.meddle = ({ method }, response) => {
        if (method === 'PATCH') response.destroy();
        return method === 'PATCH';
      };
      await assert.rejects(prepared.heal(signal));
      await prepared.dispose();
      assert.ok(made().includes('jobs'));
    });

    it('leaves what has another fault’s mark by now: it is that one’s to heal', async () => {
      bus(3);
      controller({ started: true, state: { running: {} } });
      const prepared = await scale.prepare(injection({ kind: 'scale', replicas: 1, title: 'x', targets: [target] }, target), signal);
      await prepared.apply({ deadlineMs: Date.now() + 60_000 }, signal);
      bus(1, marks(Date.now() + 60_000, 'r2'));
      const healing = await prepared.heal(signal);
      assert.ok(healing.kind === 'left' && /the mark of another fault/.test(healing.text), healing.kind);
      assert.equal(replicas(), 1);
      await prepared.dispose();
    });

    it('leaves a node that lost its mark to a person: nobody counts its changes', async () => {
      api.put('/api/v1/nodes', { metadata: { name: 'n1', uid: 'uid-n1' }, spec: {} });
      const node: FaultTarget = { kind: 'node', name: 'n1', uid: 'uid-n1' };
      controller({ started: true, state: { running: {} } });
      const prepared = await cordon.prepare(injection({ kind: 'cordon', title: 'x', targets: [node] }, node), signal);
      await prepared.apply({ deadlineMs: Date.now() + 60_000 }, signal);
      api.at('/api/v1/nodes/n1').metadata.annotations = {};
      await assert.rejects(prepared.heal(signal), (error) => FaultlineError.is(error, 'unsupported'));
      assert.deepEqual(api.at('/api/v1/nodes/n1')['spec'], { unschedulable: true });
      await prepared.dispose();
    });

    it('is not on the node that is hit, and one that does not come to run leaves nothing behind', async () => {
      api.put('/api/v1/nodes', { metadata: { name: 'n1', uid: 'uid-n1' }, spec: {} });
      const node: FaultTarget = { kind: 'node', name: 'n1', uid: 'uid-n1' };
      controller({ state: { waiting: { reason: 'ImagePullBackOff' } } });
      const stop = new AbortController();
      let looks = 0;
      api.meddle = ({ method, path }) => {
        if (method === 'GET' && path.endsWith('/pods')) looks++;
        return false;
      };
      const starting = cordon.prepare(
        injection({ kind: 'cordon', title: 'x', targets: [node] }, node),
        AbortSignal.any([signal, stop.signal]),
      );
      await until(() => looks > 2);
      const job = [...api.objects].find(([key]) => key.includes('/jobs/'))?.[1];
      assert.match(JSON.stringify(job), /"key":"kubernetes.io\/hostname","operator":"NotIn","values":\["n1"\]/);
      assert.deepEqual(made().toSorted(), ['clusterrolebindings', 'clusterroles', 'jobs', 'serviceaccounts']);
      stop.abort();
      await assert.rejects(starting, (error) => FaultlineError.is(error, 'cancelled'));
      assert.deepEqual(made(), []);
      assert.deepEqual(api.at('/api/v1/nodes/n1')['spec'], {});
    });

    it('is taken away from an API server that was away for a moment, too', async () => {
      bus(3);
      controller({ started: true, state: { running: {} } });
      const prepared = await scale.prepare(injection({ kind: 'scale', replicas: 1, title: 'x', targets: [target] }, target), signal);
      let refused = 0;
      api.meddle = ({ method }, response) => {
        if (method !== 'DELETE' || ++refused > 6) return false;
        if (refused % 2 === 0) response.destroy();
        else status(response, 503, 'ServiceUnavailable', 'the server is starting');
        return true;
      };
      await prepared.dispose();
      assert.ok(refused > 6);
      assert.deepEqual(made(), []);
    });

    it('that nobody came back for is swept when its time is over', async () => {
      bus(3);
      controller({ started: true, state: { running: {} } });
      await scale.prepare(injection({ kind: 'scale', replicas: 1, title: 'x', targets: [target] }, target), signal);
      const swept = (nowMs: number, alive: readonly string[] = []): Promise<unknown> =>
        sweep(connection, { nowMs, alive: new Set(alive) }, signal);
      await swept(Date.now());
      await swept(Date.now() + 3_600_000, ['r1']);
      assert.equal(made().length, 4);
      await swept(Date.now() + 3_600_000);
      assert.deepEqual(made(), []);
    });
  });
});
