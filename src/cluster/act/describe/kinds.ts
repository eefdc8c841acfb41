/** What is particular to each kind; kinds that are not here show their fields as they are. */
import { stringify } from 'yaml';
import { t } from '../../../base/messages.ts';
import { formatBytes } from '../../../base/units.ts';
import { at, list, record, text, words } from './json.ts';
import type { Json } from './json.ts';
import { age } from './page.ts';
import type { Page } from './page.ts';
import { conditions, describePod, podSpec, quantities } from './pod.ts';
import { withoutSecrets } from './secrets.ts';

type Describer = (page: Page, object: Json, nowMs: number) => void;

const DESCRIBERS: Readonly<Record<string, Describer>> = {
  Pod: describePod,
  Deployment: describeWorkload,
  StatefulSet: describeWorkload,
  DaemonSet: describeWorkload,
  ReplicaSet: describeWorkload,
  Job: describeWorkload,
  Node: describeNode,
  HorizontalPodAutoscaler: describeAutoscaler,
  PersistentVolumeClaim: describeClaim,
  PodDisruptionBudget: describeBudget,
  Service: describeService,
  ConfigMap: describeKeys,
  Secret: describeKeys,
};

export function describeKind(page: Page, object: Json, nowMs: number): void {
  const kind = text(object, 'kind');
  const describer = Object.hasOwn(DESCRIBERS, kind) ? DESCRIBERS[kind] : undefined;
  (describer ?? describeAny)(page, object, nowMs);
}

function describeWorkload(page: Page, object: Json, nowMs: number): void {
  const { spec, status } = object;
  const count = (field: string): string => text(status, field) || '0';
  const isDaemon = text(object, 'kind') === 'DaemonSet';
  if (text(object, 'kind') === 'Job')
    page.field(t('Pods'), t('{0} active, {1} succeeded, {2} failed', count('active'), count('succeeded'), count('failed')));
  else if (isDaemon)
    page.field(
      t('Pods'),
      t(
        '{0} wanted, {1} ready, {2} up to date, {3} available',
        count('desiredNumberScheduled'),
        count('numberReady'),
        count('updatedNumberScheduled'),
        count('numberAvailable'),
      ),
    );
  else
    page.field(
      t('Replicas'),
      t(
        '{0} wanted, {1} ready, {2} up to date, {3} available',
        text(spec, 'replicas') || '1',
        count('readyReplicas'),
        count('updatedReplicas'),
        count('availableReplicas'),
      ),
    );
  const strategy = record(at(spec, 'strategy') ?? at(spec, 'updateStrategy'));
  const rolling = record(strategy['rollingUpdate']);
  page
    .field(t('Paused'), text(spec, 'paused'))
    .field(t('Selector'), selector(at(spec, 'selector')))
    .field(
      t('Strategy'),
      [text(strategy, 'type'), ...Object.entries(rolling).map(([name, value]) => `${name} ${String(value)}`)]
        .filter((part) => part !== '')
        .join(', '),
    )
    .field(t('Service'), text(spec, 'serviceName'))
    .field(
      t('Revision'),
      [text(status, 'currentRevision'), text(status, 'updateRevision')]
        .filter((part, index, all) => part !== '' && all.indexOf(part) === index)
        .join(' → '),
    );
  conditions(page, list(status, 'conditions'), nowMs);
  page.section(t('Pod template'), () => {
    page.values(t('Labels'), pairs(at(spec, 'template', 'metadata', 'labels')));
    podSpec(page, at(spec, 'template', 'spec'), [], nowMs);
  });
  page.section(t('Volume claims'), () =>
    page.table(
      [t('NAME'), t('SIZE'), t('CLASS')],
      list(spec, 'volumeClaimTemplates').map((one) => [
        text(one, 'metadata', 'name'),
        quantities(at(one, 'spec', 'resources', 'requests')),
        text(one, 'spec', 'storageClassName'),
      ]),
    ),
  );
}

function describeNode(page: Page, object: Json, nowMs: number): void {
  const { spec, status } = object;
  const info = at(status, 'nodeInfo');
  page
    .field(t('Unschedulable'), text(spec, 'unschedulable'))
    .values(
      t('Taints'),
      list(spec, 'taints').map(
        (one) => `${text(one, 'key')}${text(one, 'value') === '' ? '' : `=${text(one, 'value')}`}: ${text(one, 'effect')}`,
      ),
    )
    .values(
      t('Addresses'),
      list(status, 'addresses').map((one) => `${text(one, 'type')} ${text(one, 'address')}`),
    )
    .field(t('Kubelet'), text(info, 'kubeletVersion'))
    .field(t('Runtime'), text(info, 'containerRuntimeVersion'))
    .field(
      t('System'),
      [text(info, 'osImage'), text(info, 'kernelVersion'), text(info, 'architecture')].filter((part) => part !== '').join(', '),
    )
    .field(t('Capacity'), quantities(at(status, 'capacity')))
    .field(t('Allocatable'), quantities(at(status, 'allocatable')));
  conditions(page, list(status, 'conditions'), nowMs);
}

function describeAutoscaler(page: Page, object: Json, nowMs: number): void {
  const { spec, status } = object;
  page
    .field(t('Scales'), [text(spec, 'scaleTargetRef', 'kind'), text(spec, 'scaleTargetRef', 'name')].join(' '))
    .field(
      t('Replicas'),
      t(
        '{0} now, {1} wanted, from {2} to {3}',
        text(status, 'currentReplicas') || '0',
        text(status, 'desiredReplicas') || '0',
        text(spec, 'minReplicas') || '1',
        text(spec, 'maxReplicas'),
      ),
    )
    .field(t('Last scaled'), age(text(status, 'lastScaleTime'), nowMs));
  const current = list(status, 'currentMetrics');
  page.section(t('Metrics'), () =>
    page.table(
      [t('METRIC'), t('NOW'), t('TARGET')],
      list(spec, 'metrics').map((metric) => {
        const name = metricName(metric);
        return [
          name,
          metricValue(
            current.find((one) => metricName(one) === name),
            'current',
          ),
          metricValue(metric, 'target'),
        ];
      }),
    ),
  );
  conditions(page, list(status, 'conditions'), nowMs);
  page.section(t('Behaviour'), () => yaml(page, at(spec, 'behavior')));
}

function metricSource(metric: Json): Json {
  const [[, source] = ['', undefined]] = Object.entries(metric).filter(([name]) => name !== 'type');
  return record(source);
}

function metricName(metric: Json): string {
  const source = metricSource(metric);
  const name = text(source, 'name') || text(source, 'metric', 'name');
  const container = text(source, 'container');
  return container === '' ? name : `${name} (${container})`;
}

function metricValue(metric: Json | undefined, field: 'current' | 'target'): string {
  const value = metric === undefined ? undefined : metricSource(metric)[field];
  const percent = text(value, 'averageUtilization');
  const absolute = text(value, 'averageValue') || text(value, 'value');
  if (percent === '') return absolute === '' ? t('unknown') : absolute;
  return absolute === '' ? `${percent} %` : `${percent} % (${absolute})`;
}

function describeClaim(page: Page, object: Json, nowMs: number): void {
  const { spec, status } = object;
  page
    .field(t('Status'), text(status, 'phase'))
    .field(t('Volume'), text(spec, 'volumeName'))
    .field(t('Class'), text(spec, 'storageClassName'))
    .field(t('Access'), words(spec, 'accessModes').join(', '))
    .field(t('Asked for'), quantities(at(spec, 'resources', 'requests')))
    .field(t('Capacity'), quantities(at(status, 'capacity')));
  conditions(page, list(status, 'conditions'), nowMs);
}

function describeBudget(page: Page, object: Json, nowMs: number): void {
  const { spec, status } = object;
  page
    .field(t('Selector'), selector(at(spec, 'selector')))
    .field(t('At least'), text(spec, 'minAvailable'))
    .field(t('At most out'), text(spec, 'maxUnavailable'))
    .field(
      t('Healthy'),
      t('{0} of {1}, {2} must be', text(status, 'currentHealthy'), text(status, 'expectedPods'), text(status, 'desiredHealthy')),
    )
    .field(t('May go now'), text(status, 'disruptionsAllowed'));
  conditions(page, list(status, 'conditions'), nowMs);
}

function describeService(page: Page, object: Json): void {
  const { spec } = object;
  page
    .field(t('Type'), text(spec, 'type'))
    .field(t('Address'), text(spec, 'clusterIP'))
    .field(t('External name'), text(spec, 'externalName'))
    .values(t('Selector'), pairs(at(spec, 'selector')));
  page.section(t('Ports'), () =>
    page.table(
      [t('NAME'), t('PORT'), t('TO'), t('PROTOCOL')],
      list(spec, 'ports').map((one) => [text(one, 'name') || '-', text(one, 'port'), text(one, 'targetPort'), text(one, 'protocol')]),
    ),
  );
}

/** Values of config maps too: many hold passwords that should have been in a secret. */
function describeKeys(page: Page, object: Json): void {
  page.field(t('Type'), text(object, 'type'));
  const isSecret = text(object, 'kind') === 'Secret';
  const size = (value: unknown): string => formatBytes(Buffer.byteLength(String(value), isSecret ? 'base64' : 'utf8'));
  page.section(t('Keys'), () =>
    page.table(
      [t('KEY'), t('SIZE')],
      [...Object.entries(record(object['data'])), ...Object.entries(record(object['binaryData']))].map(([key, value]) => [
        key,
        size(value),
      ]),
    ),
  );
}

function describeAny(page: Page, object: Json): void {
  for (const [name, value] of Object.entries(object)) {
    if (name === 'apiVersion' || name === 'kind' || name === 'metadata') continue;
    page.section(name, () => yaml(page, value));
  }
}

function yaml(page: Page, value: unknown): void {
  if (value !== undefined) page.line(stringify(withoutSecrets(value), { lineWidth: 0 }).trimEnd());
}

function selector(value: unknown): string {
  return [
    ...pairs(at(value, 'matchLabels')),
    ...list(value, 'matchExpressions').map((one) =>
      `${text(one, 'key')} ${text(one, 'operator')} ${words(one, 'values').join(', ')}`.trim(),
    ),
  ].join(', ');
}

export function pairs(value: unknown): readonly string[] {
  return Object.entries(record(value)).map(([key, one]) => `${key}=${String(one)}`);
}
