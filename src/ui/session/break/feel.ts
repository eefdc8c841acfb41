/** Who feels what is broken: probes in the cluster, messages that are each accounted for, statements from this machine. No `vscode` import. */
import { t } from '../../../base/messages.ts';
import { engineNames, type ServerTarget } from '../../../base/target.ts';
import type { EngineInstance, EngineKind } from '../../../cluster/recognise/model.ts';
import { faultDefaults, probesPerSecondOf } from '../../../run/spec/limits.ts';
import { engineOf } from '../../../run/spec/write.ts';
import type { FaultSpecParts, SpecLoad } from '../../../run/spec/write-fault.ts';
import type { Choice } from '../../panels/fault/protocol.ts';

export interface Feel extends Choice {
  readonly instance: EngineInstance;
  readonly hasMessages: boolean;
  readonly hasProbes: boolean;
  /** "20/s", as it is offered. */
  readonly rate: string;
  /** What of the spec says so. */
  parts(rate: string): Pick<FaultSpecParts, 'probes' | 'messages' | 'load'>;
}

/** `serverOf`: the engine as a server that takes SQL, with the login of whoever connected it; undefined where it can't. */
export function feelsOf(
  observers: readonly EngineInstance[],
  serverOf: (instance: EngineInstance) => ServerTarget | undefined,
): readonly Feel[] {
  return observers.flatMap((instance): readonly Feel[] => {
    const { name, namespace, engine } = instance;
    const where = { instance: name, namespace };
    const probeEngine = engine === 'presto' ? 'trino' : engine;
    const probes = (rate: string): NonNullable<FaultSpecParts['probes']> => ({ engine: probeEngine, ...where, rate });
    const hasProbes = true;
    const rate = `${probesPerSecondOf(probeEngine)}/s`;
    const probing: Feel = {
      key: `probes:${instance.id}`,
      title: t('Probes of {0}', name),
      about: t('Requests of {0} from two places in the cluster that are not hit, over kept and over fresh connections.', titleOf(instance)),
      ...{ instance, hasMessages: false, hasProbes, rate },
      parts: (given) => ({ probes: probes(given) }),
    };
    if (engine === 'kafka') {
      const brokers = instance.roles.reduce(
        (sum, { role, pods }) => sum + (role === 'controller' || role === 'operator' ? 0 : pods.length),
        0,
      );
      return [
        {
          ...probing,
          key: `messages:${instance.id}`,
          title: t('Probes and messages of {0}', name),
          about: t(
            'Probes from two places that are not hit, and {0}/s messages through a topic of the run’s own, each accounted for afterwards.',
            faultDefaults.messagesPerSecond,
          ),
          hasMessages: true,
          parts: (given) => ({ probes: probes(given), messages: messagesFor(brokers) }),
        },
        probing,
      ];
    }
    const server = serverOf(instance);
    if (server === undefined) return [probing];
    const load = (given: string): SpecLoad => ({
      engine: engineOf(server),
      statement: { name: 'probe', sql: statementFor(server) },
      rate: given,
    });
    return [
      probing,
      {
        key: `load:${instance.id}`,
        title: t('SQL on {0} from this machine', name),
        about: t('Statements through the cluster’s API: the way there is part of what is measured. Save it as a spec to write your own.'),
        ...{ instance, hasMessages: false, hasProbes: false, rate: '2/s' },
        parts: (given) => ({ load: load(given) }),
      },
    ];
  });
}

function messagesFor(brokers: number): NonNullable<FaultSpecParts['messages']> {
  const replication = Math.max(1, Math.min(faultDefaults.replicationFactor, brokers));
  return {
    topic: faultDefaults.topic,
    partitions: faultDefaults.partitions,
    replication,
    minInSync: Math.max(1, Math.min(faultDefaults.minInSync, replication - 1 || 1)),
    rate: `${faultDefaults.messagesPerSecond}/s`,
  };
}

/** Touches every node that computes. */
function statementFor({ engine }: ServerTarget): string {
  return engine === 'clickhouse' ? 'select sum(number) from numbers(1000000)' : 'select count(*) from tpch.tiny.nation';
}

function titleOf({ engine, namespace, name }: EngineInstance): string {
  return `${engineTitle(engine)} ${namespace}/${name}`;
}

/** "ClickHouse" */
export function engineTitle(engine: EngineKind): string {
  const known: Readonly<Partial<Record<EngineKind, string>>> = { ...engineNames, kafka: 'Kafka', spark: 'Spark', minio: 'MinIO' };
  return known[engine] ?? engine;
}
