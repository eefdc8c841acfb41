import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packagePaths } from '../../../../src/base/package.ts';
import type { DraftFault, FaultDraft } from '../../../../src/fault/draft.ts';
import { jsonSchema } from '../../../../src/run/spec/schema.ts';
import { planOf, readSpec, type FaultSpec } from '../../../../src/run/spec/spec.ts';
import { library, minimal, read } from './kit.ts';

const head = 'faultline: 1\n';
const probes = 'probes: [{engine: kafka}]\n';

async function breaks(text: string): Promise<FaultSpec> {
  const { breaks: found, plan, problems } = await readSpec(`${head}${text}`, { folder: '/nowhere', library });
  assert.deepEqual(
    problems.filter(({ severity }) => severity === 'error'),
    [],
  );
  assert.equal(plan, undefined, 'it is no benchmark');
  assert.ok(found);
  return found;
}

async function draftOf(text: string): Promise<FaultDraft> {
  return (await breaks(text)).draft;
}

async function faultOf(written: string): Promise<DraftFault> {
  const { faults } = await draftOf(`faults: [${written}]\n${probes}`);
  assert.ok(faults[0]);
  return faults[0];
}

describe('a spec that breaks something', () => {
  it('says what is broken, who feels it, and for how long is looked', async () => {
    const { plan, draft, purpose } = await breaks(`name: n
purpose: To know.
cluster: {context: lab, kubeconfig: config, namespace: data}
faults:
  - kind: networkCut
    target: {leader: messages/17, namespace: other}
    direction: in
    peers: [kafka-0]
    for: 30 s
  - kind: containerCrash
    target: {leader: a/b/3, instance: bus}
    when: {isr: 2, of: messages/17}
    allow: [beyondMinority, several, several]
  - kind: none
    when: {afterHeal: 10 s}
probes:
  - {engine: kafka, rate: 50/s}
  - {engine: trino, address: "trino.data.svc:8080", connection: fresh, asks: select 2}
messages: {topic: mine, partitions: 6, replication: 1, rate: 10/s, uncleanElection: true}
baseline: 90 s
observe: 2 min
recovery: {ratio: 99.9 %, window: 20 s, samples: 50, slow: 500 ms}
expect:
  - recovered <= 10 s
  - unavailable <= 5 s
  - messages.lost <= 0
`);
    assert.deepEqual(draft, {
      cluster: { context: 'lab', kubeconfig: '/nowhere/config', namespace: 'data' },
      faults: [
        {
          settings: { kind: 'networkCut', direction: 'in', peers: ['kafka-0'] },
          target: { by: { kind: 'leader', topic: 'messages', partition: 17 }, namespace: 'other' },
          durationMs: 30_000,
          allow: [],
        },
        {
          settings: { kind: 'containerCrash' },
          target: { by: { kind: 'leader', topic: 'a/b', partition: 3, instance: 'bus' } },
          when: { kind: 'isr', topic: 'messages', partition: 17, size: 2, withinMs: 60_000 },
          allow: ['beyondMinority', 'several'],
        },
        { settings: { kind: 'none' }, when: { kind: 'afterHeal', pauseMs: 10_000 }, allow: [] },
      ],
      probes: [
        { engine: 'kafka', perSecond: 50 },
        { engine: 'trino', address: 'trino.data.svc:8080', connection: 'fresh', asks: 'select 2', perSecond: 3 },
      ],
      messages: { topic: 'mine', partitions: 6, replicationFactor: 1, minInSync: 1, uncleanElection: true, perSecond: 10 },
      baselineMs: 90_000,
      observeMs: 120_000,
      recovery: { ratio: 0.999, windowMs: 20_000, windowSamples: 50, slowMs: 500 },
    });
    assert.equal(purpose, 'To know.');
    assert.deepEqual([plan.name, plan.arms, plan.statements, plan.load], ['n', [], [], { kind: 'none' }]);
    assert.equal(plan.fault, undefined, 'a preview makes it');
    assert.deepEqual(
      plan.expectations.map(({ text }) => text),
      ['recovered <= 10 s', 'unavailable <= 5 s', 'messages.lost <= 0'],
    );
  });

  it('says little where the defaults do', async () => {
    const draft = await draftOf(`faults: [{kind: freeze, target: {pod: kafka-1}}]\nprobes: [{engine: kafka}]\nmessages: {}\n`);
    assert.deepEqual(draft, {
      cluster: {},
      faults: [{ settings: { kind: 'freeze' }, target: { by: { kind: 'object', object: 'Pod', name: 'kafka-1' } }, allow: [] }],
      probes: [{ engine: 'kafka', perSecond: 20 }],
      messages: {
        topic: 'faultline-messages',
        partitions: 24,
        replicationFactor: 3,
        minInSync: 2,
        uncleanElection: false,
        perSecond: 50,
      },
      baselineMs: 60_000,
      observeMs: 60_000,
      recovery: { ratio: 1, windowMs: 10_000, windowSamples: 100 },
    });
  });

  it('names who logs in, and the Secrets with what that takes, and never a password', async () => {
    const access = 'user: app, secret: kafka-users/app, mechanism: SCRAM-SHA-256, ca: kafka-tls/ca.crt';
    const draft = await draftOf(
      `faults: [{kind: freeze, target: {pod: x}}]\nprobes: [{engine: kafka, ${access}}, {engine: trino, address: "https://trino.a.svc:8443", user: me}]\nmessages: {address: "bus.a.svc:9093", ${access}}\n`,
    );
    const known = {
      login: { user: 'app', password: { secret: 'kafka-users', key: 'app' }, mechanism: 'SCRAM-SHA-256' },
      tls: { ca: { secret: 'kafka-tls', key: 'ca.crt' } },
    };
    assert.deepEqual(draft.probes, [
      { engine: 'kafka', perSecond: 20, ...known },
      { engine: 'trino', perSecond: 3, address: 'https://trino.a.svc:8443', login: { user: 'me' } },
    ]);
    const { address, login, tls } = draft.messages ?? {};
    assert.deepEqual({ address, login, tls }, { address: 'bus.a.svc:9093', ...known });
  });

  it('takes every kind with its settings', async () => {
    const settings = async (written: string): Promise<unknown> => (await faultOf(`{target: {pod: x}, ${written}}`)).settings;
    assert.deepEqual(await settings('kind: podDelete, grace: 5 s'), { kind: 'podDelete', graceSeconds: 5 });
    assert.deepEqual(await settings('kind: networkCut'), { kind: 'networkCut', direction: 'both' });
    assert.deepEqual(await settings('kind: packetLoss, percent: 12.5 %'), { kind: 'packetLoss', percent: 12.5 });
    assert.deepEqual(await settings('kind: latency, latency: 100 ms, jitter: 10 ms, port: 9092, existing: unaffected'), {
      kind: 'latency',
      latencyMs: 100,
      jitterMs: 10,
      port: 9092,
      existing: 'unaffected',
    });
    assert.deepEqual(await settings('kind: latency, latency: 100 ms'), {
      kind: 'latency',
      latencyMs: 100,
      jitterMs: 0,
      existing: 'delayed',
    });
    assert.deepEqual(await settings('kind: slowClose, delay: 5 s, port: 9092'), {
      kind: 'slowClose',
      delayMs: 5_000,
      port: 9092,
      existing: 'reset',
    });
    assert.deepEqual(await settings('kind: cpuStress'), { kind: 'cpuStress', cores: 1 });
    assert.deepEqual(await settings('kind: memoryStress, memory: 512 MB'), { kind: 'memoryStress', bytes: 512e6 });
    assert.deepEqual(await settings('kind: scale, replicas: 0'), { kind: 'scale', replicas: 0 });
    for (const kind of ['podForget', 'containerCrash', 'freeze', 'rollingRestart', 'cordon', 'drain', 'nodeStop', 'nodeCut', 'nodeFreeze'])
      assert.deepEqual(await settings(`kind: ${kind}`), { kind });
  });

  it('takes every way to name a target', async () => {
    const target = async (written: string): Promise<unknown> => (await faultOf(`{kind: freeze, target: {${written}}}`)).target;
    assert.deepEqual(await target('workload: statefulset/kafka'), { by: { kind: 'object', object: 'StatefulSet', name: 'kafka' } });
    assert.deepEqual(await target('workload: Deployment/x'), { by: { kind: 'object', object: 'Deployment', name: 'x' } });
    assert.deepEqual(await target('node: n1'), { by: { kind: 'object', object: 'Node', name: 'n1' } });
    assert.deepEqual(await target('labels: "app=x,y in (a, b)", count: 2'), {
      by: { kind: 'labels', labels: 'app=x,y in (a, b)' },
      amount: { kind: 'count', count: 2 },
    });
    assert.deepEqual(await target('engine: trino, role: worker, share: 50 %, container: c'), {
      by: { kind: 'role', engine: 'trino', role: 'worker' },
      amount: { kind: 'share', share: 0.5 },
      container: 'c',
    });
    assert.deepEqual(await target('controller: true'), { by: { kind: 'controller' } });
    assert.deepEqual(await target('busy: true, engine: trino'), { by: { kind: 'busyWorker' } });
    assert.deepEqual(await target('shard: 2'), { by: { kind: 'replica', shard: '2' } });
  });

  it('may have a workload as its client, which goes on as long as the run', async () => {
    const workload = 'engine: {kind: duckdb, scale: 0.01}\nworkload: {tpch: 6}\nfaults: [{kind: none}]\n';
    const open = (await breaks(`${workload}load: {rate: 20/s}\n`)).plan;
    assert.equal(open.load.kind === 'open' && open.load.durationMs, 7_200_000);
    const closed = (await breaks(workload)).plan;
    assert.deepEqual(closed.load, { kind: 'closed', clients: 1, durationMs: 7_200_000, thinkTimeMs: 0, order: 'listed' });
    assert.deepEqual(
      closed.expectations.map(({ text }) => text),
      ['answers ok'],
      'errors are what it is about',
    );
  });

  const cases: readonly (readonly [marked: string, said: string | RegExp])[] = [
    [`faults: [{kind: «podKill», target: {pod: x}}]\n${probes}`, /^“podKill” is not one of none, podDelete, .*/],
    [`faults: [{kind: «freeze»}]\n${probes}`, '“Freeze” has no target | Write target: {pod: kafka-1}.'],
    [`faults: [{kind: freeze, target: «{count: 2}»}]\n${probes}`, /^The target names nothing \| Write one of pod, workload/],
    [`faults: [{kind: freeze, target: {pod: x, shard: «2»}}]\n${probes}`, /^A target is one of .* \| Keep pod, or keep shard\./],
    [`faults: [{kind: freeze, target: {pod: x, role: «worker»}}]\n${probes}`, /^A role is one of an engine’s/],
    [`faults: [{kind: freeze, target: {leader: «messages»}}]\n${probes}`, 'A partition is a topic and a number | Write messages/17.'],
    [`faults: [{kind: freeze, target: {workload: «kafka»}}]\n${probes}`, /^A workload has its kind before its name/],
    [`faults: [{kind: freeze, target: {labels: a=b, count: 2, share: «50 %»}}]\n${probes}`, /^A target has a count or a share/],
    [`faults: [{kind: freeze, target: {pod: x}, for: «16 min»}]\n${probes}`, 'It has to be from 1.00 s to 15:00 min'],
    [
      `faults: [{kind: podDelete, target: {pod: x}, for: «10 s»}]\n${probes}`,
      '“Delete Pod” is over as soon as it has happened | Leave it out.',
    ],
    [`faults: [{kind: «packetLoss», target: {pod: x}}]\n${probes}`, 'packetLoss has no percent | Write percent: 20 %.'],
    [
      `faults: [{kind: freeze, target: {pod: x}, percent: «20 %»}]\n${probes}`,
      '“percent” is of packetLoss | Leave it out, or choose that kind.',
    ],
    [
      `faults: [{kind: slowClose, target: {pod: x}, delay: 1 s, port: 1, existing: «delayed»}]\n${probes}`,
      '“delayed” is of latency | Write reset or unaffected: closes are held up by a proxy.',
    ],
    [`faults: [{kind: freeze, target: {pod: x}, allow: [«everything»]}]\n${probes}`, /^“everything” is not one of several, beyondMinority/],
    [`faults: [{kind: freeze, target: {pod: x}, when: {isr: «2»}}]\n${probes}`, 'Of which partition is not said | Write of: messages/17.'],
    [
      `faults: [{kind: freeze, target: {pod: x}, when: {afterHeal: «1 s»}}]\n${probes}`,
      'The first fault has none before it | Leave it out.',
    ],
    [`faults: [{kind: freeze, target: {pod: x}, when: «{within: 1 s}»}]\n${probes}`, /^The condition says nothing/],
    [`faults: «[]»\n${probes}`, 'Nothing is to be broken'],
    [`faults: «[{kind: none}]»\n`, 'Nobody feels what is broken | Add probes, or an engine and a workload.'],
    [`faults: [{kind: none}]\n${probes}baseline: «30 s»\n`, /^warning: A baseline below 60 s can’t be told to be steady/],
    [`faults: [{kind: none}]\n${probes}messages: {replication: 1, minInSync: «2»}\n`, /^2 replicas can’t be in sync where there are 1/],
    [`faults: [{kind: none}]\n${probes}cluster: {kubeconfig: «x»}\n`, /^A kubeconfig may name several contexts/],
    [`faults: [{kind: none}]\n${probes}engine: «{kind: duckdb, scale: 0.01}»\n`, /^“workload” is missing beside it/],
    [`faults: [{kind: none}]\n${probes}expect: [«messages.lost <= 0»]\n`, /^“messages.lost <= 0” can’t be told: the run sends no messages/],
    [`faults: [{kind: none}]\n${probes}expect: [«latency.p99 <= 1 s»]\n`, /^“latency.p99 <= 1 s” can’t be told: the run has no workload/],
    [`faults: [{kind: none}]\nmessages: {}\nexpect: [«probes.failed <= 1 %»]\n`, /the run has no probes/],
    [`faults: [{kind: none}]\nprobes: [{engine: kafka, secret: «a/b»}]\n`, '“secret” is of a login | Write user too.'],
    [`faults: [{kind: none}]\nprobes: [{engine: kafka, user: app, secret: «hunter2»}]\n`, /^A Secret’s name and its key/],
    [`faults: [{kind: none}]\nprobes: [{engine: kafka, rate: «5000/s»}]\n`, 'The rate is above 1,000/s'],
    ...['-5', '"-5"', '0', '"0"', '5000'].map((written): readonly [string, string] => [
      `faults: [{kind: freeze, target: {pod: a}, for: «${written}»}]\n${probes}`,
      `“${written.replaceAll('"', '')}” has no unit | It has to be from 1.00 s to 15:00 min: write 30 s.`,
    ]),
    [`faults: [{kind: latency, target: {pod: a}, latency: «50»}]\n${probes}`, '“50” has no unit | Write 50 ms.'],
    [`faults: [{kind: latency, target: {pod: a}, latency: 50 ms, jitter: «0»}]\n${probes}`, '“0” has no unit | Write 0 ms.'],
    [`faults: [{kind: packetLoss, target: {pod: a}, percent: «0»}]\n${probes}`, '“0” has no unit | “0 %” is nothing: write 20 %.'],
    [`faults: [{kind: none}]\nprobes: [{engine: kafka, rate: «-5»}]\n`, /^“-5” has no unit \| A rate is above zero: .*: write 20\/s\.$/],
    [`faults: [{kind: none}]\n${probes}expect: [unavailable <= «-5»]\n`, '“-5” has no unit | Write 30 s.'],
    [
      `faults: [{kind: none}]\nprobes: [{engine: kafka, adress: x}]\n`.replace('adress', '«adress»'),
      '“adress” is not known here | Did you mean address?',
    ],
  ];

  it('what contradicts itself is said where it stands, with what to write instead', async () => {
    for (const [marked, expected] of cases) {
      const found = await read(`${head}${marked}`);
      assert.equal(found.marked, `${head}${marked}`, found.said.join('\n'));
      assert.equal(found.said.length, 1, `${marked}\n${found.said.join('\n')}`);
      if (typeof expected === 'string') assert.equal(found.said[0], expected);
      else assert.match(found.said[0] ?? '', expected);
    }
  });

  it('is never run as a benchmark is, and a benchmark has none of its keys', async () => {
    await assert.rejects(
      planOf(`${head}faults: [{kind: none}]\n${probes}`, { folder: '/nowhere', library }),
      /its preview has to be confirmed first/,
    );
    for (const key of ['probes: «[]»', 'baseline: «60 s»', 'messages: «{}»'])
      assert.match((await read(`${minimal}${key}\n`)).said.join(), /is of a run that breaks something/);
    const expected = `${minimal}expect: [«recovered <= 10 s»]\n`;
    const { marked, said } = await read(expected);
    assert.deepEqual([marked, said.length], [expected, 1], said.join());
    assert.match(said[0] ?? '', /the run breaks nothing/);
  });

  it('comes ten times with Faultline: each says its purpose and what it expects', async () => {
    const folder = join(packagePaths().root, 'media', 'examples');
    const names = [
      'trino-worker-kill',
      'trino-coordinator-kill',
      'clickhouse-replica-kill',
      'kafka-leader-kill',
      'kafka-minority-partition',
      'kafka-rolling-restart',
      'kafka-latency-100ms',
      'kafka-loss-20',
      'kafka-slow-close-5s',
      'node-loss',
    ];
    const there = await readdir(folder);
    for (const name of names) {
      const file = `${name}.faultline.yaml`;
      assert.ok(there.includes(file), file);
      const { breaks: found, problems } = await readSpec(await readFile(join(folder, file), 'utf8'), { folder, library, file });
      assert.deepEqual(problems, [], name);
      assert.ok(found?.purpose !== undefined && found.plan.expectations.length > 0, name);
      assert.ok(found.draft.faults.length > 0 && found.draft.probes.length > 0, name);
    }
  });

  it('of a replica is felt through the cluster that our chart makes, and not at the server that answers alone', async () => {
    const { root } = packagePaths();
    const folder = join(root, 'media', 'examples');
    const text = await readFile(join(folder, 'clickhouse-replica-kill.faultline.yaml'), 'utf8');
    const values = await readFile(join(root, 'media', 'charts', 'clickhouse', 'values.yaml'), 'utf8');
    const [, cluster] = /^clusterName: (\w+)$/m.exec(values) ?? [];
    const { breaks: found } = await readSpec(text, { folder, library });
    assert.deepEqual(
      found?.draft.probes.map(({ asks }) => asks),
      [`select count() from cluster('${cluster}', system.one) settings prefer_localhost_replica = 0`],
    );
  });

  it('is completed and checked by the schema: engine and workload are required of benchmarks only', () => {
    const schema = jsonSchema();
    assert.deepEqual(schema['required'], ['faultline']);
    assert.deepEqual(schema['then'], { required: ['engine', 'workload'] });
    const { faults } = schema['properties'] as {
      readonly faults: { readonly description?: string; readonly items: { readonly properties: object } };
    };
    assert.match(faults.description ?? '', /Nothing is before a person has confirmed the preview/);
    for (const [key, property] of Object.entries(faults.items.properties))
      assert.ok(typeof (property as { description?: unknown }).description === 'string', `${key} tells nothing`);
  });
});
