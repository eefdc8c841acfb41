/** The fields of each kind, by the keys of a spec, with what they hold at first. No `vscode` import. */
import { t } from '../../../base/messages.ts';
import { factsOf } from '../../../fault/catalogue.ts';
import type { FaultKind } from '../../../journal/fault-plan.ts';
import type { Choice, SettingField } from '../../panels/fault/protocol.ts';
import type { BreakSubject } from './subject.ts';

export interface FirstSetting extends SettingField {
  readonly first: string;
}

const ports: Readonly<Record<string, number>> = { kafka: 9092, trino: 8080, presto: 8080, clickhouse: 8123 };

export function settingFields(kind: FaultKind, subject: BreakSubject): readonly FirstSetting[] {
  const port = portOf(subject);
  const ofPort: FirstSetting = { key: 'port', title: t('Port'), first: port === undefined ? '' : String(port) };
  const existing = (of: 'latency' | 'slowClose'): FirstSetting => ({
    key: 'existing',
    title: t('Connections that are there'),
    choices: [
      ...(of === 'latency' ? [{ key: 'delayed', title: t('are delayed, or else reset') }] : []),
      { key: 'reset', title: t('are reset, and come back through it') },
      { key: 'unaffected', title: t('are unaffected') },
    ],
    first: factsOf(of).defaults.existing,
  });
  switch (kind) {
    case 'podDelete':
      return [{ key: 'grace', title: t('Grace period'), empty: t('the pod’s own'), first: '' }];
    case 'networkCut':
      return [
        { key: 'direction', title: t('Packets'), choices: directions(), first: 'both' },
        { key: 'peers', title: t('Only from'), empty: t('everybody; or pods by name'), first: '' },
      ];
    case 'packetLoss':
      return [{ key: 'percent', title: t('Packets lost'), first: `${factsOf(kind).defaults.percent} %` }];
    case 'latency':
      return [
        { key: 'latency', title: t('Later by'), first: `${factsOf(kind).defaults.latencyMs} ms` },
        { key: 'jitter', title: t('More or less by'), first: '0 ms' },
        { ...ofPort, empty: t('all ports') },
        existing(kind),
      ];
    case 'slowClose':
      return [{ key: 'delay', title: t('Later by'), first: `${factsOf(kind).defaults.delayMs / 1_000} s` }, ofPort, existing(kind)];
    case 'cpuStress':
      return [{ key: 'cores', title: t('Cores'), first: String(factsOf(kind).defaults.cores) }];
    case 'memoryStress':
      return [{ key: 'memory', title: t('Memory'), first: `${factsOf(kind).defaults.bytes / 2 ** 20} MiB` }];
    case 'scale':
      return [{ key: 'replicas', title: t('Replicas'), first: String(fewer(subject)) }];
    case 'none':
    case 'podForget':
    case 'containerCrash':
    case 'freeze':
    case 'rollingRestart':
    case 'cordon':
    case 'drain':
    case 'nodeStop':
    case 'nodeCut':
    case 'nodeFreeze':
      return [];
  }
}

function directions(): readonly Choice[] {
  return [
    { key: 'both', title: t('both ways') },
    { key: 'in', title: t('that come in') },
    { key: 'out', title: t('that go out') },
  ];
}

function portOf(subject: BreakSubject): number | undefined {
  if (subject.kind === 'node') return undefined;
  return (subject.kind === 'pod' ? subject.port : undefined) ?? ports[subject.instance?.engine ?? ''];
}

/** One of them less; of what has one none. */
function fewer(subject: BreakSubject): number {
  return subject.kind === 'group' && subject.wanted > 0 ? subject.wanted - 1 : factsOf('scale').defaults.replicas;
}
