/** Kafka as lines: brokers by their number, controllers that are nothing else, topics. */
import { t } from '../../base/messages.ts';
import { worst } from './group.ts';
import { instanceDescription, instanceTooltip, podTooltip, roleLine, whyOf } from './line-instance.ts';
import type { BrokerLine, KafkaInstance, Line, TopicLine } from './model.ts';

export function kafkaLine(instance: KafkaInstance): Line {
  const others = instance.roles.filter(({ role }) => role !== 'broker' && role !== 'broker and controller');
  return {
    id: instance.id,
    subject: { kind: 'engine', instance },
    label: instance.name,
    description: instanceDescription(instance, loginWord(instance)),
    health: instance.health,
    tooltip: instanceTooltip(instance),
    children: [
      ...instance.brokers.map((broker) => brokerLine(instance, broker)),
      ...others.map((role) => withController(roleLine(instance, role), instance.controllerId)),
      ...topicLines(instance),
      ...(instance.problem === undefined ? [] : [problemLine(instance, instance.problem)]),
    ],
  };
}

function loginWord({ login }: KafkaInstance): readonly string[] {
  return login === 'wanted' ? [t('login wanted')] : login === 'refused' ? [t('login refused')] : [];
}

/** Of controllers that are no brokers: which one decides. */
function withController(line: Line, controllerId: number | undefined): Line {
  const { subject, children } = line;
  const isActive = subject.kind === 'pod' && subject.pod.role === 'controller' && subject.pod.brokerId === controllerId;
  return {
    ...line,
    ...(isActive && controllerId !== undefined ? { description: `${line.description} · ${t('active controller')}` } : {}),
    children: children.map((child) => withController(child, controllerId)),
  };
}

function brokerLine(instance: KafkaInstance, broker: BrokerLine): Line {
  const { pod, brokerId, isController, health, leaders, replicas } = broker;
  const counts = leaders === undefined || replicas === undefined ? [] : [t('{0} leaders', leaders), t('{0} replicas', replicas)];
  const restarts = pod === undefined || pod.restarts === 0 ? [] : [pod.restarts === 1 ? t('1 restart') : t('{0} restarts', pod.restarts)];
  return {
    id: broker.id,
    subject: { kind: 'broker', instance, broker },
    label: brokerId < 0 ? (pod?.ref.name ?? t('broker')) : t('broker {0}', brokerId),
    description: [
      health.word,
      ...(isController ? [t('controller')] : []),
      ...restarts,
      ...counts,
      ...(pod === undefined ? [] : [pod.ref.name]),
    ].join(' · '),
    health,
    tooltip: [
      ...(pod?.health === health ? [] : whyOf(health)),
      ...(broker.host === undefined ? [] : [t('advertised as {0}', broker.host)]),
      ...(pod === undefined ? [] : podTooltip(pod)),
    ],
    children: [],
  };
}

function topicLines(instance: KafkaInstance): readonly Line[] {
  const { topics } = instance;
  if (topics.length === 0) return [];
  const state = worst(topics.map(({ health }) => health.state));
  const troubled = topics.filter(({ health }) => health.state !== 'ok').length;
  const word = troubled === 0 ? t('healthy') : t('{0} of {1} in trouble', troubled, topics.length);
  return [
    {
      id: `${instance.id}#topics`,
      subject: { kind: 'topics', instance },
      label: t('topics'),
      description: `${word} · ${topics.length}`,
      health: { state, word },
      tooltip: [],
      children: topics.map((topic) => topicLine(instance, topic)),
    },
  ];
}

function topicLine(instance: KafkaInstance, topic: TopicLine): Line {
  const { name, internal, partitions, replication, health } = topic;
  const size = partitions === 1 ? t('1 partition') : t('{0} partitions', partitions);
  return {
    id: topic.id,
    subject: { kind: 'topic', instance, topic },
    label: name,
    description: [health.word, size, t('{0} replicas', replication), ...(internal ? [t('internal')] : [])].join(' · '),
    health,
    tooltip: [...whyOf(health), ...outOfSync(topic)],
    children: [],
  };
}

const listed = 10;

function outOfSync({ details }: TopicLine): readonly string[] {
  const bad = details.filter(({ leader, replicas, inSync }) => leader < 0 || inSync.length < replicas.length);
  const lines = bad
    .slice(0, listed)
    .map(({ partition, leader, replicas, inSync }) =>
      t(
        'partition {0}: leader {1}, in sync {2} of {3}',
        partition,
        leader < 0 ? t('none') : leader,
        inSync.join(', '),
        replicas.join(', '),
      ),
    );
  return bad.length > listed ? [...lines, t('and {0} more', bad.length - listed)] : lines;
}

function problemLine(instance: KafkaInstance, text: string): Line {
  const { id, remedy, login } = instance;
  return {
    id: `${id}#problem`,
    subject: login === undefined ? { kind: 'note', note: 'failed' } : { kind: 'note', note: 'login', instance },
    label: t('Kafka was not heard: {0}', text),
    // A terminal has no tooltip.
    description: login === undefined ? '' : (remedy ?? ''),
    tooltip: remedy === undefined ? [] : [remedy],
    children: [],
  };
}
