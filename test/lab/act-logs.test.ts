import assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import { FaultlineError } from '../../src/base/errors.ts';
import { logsOf } from '../../src/cluster/act/logs.ts';
import type { LogLine } from '../../src/cluster/act/logs.ts';
import type { ClusterConnection } from '../../src/cluster/connect/connection.ts';
import { useLab } from './use/lab.ts';
import type { TestLab } from './use/lab.ts';
import { deployment, pod } from './use/workloads.ts';

/** 50 numbered lines a second. */
const COUNTS = 'i=0; while true; do i=$((i+1)); echo "line $i"; sleep 0.02; done';

describe('logs of a workload', () => {
  let lab: TestLab;
  let connection: ClusterConnection;

  before(async function () {
    this.timeout(120_000);
    lab = await useLab({ profile: 'node' });
    connection = await lab.api.connection();
  });

  /** Collects in the background until it is told to stop. */
  function follow(
    of: ClusterConnection,
    labelSelector: string,
  ): { lines: LogLine[]; until(what: (lines: LogLine[]) => boolean): Promise<void>; stop(): Promise<void> } {
    const stopping = new AbortController();
    const lines: LogLine[] = [];
    let wake = (): void => undefined;
    const done = (async () => {
      const target = { kind: 'selector', labelSelector } as const;
      try {
        for await (const line of logsOf(of, { namespace: lab.namespace, target, follow: true }, stopping.signal)) {
          lines.push(line);
          wake();
        }
      } catch (error) {
        if (!FaultlineError.is(error, 'cancelled')) throw error;
      }
    })();
    return {
      lines,
      until: async (isSo) => {
        while (!isSo(lines)) await Promise.race([new Promise<void>((resolve) => (wake = resolve)), done]);
      },
      stop: () => {
        stopping.abort();
        return done;
      },
    };
  }

  /** Fails unless each pod's numbers follow each other from 1. */
  function assertGapless(lines: readonly LogLine[]): void {
    const last = new Map<string, number>();
    for (const { kind, pod: name, text } of lines) {
      if (kind === 'notice') continue;
      const number = Number(text.split(' ')[1]);
      assert.equal(number, (last.get(name) ?? 0) + 1, `${name} after ${last.get(name) ?? 0}`);
      last.set(name, number);
    }
  }

  it('go on with the pod that takes another one’s place: no line is lost, none comes twice, and it is said', async function () {
    this.timeout(120_000);
    await lab.apply(deployment({ name: 'counts', script: COUNTS, replicas: 2 }));
    const [victim] = await lab.readyPods('app=counts', 2);
    const followed = follow(connection, 'app=counts');
    const podsOf = (lines: readonly LogLine[]): number => new Set(lines.filter(({ kind }) => kind === 'line').map((line) => line.pod)).size;
    await followed.until((lines) => podsOf(lines) === 2);
    const name = victim?.metadata?.name ?? '';
    await lab.api.core.deleteNamespacedPod({ name, namespace: lab.namespace });
    await followed.until(
      (lines) => podsOf(lines) === 3 && lines.some(({ kind, text, pod: of }) => kind === 'notice' && of === name && /gone/.test(text)),
    );
    await followed.stop();
    assertGapless(followed.lines);
    assert.ok(followed.lines.some(({ kind, text, pod: of }) => kind === 'notice' && of !== name && /New pod/.test(text)));
  });

  it('resume after each cut of the connection without a gap and without a line twice', async function () {
    this.timeout(120_000);
    await lab.apply(deployment({ name: 'cut', script: COUNTS }));
    await lab.readyPods('app=cut', 1);
    // The real server's answers, broken off after some lines.
    let cuts = 0;
    const cutting: ClusterConnection = {
      ...connection,
      lines: async function* (request) {
        let left = request.path.endsWith('/log') ? 200 : Number.POSITIVE_INFINITY;
        for await (const line of connection.lines(request)) {
          if (left-- <= 0) {
            cuts++;
            throw new FaultlineError('unreachable', { what: 'the connection was cut by the test' });
          }
          yield line;
        }
      },
    };
    const followed = follow(cutting, 'app=cut');
    // A resume repeats up to two seconds, half of what a connection is allowed here.
    await followed.until((lines) => lines.filter(({ kind }) => kind === 'line').length >= 400 && cuts >= 3);
    await followed.stop();
    assertGapless(followed.lines);
    assert.ok(followed.lines.some(({ kind, text }) => kind === 'notice' && text.startsWith('Cut: the connection was cut')));
  });

  it('show the run that crashed, its exit code, and what the next run says', async function () {
    this.timeout(120_000);
    // Crashes once; what a pod shares between its runs is how it knows.
    const script =
      'if [ -e /kept/once ]; then echo second run; sleep 1000; fi; touch /kept/once; echo first words; echo last words; sleep 1; exit 3';
    const crashing = JSON.parse(JSON.stringify(pod({ name: 'crash', script }))) as { spec: { containers: object[] } };
    const spec = {
      ...crashing.spec,
      restartPolicy: 'Always',
      volumes: [{ name: 'kept', emptyDir: {} }],
      containers: [{ ...crashing.spec.containers[0], volumeMounts: [{ name: 'kept', mountPath: '/kept' }] }],
    };
    await lab.apply(JSON.stringify({ ...crashing, spec }));
    const followed = follow(connection, 'app=crash');
    await followed.until((lines) => lines.some(({ text }) => text === 'second run'));
    await followed.stop();
    const told = followed.lines.filter(({ text }) => !text.startsWith('New pod')).map(({ kind, text }) => `${kind}: ${text}`);
    assert.deepEqual(told, ['line: first words', 'line: last words', 'notice: ended with exit code 3', 'line: second run']);
    const previous: string[] = [];
    const request = { namespace: lab.namespace, target: { kind: 'pod', name: 'crash' }, follow: false, previous: true } as const;
    for await (const { text } of logsOf(connection, request, lab.signal)) previous.push(text);
    assert.deepEqual(previous, ['first words', 'last words']);
    await assert.rejects(
      logsOf(connection, { ...request, target: { kind: 'selector', labelSelector: 'app=counts' } }, lab.signal).next(),
      (error) => FaultlineError.is(error, 'notFound') && /no log before this one/.test(error.message),
    );
  });

  it('of several containers come in the order of time, and only as many as were asked for', async () => {
    const two = pod({ name: 'two', script: 'for i in 1 2 3 4 5; do echo "a $i"; sleep 0.1; done; sleep 1000' });
    const manifest = JSON.parse(JSON.stringify(two)) as { spec: { containers: { name: string; command: string[] }[] } };
    const [first] = manifest.spec.containers;
    assert.ok(first);
    manifest.spec.containers.push({
      ...first,
      name: 'other',
      command: ['sh', '-c', 'sleep 0.05; for i in 1 2 3 4 5; do echo "b $i"; sleep 0.1; done; sleep 1000'],
    });
    await lab.apply(JSON.stringify(manifest));
    await lab.readyPods('app=two', 1);
    const followed = follow(connection, 'app=two');
    await followed.until((lines) => lines.filter(({ kind }) => kind === 'line').length === 10);
    await followed.stop();
    const read = async (tailLines?: number): Promise<LogLine[]> => {
      const lines: LogLine[] = [];
      const request = { namespace: lab.namespace, target: { kind: 'pod', name: 'two' }, follow: false } as const;
      for await (const line of logsOf(connection, tailLines === undefined ? request : { ...request, tailLines }, lab.signal))
        lines.push(line);
      return lines;
    };
    const all = await read();
    assert.equal(all.length, 10);
    assert.deepEqual(
      all.map(({ time }) => time),
      all.map(({ time }) => time).toSorted(),
    );
    assert.deepEqual((await read(1)).map(({ container, text }) => `${container} ${text}`).toSorted(), ['main a 5', 'other b 5']);
  });

  it('of a pod that writes without end wait for their reader: memory stays flat', async function () {
    this.timeout(120_000);
    await lab.apply(
      pod({ name: 'chatty', script: 'yes "a line of a pod that never stops talking, of some length" | head -n 3000000; sleep 1000' }),
    );
    await lab.readyPods('app=chatty', 1);
    const request = { namespace: lab.namespace, target: { kind: 'pod', name: 'chatty' }, follow: true } as const;
    const before = process.memoryUsage().heapUsed;
    let seen = 0;
    for await (const line of logsOf(connection, request, lab.signal)) {
      assert.equal(line.kind, 'line');
      if (++seen === 1) await new Promise((resolve) => setTimeout(resolve, 3000));
      if (seen === 2)
        assert.ok(process.memoryUsage().heapUsed - before < 60_000_000, `${process.memoryUsage().heapUsed - before} bytes are held`);
      if (seen === 100_000) break;
    }
    assert.equal(seen, 100_000);
  });
});
