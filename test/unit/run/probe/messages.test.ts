import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { FaultlineError } from '../../../../src/base/errors.ts';
import type { Pod } from '../../../../src/cluster/objects.ts';
import { isFaultRunEvent } from '../../../../src/journal/check-fault.ts';
import type { TopicDescription } from '../../../../src/kafka/client.ts';
import { removeLeftOver } from '../../../../src/kafka/check/topic.ts';
import { messagesPodOf, podOf } from '../../../../src/run/probe/objects.ts';
import { Messages } from '../../../../src/run/probe/program/messages.ts';
import { Spool } from '../../../../src/run/probe/program/spool.ts';
import { kafkaAccessOf } from '../../../../src/run/probe/program/ask/kafkaAccess.ts';
import { settingsVariable, type ProgramMessages } from '../../../../src/run/probe/protocol.ts';
import { spooledEvents } from '../../../../src/run/probe/spooled.ts';
import { planOf } from '../../analysis/recovery/simulator.ts';
import { FakeKafka, FakeTime } from '../../kafka/check/fake.ts';
import { patience, RunningProgram } from './program.ts';

const own: ProgramMessages = {
  ...{ run: 'r1', address: 'kafka.data.svc:9092', topic: 'own', partitions: 2, replicationFactor: 3, minInSync: 2 },
  ...{ uncleanElection: false, perSecond: 100, aloneMs: 60_000 },
};
const never = new AbortController().signal;

interface EnvOf {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: object };
}

describe('the messages of a run, in their pod', () => {
  let folder: string;
  let file: FileHandle;
  let spool: Spool;
  let time: FakeTime;
  let kafka: FakeKafka;
  let messages: Messages;
  const ask = (what: 'begin' | 'judge' | 'stop' | 'tidy'): Promise<void> =>
    messages.does(what === 'begin' ? { id: 1, do: what, echoes: [] } : { id: 1, do: what });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faultline-messages-'));
    file = await open(join(folder, 'spool'), 'w+');
    spool = new Spool(file, 1_000_000);
    time = new FakeTime();
    kafka = new FakeKafka(time, 2);
    messages = new Messages({
      ...{ messages: own, spool, nowMs: time.monotonicMs, lastsMs: 3_600_000 },
      edges: { clock: time, wait: (ms, signal) => time.wait(ms, signal), open: () => Promise.resolve(kafka.client()) },
    });
  });
  afterEach(async () => {
    await messages.end();
    await spool.flush();
    await file.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function spooled(): Promise<ReturnType<typeof spooledEvents>> {
    const stop = new AbortController();
    let text = '';
    for await (const piece of spool.from(0, stop.signal)) {
      text += piece.toString();
      if (/"end"|,"end",/.test(text)) stop.abort();
    }
    return spooledEvents(text.trimEnd().split('\n'), 'probe-messages');
  }

  it('are judged there once, however often that is asked for, and what was found is kept until it is fetched', async () => {
    await ask('begin');
    await ask('begin');
    await time.wait(5000);
    await ask('judge');
    await ask('judge');
    const { findings, ended, notes } = await spooled();
    assert.deepEqual([findings.length, ended, notes], [1, true, []]);
    const [found] = findings;
    if (found === undefined) throw new Error('nothing was found');
    const { atMs, finding } = found;
    assert.ok(Number(finding['acknowledged']) >= 500 && finding['lost'] === 0, JSON.stringify(finding));
    const event = { ...finding, t: atMs, src: 'runner', kind: 'messages', path: 'inCluster', node: 'n1', pod: 'p' } as const;
    const { fault } = planOf({});
    assert.ok(fault !== undefined && isFaultRunEvent(event, fault), 'the journal takes it');
  });

  it('leave neither topic nor client when they are tidied up, and may be tidied up twice', async () => {
    await ask('begin');
    await time.wait(1000);
    await ask('tidy');
    await ask('tidy');
    assert.deepEqual([kafka.topic, kafka.open], [undefined, 0]);
  });

  it('leave no topic where they can’t be written, and may be begun again', async () => {
    let refuses = true;
    const client = kafka.client.bind(kafka);
    kafka.client = () => {
      const made = client();
      return !refuses || kafka.topic === undefined
        ? made
        : { ...made, offsets: () => Promise.reject(new FaultlineError('forbidden', { what: 'no' })) };
    };
    await assert.rejects(ask('begin'), (error) => FaultlineError.is(error, 'forbidden'));
    assert.equal(kafka.topic, undefined);
    refuses = false;
    await ask('begin');
    assert.notEqual(kafka.topic, undefined);
  });

  it('have their topic made anew where a broker made it and its answer got lost', async () => {
    const lost = kafka.client();
    let losses = 1;
    const listed = {
      ...lost,
      topics: (...asked: Parameters<typeof lost.topics>) => ('prefix' in asked[0] ? Promise.resolve(left()) : lost.topics(...asked)),
    };
    const left = (): readonly TopicDescription[] =>
      kafka.topic === undefined ? [] : [{ name: 'faultline-x', internal: false, partitions: [] }];
    kafka.client = () => ({
      ...listed,
      settings: () => lost.settings(['own'], undefined, never).then((found) => new Map([['faultline-x', found.get('own') ?? []]])),
      createTopic: async (made, signal) => {
        await lost.createTopic(made, signal);
        if (losses-- > 0) throw new FaultlineError('invalid', { what: 'exists', code: 'TOPIC_ALREADY_EXISTS' });
      },
    });
    const again = new Messages({
      ...{ messages: { ...own, topic: 'faultline-x' }, spool, nowMs: time.monotonicMs, lastsMs: 3_600_000 },
      edges: { clock: time, wait: (ms, signal) => time.wait(ms, signal), open: () => Promise.resolve(kafka.client()) },
    });
    await again.does({ id: 1, do: 'begin', echoes: [] });
    assert.deepEqual([losses, kafka.topic?.replicas], [-1, 3]);
    await again.end();
  });

  it('take nobody’s topic: one of our own names that is written to is another run’s, one that is not is left over', async () => {
    const listed = {
      ...kafka.client(),
      topics: () => Promise.resolve(kafka.topic === undefined ? [] : [{ name: 'faultline-x', internal: false, partitions: [] }]),
    };
    const wait = (writes: boolean) => (): Promise<void> => {
      if (writes) kafka.at(0).log.push(new Uint8Array(1));
      return Promise.resolve();
    };
    kafka.topic = { settings: {}, replicas: 3 };
    await assert.rejects(removeLeftOver(listed, 'faultline-x', wait(true), never), /is written to by another run/);
    await removeLeftOver(listed, 'somebodys', wait(false), never);
    assert.notEqual(kafka.topic, undefined);
    await removeLeftOver(listed, 'faultline-x', wait(false), never);
    assert.equal(kafka.topic, undefined);
  });

  it('have a pod away from what is hit, as harmless as a vantage’s, with memory for what is kept of 10^8 messages', () => {
    const about = { run: 'r1', namespace: 'data', image: 'node:24', deadlineMs: 61_000, nowMs: 1000, answerWithinMs: 0 };
    const pod = messagesPodOf(about, own, { address: own.address, notOn: ['n1', 'n2'] }) as Pod & {
      readonly spec: Record<string, unknown>;
    };
    const vantage = podOf(about, undefined, ['n1', 'n2']) as typeof pod;
    for (const key of ['affinity', 'securityContext', 'automountServiceAccountToken', 'activeDeadlineSeconds'])
      assert.deepEqual(pod.spec[key], vantage.spec[key], key);
    assert.match(JSON.stringify(pod.spec['affinity']), /"NotIn","values":\["n1"\]/);
    const [container] = pod.spec.containers ?? [];
    assert.match(JSON.stringify(container), /"memory":"512Mi"/);
  });

  it('log in with what a Secret holds, which only the kubelet reads', () => {
    const about = { run: 'r1', namespace: 'data', image: 'node:24', deadlineMs: 61_000, nowMs: 1000, answerWithinMs: 0 };
    const login = { user: 'app', password: { secret: 'kafka-users', key: 'app' }, mechanism: 'SCRAM-SHA-256' } as const;
    const place = { address: own.address, notOn: [], login, tls: { ca: { secret: 'kafka-tls', key: 'ca.crt' } } };
    const { spec } = messagesPodOf(about, own, place) as {
      readonly spec: { readonly containers: readonly { readonly env: readonly EnvOf[] }[] };
    };
    const env = spec.containers[0]?.env ?? [];
    assert.deepEqual(
      env.flatMap(({ name, valueFrom }) => (valueFrom === undefined ? [] : [[name, valueFrom.secretKeyRef]])),
      [
        ['FAULTLINE_PROBE_PASSWORD', { name: 'kafka-users', key: 'app' }],
        ['FAULTLINE_PROBE_CA', { name: 'kafka-tls', key: 'ca.crt' }],
      ],
    );
    const { messages: told } = JSON.parse(env.find(({ name }) => name === settingsVariable)?.value ?? '') as { messages: ProgramMessages };
    assert.deepEqual([told.user, told.mechanism, told.tls], ['app', 'SCRAM-SHA-256', true]);
    const access = kafkaAccessOf(told, { FAULTLINE_PROBE_PASSWORD: 'secret', FAULTLINE_PROBE_CA: 'PEM' });
    assert.deepEqual(access, {
      bootstrap: [{ host: 'kafka.data.svc', port: 9092 }],
      sasl: { mechanism: 'SCRAM-SHA-256', user: 'app', password: 'secret' },
      tls: { caPem: 'PEM' },
    });
  });
});

describe('the program that writes messages', function () {
  this.timeout(60_000);
  const open: RunningProgram[] = [];
  afterEach(async () => {
    for (const one of open.splice(0)) await one.stop();
  });
  const start = async (over: Partial<ProgramMessages>): Promise<RunningProgram> => {
    const program = await RunningProgram.start(undefined, { messages: { ...own, ...over } });
    open.push(program);
    return program;
  };

  it('says why nothing can be written, and is there still', async () => {
    const program = await start({ address: '127.0.0.1:1' });
    await assert.rejects(program.begin(), (error) => FaultlineError.is(error, 'unreachable'));
    await program.link.compare(1, patience());
  });

  it('goes on while the connection is cut, and ends by itself when nobody is heard any more', async () => {
    const program = await start({ aloneMs: 3000 });
    await program.link.compare(1, patience());
    program.cut();
    await program.link.compare(1, patience());
    assert.equal(program.child.exitCode, null);
    program.link.close();
    const [code] = (await once(program.child, 'exit')) as [number];
    assert.equal(code, 0);
  });

  it('ends on a signal', async () => {
    const program = await start({});
    program.child.kill('SIGTERM');
    const [code] = (await once(program.child, 'exit')) as [number];
    assert.equal(code, 0);
  });
});
