/** What a spec says of faults, probes and messages: the keys that make a run one that breaks something. */
import * as v from 'valibot';
import { saslMechanisms } from '../../base/kafkaLogin.ts';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { formatBytes, formatCount } from '../../base/units.ts';
import { faultKinds, longestFaultMs } from '../../fault/catalogue.ts';
import type { FaultFlag } from '../../fault/draft.ts';
import type { FaultKind } from '../../journal/fault-plan.ts';
import { faultDefaults, faultLimits } from './limits.ts';
import { between, checked, choice, described, duration, message, object, quantity, text, whole, wrongType } from './schema-kit.ts';
import { parsePercentage, parseRate, parseSize } from './units.ts';

export function faultEntries() {
  return {
    purpose: v.optional(
      described(text(300), t('What the run is for, in a sentence: stands beside it in the list of specs.'), [
        'Users of Kafka feel nothing for longer than ten seconds when a leader dies.',
      ]),
    ),
    cluster: v.optional(
      described(cluster(), t('Where it is broken. Without it: the cluster at which the run is begun.'), [{ context: 'lab' }]),
    ),
    faults: v.optional(
      described(
        v.pipe(
          v.array(fault(), (issue) => wrongType(issue.input, t('a list of faults'), '- kind: podDelete')),
          v.minLength(1, t('Nothing is to be broken')),
          v.maxLength(faultLimits.maxFaults, t('There are more than {0} faults', faultLimits.maxFaults)),
        ),
        t('What is broken, one after the other. Nothing is before a person has confirmed the preview.'),
        [[{ kind: 'podDelete', target: { engine: 'trino', role: 'worker' } }]],
      ),
    ),
    probes: v.optional(
      described(
        v.pipe(
          v.array(probe(), (issue) => wrongType(issue.input, t('a list of probes'), '- engine: trino')),
          v.maxLength(faultLimits.maxProbes, t('There are more than {0} probes', faultLimits.maxProbes)),
        ),
        t('What users feel: requests from inside of the cluster, on nodes that are not hit, over kept and over fresh connections.'),
        [[{ engine: 'kafka', rate: '20/s' }]],
      ),
    ),
    messages: v.optional(
      described(messages(), t('Messages through a topic of the run’s own, each of which is accounted for afterwards.'), [
        { topic: 'messages', rate: '100/s' },
      ]),
    ),
    baseline: v.optional(
      duration(t('How long is measured before the first fault.'), ['60 s'], { ...faultLimits.baseline, default: '60 s' }),
    ),
    observe: v.optional(
      duration(t('How long is measured after the last heal, at least; and three times as long as the recovery took.'), ['60 s', '3 min'], {
        ...faultLimits.observe,
        default: '60 s',
      }),
    ),
    recovery: v.optional(described(recovery(), t('What counts as recovered: the first window that holds, with no bad one after it.'))),
  };
}

export type FaultEntries = ReturnType<typeof faultEntries>;
export type SpecFault = v.InferOutput<ReturnType<typeof fault>>;
export type SpecTarget = v.InferOutput<ReturnType<typeof target>>;
export type SpecProbe = v.InferOutput<ReturnType<typeof probe>>;

const kindNames = faultKinds as readonly [FaultKind, ...FaultKind[]];
const flags = ['several', 'beyondMinority', 'againstBudget', 'dataLoss'] as const satisfies readonly FaultFlag[];

function cluster() {
  return object(t('a cluster'), {
    context: v.optional(described(text(500), t('Of the kubeconfig.'), ['lab'])),
    kubeconfig: v.optional(
      described(text(4_096), t('The file that names the context, where it is not one that kubectl reads. Relative to this file.'), [
        'kubeconfig',
      ]),
    ),
    namespace: v.optional(described(name(), t('Where engines and pods are looked for. In all namespaces without it.'), ['analytics'])),
  });
}

function fault() {
  return object(t('a fault'), {
    kind: described(
      choice(kindNames),
      t(
        'none: the control. podDelete, podForget (force delete), containerCrash, freeze, networkCut, packetLoss, latency, slowClose, cpuStress and memoryStress: of pods. rollingRestart, scale: of workloads. cordon, drain: of nodes; nodeStop, nodeCut, nodeFreeze: of the lab’s nodes.',
      ),
    ),
    target: v.optional(described(target(), t('What is broken. One, unless count or share say more.'), [{ leader: 'messages/17' }])),
    for: v.optional(
      duration(t('How long it lasts, of those that last: 15 min at most.'), ['30 s', '2 min'], { from: 1_000, to: longestFaultMs }),
    ),
    when: v.optional(described(condition(), t('What it waits for. Without it a fault begins when the one before it has ended.'))),
    allow: v.optional(
      described(
        v.array(choice(flags), (issue) => wrongType(issue.input, t('a list of names'), '[several]')),
        t(
          'What is refused otherwise. several: more than one target. beyondMinority: half of a quorum or more. againstBudget: what a disruption budget forbids. dataLoss: what an emptyDir holds, and pods that nobody brings back.',
        ),
        [['several']],
      ),
    ),
    grace: v.optional(
      duration(t('Of podDelete: between SIGTERM and SIGKILL. The pod’s own without it.'), ['5 s'], { from: 1_000, to: 600_000 }),
    ),
    direction: v.optional(
      described(choice(['both', 'in', 'out']), t('Of networkCut: packets both ways, those that come in, or those that go out.')),
    ),
    peers: v.optional(
      described(
        v.array(text(253), (issue) => wrongType(issue.input, t('a list of pods'), '[kafka-0, kafka-2]')),
        t('Of networkCut: only from these pods, by their names. From everybody without it.'),
        [['kafka-0']],
      ),
    ),
    percent: v.optional(
      quantity('20 %', percentOf, {
        description: t('Of packetLoss: how many of the packets that come in are dropped.'),
        examples: ['20 %'],
        pattern: '^\\s*[0-9.]+\\s*%\\s*$',
      }),
    ),
    latency: v.optional(duration(t('Of latency: how much later an answer comes.'), ['100 ms'], { from: 1, to: 60_000 })),
    jitter: v.optional(duration(t('Of latency: how much more or less it is, at random.'), ['10 ms'], { from: 0, to: 60_000 })),
    delay: v.optional(duration(t('Of slowClose: how much later a connection closes.'), ['5 s'], { from: 1, to: 600_000 })),
    port: v.optional(described(whole(1, 65_535), t('Of latency and slowClose: the port of the target that is meant.'), [9092])),
    existing: v.optional(
      described(
        choice(['delayed', 'reset', 'unaffected']),
        t(
          'Of latency and slowClose: what becomes of connections that are there already. delayed (of latency, the default): held up, too, by the kernel of a node that can (netem); elsewhere they are reset. reset, unaffected: a proxy catches new ones only.',
        ),
      ),
    ),
    cores: v.optional(described(v.pipe(whole(1, 512)), t('Of cpuStress: how many cores are burned.'), [1])),
    memory: v.optional(
      quantity('512 MB', (written) => between(parseSize(written), 1_000_000, 2 ** 44, formatBytes), {
        description: t('Of memoryStress: how much is taken.'),
        examples: ['512 MB'],
        pattern: '^\\s*[0-9.]+\\s*([kKMGT]i?)?B\\s*$',
      }),
    ),
    replicas: v.optional(described(whole(0, 10_000), t('Of scale: how many there are to be.'), [1])),
  });
}

function target() {
  return object(t('a target'), {
    pod: v.optional(described(name(), t('A pod by its name.'), ['kafka-1'])),
    workload: v.optional(
      described(
        text(
          300,
          /^([Dd]eployment|[Ss]tateful[Ss]et|[Dd]aemon[Ss]et)\/\S+$/,
          message(t('A workload has its kind before its name'), t('Write {0}.', 'deployment/trino-worker')),
        ),
        t('A workload, or one of its pods.'),
        ['deployment/trino-worker', 'statefulset/kafka'],
      ),
    ),
    node: v.optional(described(name(), t('A node by its name.'), ['node-2'])),
    labels: v.optional(described(text(500), t('Pods by their labels, as kubectl’s -l.'), ['app=trino,component=worker'])),
    engine: v.optional(described(choice(['trino', 'presto', 'clickhouse', 'kafka', 'spark', 'minio']), t('Pods of an engine.'))),
    role: v.optional(
      described(
        choice([
          'coordinator',
          'worker',
          'resource manager',
          'server',
          'keeper',
          'broker',
          'controller',
          'broker and controller',
          'driver',
          'executor',
          'master',
        ]),
        t('Of the engine’s pods: those with this role.'),
      ),
    ),
    leader: v.optional(
      described(
        text(300, /^\S+\/\d+$/, message(t('A partition is a topic and a number'), t('Write {0}.', 'messages/17'))),
        t('The broker that leads a partition.'),
        ['messages/17'],
      ),
    ),
    controller: v.optional(described(v.literal(true, t('Write {0}.', 'controller: true')), t('Kafka’s active controller.'))),
    busy: v.optional(
      described(v.literal(true, t('Write {0}.', 'busy: true')), t('The worker of Trino or Presto that runs the most tasks now.')),
    ),
    shard: v.optional(
      checked(v.union([v.string(), v.number()], t('Write {0}.', 'shard: 2')), (written) => String(written), {
        description: t('A replica of this shard of ClickHouse.'),
        examples: [2],
      }),
    ),
    instance: v.optional(described(name(), t('Name of the engine’s installation, where there are several.'), ['trino'])),
    namespace: v.optional(described(name(), t('Where it is looked for.'), ['analytics'])),
    container: v.optional(described(name(), t('Of the pod: the engine’s own without it.'), ['kafka'])),
    count: v.optional(described(whole(1, 1_000), t('How many of those that fit. More than one has to be allowed by name: several.'), [2])),
    share: v.optional(
      quantity('50 %', shareOf, {
        description: t('How many of those that fit, rounded down; at least one.'),
        examples: ['50 %'],
        pattern: '^\\s*[0-9.]+\\s*%\\s*$',
      }),
    ),
  });
}

function condition() {
  return object(t('a condition'), {
    isr: v.optional(described(whole(0, 100), t('So many replicas of the partition are in sync.'), [2])),
    of: v.optional(
      described(
        text(300, /^\S+\/\d+$/, message(t('A partition is a topic and a number'), t('Write {0}.', 'messages/17'))),
        t('Which partition.'),
        ['messages/17'],
      ),
    ),
    within: v.optional(
      duration(t('Else the run fails. 1 min unless it is written here.'), ['1 min'], { from: 1_000, to: 3_600_000, default: '1 min' }),
    ),
    afterHeal: v.optional(duration(t('So long after the fault before was healed.'), ['30 s'], { from: 0, to: 3_600_000 })),
  });
}

function probe() {
  return object(t('a probe'), {
    engine: described(choice(['trino', 'clickhouse', 'kafka']), t('Whose users it stands for.')),
    address: v.optional(
      described(
        text(
          300,
          /^(?:https?:\/\/)?[\w.-]+:\d+$/,
          message(
            t('An address is a name and a port'),
            t('Write {0}, or {1}.', 'trino.analytics.svc:8080', 'https://trino.analytics.svc:8443'),
          ),
        ),
        t('As clients inside of the cluster name it. Without it: the engine’s Service.'),
        ['trino.analytics.svc:8080'],
      ),
    ),
    instance: v.optional(described(name(), t('Name of the engine’s installation, where there are several.'), ['trino'])),
    namespace: v.optional(described(name(), t('Of the engine.'), ['analytics'])),
    connection: v.optional(
      described(choice(['pooled', 'fresh']), t('Over connections that are kept, or over new ones. One vantage of each without it.')),
    ),
    ...access(t('As whom it asks. Without it: as the engine’s own pods name it.'), 'default', 'clickhouse-auth/password'),
    asks: v.optional(
      described(text(10_000), t('The statement: it has to touch what is broken. Of Kafka: what it writes to and reads from.'), [
        'select count(*) from tpch.tiny.nation',
      ]),
    ),
    rate: v.optional(
      quantity('20/s', rateOf, {
        description: t(
          'Requests of each vantage, whether or not those before were answered. Unless it is written here: 20/s, of Trino 3/s, since each is work for every worker.',
        ),
        examples: ['20/s'],
        pattern: '^\\s*[0-9.]+\\s*(/|per )\\s*(s|sec|second|min|minute|h|hour)\\s*$',
      }),
    ),
  });
}

/** Who asks, and how: by reference alone. */
function access(whom: string, user: string, secret: string) {
  const reference = (description: string, example: string) =>
    v.optional(
      described(text(300, /^[a-z0-9.-]+\/[\w.-]+$/, message(t('A Secret’s name and its key'), t('Write {0}.', example))), description, [
        example,
      ]),
    );
  return {
    user: v.optional(described(text(200), whom, [user])),
    secret: reference(t('With the user’s password: a Secret beside the engine, and its key. The pod that asks reads it there.'), secret),
    mechanism: v.optional(
      described(choice(saslMechanisms), t('How a user logs in to Kafka. What its listener names first, else SCRAM-SHA-512, without it.')),
    ),
    tls: v.optional(described(v.literal(true, t('Write {0}.', 'tls: true')), t('Of Kafka: over TLS. Else what its listener says.'))),
    ca: reference(
      t('With the certificate of the authority, where Node does not know it: a Secret beside the engine, and its key.'),
      'kafka-tls/ca.crt',
    ),
  };
}

function messages() {
  return object(t('messages'), {
    topic: v.optional(
      described(
        text(200, /^[\w.-]+$/, t('A topic has letters, digits, dots, dashes and underscores')),
        t('Of the run’s own. “faultline-messages” unless it is written here.'),
        ['faultline-messages'],
      ),
    ),
    address: v.optional(
      described(
        text(300, /^[\w.-]+:\d+$/, message(t('An address is a name and a port'), t('Write {0}.', 'kafka.shop.svc:9092'))),
        t('As clients inside of the cluster name it. Without it: the Service of the Kafka that is hit, or of the only one.'),
        ['kafka.shop.svc:9092'],
      ),
    ),
    ...access(t('Who writes and reads them, where Kafka wants a login.'), 'app', 'kafka-users/app'),
    partitions: v.optional(described(whole(1, 1_000), t('24 unless it is written here.'), [24])),
    replication: v.optional(described(whole(1, 100), t('Replicas of each partition. 3 unless it is written here.'), [3])),
    minInSync: v.optional(
      described(whole(1, 100), t('min.insync.replicas: with fewer, writes are refused. 2 unless it is written here.'), [2]),
    ),
    uncleanElection: v.optional(
      described(
        v.boolean((issue) => wrongType(issue.input, t('true or false'), 'false')),
        t('A replica that is behind may lead: acknowledged messages may be lost.'),
      ),
    ),
    rate: v.optional(
      quantity('100/s', messageRateOf, {
        description: t('Of all partitions together. {0}/s unless it is written here.', faultDefaults.messagesPerSecond),
        examples: ['100/s'],
        pattern: '^\\s*[0-9.]+\\s*(/|per )\\s*(s|sec|second|min|minute|h|hour)\\s*$',
        default: `${faultDefaults.messagesPerSecond}/s`,
      }),
    ),
  });
}

function recovery() {
  return object(t('what counts as recovered'), {
    ratio: v.optional(
      quantity('100 %', shareOf, {
        description: t('Good answers in the window. 100 % unless it is written here.'),
        examples: ['99.9 %'],
        pattern: '^\\s*[0-9.]+\\s*%\\s*$',
        default: '100 %',
      }),
    ),
    window: v.optional(duration(t('10 s unless it is written here.'), ['10 s'], { from: 1_000, to: 600_000, default: '10 s' })),
    samples: v.optional(described(whole(1, 1_000_000), t('At least so many answers in the window. 100 unless it is written here.'), [100])),
    slow: v.optional(
      duration(t('A slower answer is a bad one. Without it: what the baseline says.'), ['500 ms'], { from: 1, to: 600_000 }),
    ),
  });
}

function name() {
  return text(253, /^\S+$/, t('A name has no blanks'));
}

function percentOf(written: string): number {
  const share = shareOf(written);
  return Number((share * 100).toPrecision(12));
}

function shareOf(written: string): number {
  const share = parsePercentage(written);
  if (share > 0) return share;
  throw new FaultlineError('invalid', { what: t('“{0}” is nothing', written.trim()) });
}

function rateOf(written: string): number {
  return rateBetween(written, faultLimits.maxProbesPerSecond);
}

function messageRateOf(written: string): number {
  return rateBetween(written, faultLimits.maxMessagesPerSecond);
}

function rateBetween(written: string, most: number): number {
  const rate = parseRate(written);
  if (rate > 0 && rate <= most) return rate;
  throw new FaultlineError('invalid', {
    what: rate > 0 ? t('The rate is above {0}/s', formatCount(most)) : t('A rate is above zero: “{0}” would send nothing', written.trim()),
  });
}
