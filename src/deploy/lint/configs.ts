/** Settings of the engines that contradict each other. */
import { t } from '../../base/messages.ts';
import type { LintWarning, Rendering } from './warning.ts';
import type { LintWorkload } from './shape.ts';
import { fieldOf } from './shape.ts';
import { labelOf } from '../objects.ts';

export function configRules({ workloads, configs, objects }: Rendering): readonly LintWarning[] {
  const written = workloads.flatMap((workload) => settingsOf(workload, configs).flatMap((settings) => inSync(workload.label, settings)));
  const operated = objects
    .filter(({ kind, apiVersion }) => kind === 'Kafka' && apiVersion.startsWith('kafka.strimzi.io/'))
    .flatMap((object) => {
      const config = fieldOf(object, 'spec', 'kafka', 'config');
      const entries = typeof config === 'object' && config !== null ? Object.entries(config) : [];
      return inSync(labelOf(object), new Map(entries.map(([key, value]) => [key, String(value)])));
    });
  return [...written, ...operated, ...workloads.flatMap((workload) => [...grace(workload, configs), ...twice(workload, configs)])];
}

type Settings = ReadonlyMap<string, string>;

const FACTORS = ['default.replication.factor', 'offsets.topic.replication.factor', 'transaction.state.log.replication.factor'];

/** A topic with fewer replicas than have to be in sync takes no write at all. */
function inSync(object: string, settings: Settings): readonly LintWarning[] {
  const least = Number(settings.get('min.insync.replicas'));
  if (!Number.isInteger(least)) return [];
  return FACTORS.flatMap((key): LintWarning[] => {
    const factor = Number(settings.get(key));
    const ofTransactions = Number(settings.get('transaction.state.log.min.isr'));
    const needed = key.startsWith('transaction') && Number.isInteger(ofTransactions) ? ofTransactions : least;
    if (!Number.isInteger(factor) || factor > needed || (factor === needed && factor === 1)) return [];
    const text =
      factor < needed
        ? t('{0} is {1} and {2} replicas have to be in sync: such topics take no writes.', key, factor, needed)
        : t('{0} is {1} and all of them have to be in sync: one broker less, and writes stop.', key, factor);
    return [{ rule: 'replicas-in-sync', object, text }];
  });
}

/** Of environment variables (`KAFKA_MIN_INSYNC_REPLICAS`), and of each properties file. */
function settingsOf({ containers, configMaps }: LintWorkload, configs: Rendering['configs']): readonly Settings[] {
  const env = containers
    .flatMap((container) => container.env)
    .filter(({ name }) => name.startsWith('KAFKA_'))
    .map(({ name, value = '' }): [string, string] => [name.slice('KAFKA_'.length).toLowerCase().replaceAll('_', '.'), value]);
  return [new Map(env), ...propertyFiles(configMaps, configs).map(({ lines }) => new Map(lines))];
}

interface PropertyFile {
  readonly name: string;
  readonly lines: readonly (readonly [string, string])[];
}

function propertyFiles(names: readonly string[], configs: Rendering['configs']): readonly PropertyFile[] {
  return names.flatMap((config) =>
    Object.entries(configs.get(config) ?? {})
      .filter(([name]) => /\.(?:properties|conf)$/.test(name))
      .map(([name, text]) => ({ name: `${config}/${name}`, lines: text.split('\n').flatMap(propertyOf) })),
  );
}

function propertyOf(line: string): readonly (readonly [string, string])[] {
  const [, key, value] = /^\s*([\w.-]+)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? [];
  return key === undefined || value === undefined ? [] : [[key, value]];
}

/** Trino waits its grace twice: before its tasks and after them. */
function grace({ label, configMaps, graceSeconds }: LintWorkload, configs: Rendering['configs']): readonly LintWarning[] {
  return propertyFiles(configMaps, configs).flatMap(({ lines }) => {
    const [, digits, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(new Map(lines).get('shutdown.grace-period') ?? '') ?? [];
    if (digits === undefined) return [];
    const seconds = Number(digits) * ({ ms: 0.001, s: 1, m: 60, h: 3600 }[unit] ?? 1);
    if (graceSeconds >= 2 * seconds) return [];
    const text = t(
      'Its graceful end takes twice shutdown.grace-period ({0} s) and its tasks’ time, and the pod is killed after {1} s (terminationGracePeriodSeconds).',
      2 * seconds,
      graceSeconds,
    );
    return [{ rule: 'grace-too-short', object: label, text }];
  });
}

function twice({ label, configMaps }: LintWorkload, configs: Rendering['configs']): readonly LintWarning[] {
  return propertyFiles(configMaps, configs).flatMap(({ name, lines }) => {
    const keys = lines.map(([key]) => key);
    return [...new Set(keys.filter((key, at) => keys.indexOf(key) !== at))].map((key) => ({
      rule: 'setting-twice',
      object: label,
      text: t('{0} stands twice in {1}: only one of them counts.', key, name),
    }));
  });
}
