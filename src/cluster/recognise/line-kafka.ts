/** Kafka as lines: brokers by their number, controllers that are nothing else, topics. */
import { t } from '../../base/messages.ts';
import { worst } from './group.ts';
import { type Before, linesFor } from './line-each.ts';
import { instanceHead, isToldAlike, podTooltip, roleLine, whyOf } from './line-instance.ts';
import type { BrokerLine, EngineInstance, KafkaInstance, Line, RoleGroup, TopicLine } from './model.ts';

export function kafkaLine(instance: KafkaInstance, before?: Line): Line {
  const was = before?.subject.kind === 'engine' ? before.subject.instance : undefined;
  if (before !== undefined && was === instance) return before;
  const old = isKafka(was) ? was : undefined;
  const lines = before?.children ?? [];
  // After the brokers come a few.
  const known = lines.slice(old?.brokers.length ?? 0);
  const topics = known.find(({ subject }) => subject.kind === 'topics');
  return {
    ...instanceHead(instance, old?.login === instance.login ? before : undefined, loginWord(instance)),
    children: [
      ...linesFor(instance.brokers, old && { items: old.brokers, lines: lines.slice(0, old.brokers.length) }, brokerLine),
      ...instance.roles.filter(isBeside).map((role) => {
        const line = known.find(({ id }) => id === role.id);
        const isSame = line !== undefined && old?.controllerId === instance.controllerId && old?.roles.includes(role);
        return isSame ? line : withController(roleLine(instance, role), instance.controllerId);
      }),
      ...topicLines(instance, old && topics && { items: old.topics, lines: topics.children }),
      ...(instance.problem === undefined ? [] : [problemLine(instance, instance.problem)]),
    ],
  };
}

function loginWord({ login }: KafkaInstance): readonly string[] {
  return login === 'wanted' ? [t('login wanted')] : login === 'refused' ? [t('login refused')] : [];
}

function isBeside({ role }: RoleGroup): boolean {
  return role !== 'broker' && role !== 'broker and controller';
}

function isKafka(instance: EngineInstance | undefined): instance is KafkaInstance {
  return instance?.engine === 'kafka' && 'brokers' in instance;
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

function brokerLine(broker: BrokerLine, before?: Line): Line {
  const old = before?.subject.kind === 'broker' ? before.subject.broker : undefined;
  const { pod, brokerId, isController, health, leaders, replicas } = broker;
  const counts =
    leaders === undefined || replicas === undefined
      ? []
      : [leaders === 1 ? t('1 leader') : t('{0} leaders', leaders), replicas === 1 ? t('1 replica') : t('{0} replicas', replicas)];
  const restarts = pod === undefined || pod.restarts === 0 ? [] : [pod.restarts === 1 ? t('1 restart') : t('{0} restarts', pod.restarts)];
  return {
    id: broker.id,
    subject: { kind: 'broker', broker },
    label: brokerId < 0 ? (pod?.ref.name ?? t('broker')) : t('broker {0}', brokerId),
    description: [
      health.word,
      ...(isController ? [t('controller')] : []),
      ...restarts,
      ...counts,
      ...(pod === undefined ? [] : [pod.ref.name]),
    ].join(' · '),
    health,
    tooltip: before !== undefined && old !== undefined && isSaidAlike(old, broker) ? before.tooltip : brokerTooltip(broker),
    children: [],
  };
}

function brokerTooltip({ pod, health, host }: BrokerLine): readonly string[] {
  return [
    ...(pod?.health === health ? [] : whyOf(health)),
    ...(host === undefined ? [] : [t('advertised as {0}', host)]),
    ...(pod === undefined ? [] : podTooltip(pod)),
  ];
}

/** Their tooltips are the same. */
function isSaidAlike(a: BrokerLine, b: BrokerLine): boolean {
  return a.health === b.health && a.host === b.host && a.pod !== undefined && b.pod !== undefined && isToldAlike(a.pod, b.pod);
}

function topicLines(instance: KafkaInstance, before: Before<TopicLine> | undefined): readonly Line[] {
  const { topics } = instance;
  if (topics.length === 0) return [];
  const state = worst(topics.map(({ health }) => health.state));
  const troubled = topics.filter(({ health }) => health.state !== 'ok').length;
  const word = troubled === 0 ? t('healthy') : t('{0} of {1} in trouble', troubled, topics.length);
  return [
    {
      id: `${instance.id}#topics`,
      subject: { kind: 'topics' },
      label: t('topics'),
      description: `${word} · ${topics.length}`,
      health: { state, word },
      tooltip: [],
      children: linesFor(topics, before, topicLine),
    },
  ];
}

function topicLine(topic: TopicLine): Line {
  const { name, internal, partitions, replication, health } = topic;
  const size = partitions === 1 ? t('1 partition') : t('{0} partitions', partitions);
  return {
    id: topic.id,
    subject: { kind: 'topic', topic },
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
