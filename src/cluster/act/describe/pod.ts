/** Pods, and the pods that a workload makes. */
import { t } from '../../../base/messages.ts';
import { at, list, record, text, words } from './json.ts';
import type { Json } from './json.ts';
import { age } from './page.ts';
import type { Page } from './page.ts';
import { hidden, shown, shownArguments } from './secrets.ts';

export function describePod(page: Page, pod: Json, nowMs: number): void {
  const status = at(pod, 'status');
  page
    .field(t('Status'), podStatus(pod))
    .field(t('Message'), text(status, 'message'))
    .field(t('Node'), [text(pod, 'spec', 'nodeName'), text(status, 'hostIP')].filter((part) => part !== '').join(' / '))
    .field(t('IP'), text(status, 'podIP'))
    .field(t('QoS class'), text(status, 'qosClass'))
    .field(t('Priority'), text(pod, 'spec', 'priorityClassName'))
    .field(t('Service account'), text(pod, 'spec', 'serviceAccountName'))
    .field(t('Grace period'), seconds(text(pod, 'spec', 'terminationGracePeriodSeconds')));
  conditions(page, list(status, 'conditions'), nowMs);
  const states = [
    ...list(status, 'initContainerStatuses'),
    ...list(status, 'containerStatuses'),
    ...list(status, 'ephemeralContainerStatuses'),
  ];
  podSpec(page, at(pod, 'spec'), states, nowMs);
}

/** Of a pod with what became of its containers, of a template without. */
export function podSpec(page: Page, spec: unknown, states: readonly Json[], nowMs: number): void {
  const parts: readonly (readonly [string, string])[] = [
    [t('Init containers'), 'initContainers'],
    [t('Containers'), 'containers'],
    [t('Debug containers'), 'ephemeralContainers'],
  ];
  for (const [title, field] of parts)
    page.section(title, () => {
      for (const one of list(spec, field))
        container(
          page,
          one,
          states.find(({ name }) => name === one['name']),
          nowMs,
        );
    });
  page.section(t('Volumes'), () => {
    page.table(
      [t('NAME'), t('WHAT')],
      list(spec, 'volumes').map((volume) => [text(volume, 'name'), volumeText(volume)]),
    );
  });
  page.section(t('Placement'), () => {
    page.values(
      t('Node selector'),
      Object.entries(record(at(spec, 'nodeSelector'))).map(([key, value]) => `${key}=${String(value)}`),
    );
    page.values(
      t('Tolerations'),
      list(spec, 'tolerations').map((one) =>
        [text(one, 'key'), text(one, 'operator'), text(one, 'value'), text(one, 'effect')].filter((part) => part !== '').join(' '),
      ),
    );
    page.values(
      t('Spread'),
      list(spec, 'topologySpreadConstraints').map((one) =>
        t('over {0}, skew {1}, else {2}', text(one, 'topologyKey'), text(one, 'maxSkew'), text(one, 'whenUnsatisfiable')),
      ),
    );
  });
}

export function conditions(page: Page, all: readonly Json[], nowMs: number): void {
  page.section(t('Conditions'), () =>
    page.table(
      [t('TYPE'), t('STATUS'), t('SINCE'), t('REASON')],
      all.map((one) => [
        text(one, 'type'),
        text(one, 'status'),
        age(text(one, 'lastTransitionTime'), nowMs),
        [text(one, 'reason'), text(one, 'message')].filter((part) => part !== '').join(': '),
      ]),
    ),
  );
}

function podStatus(pod: Json): string {
  const phase = text(pod, 'status', 'phase');
  const reason = text(pod, 'status', 'reason');
  const deleted = text(pod, 'metadata', 'deletionTimestamp');
  if (deleted !== '') return t('Terminating (until {0})', deleted);
  return reason === '' ? phase : `${phase} (${reason})`;
}

function container(page: Page, one: Json, status: Json | undefined, nowMs: number): void {
  page.section(text(one, 'name'), () => {
    page.field(t('Image'), text(one, 'image'));
    if (status !== undefined) {
      page
        .field(t('State'), stateText(at(status, 'state'), nowMs))
        .field(t('Last state'), stateText(at(status, 'lastState'), nowMs))
        .field(t('Ready'), text(status, 'ready'))
        .field(t('Restarts'), text(status, 'restartCount'));
    }
    page
      .field(t('Command'), shownArguments(words(one, 'command')).join(' '))
      .field(t('Arguments'), shownArguments(words(one, 'args')).join(' '))
      .field(
        t('Ports'),
        list(one, 'ports')
          .map((port) =>
            [text(port, 'containerPort'), text(port, 'protocol'), text(port, 'name') === '' ? '' : `(${text(port, 'name')})`]
              .filter((part) => part !== '')
              .join(' '),
          )
          .join(', '),
      )
      .field(t('Requests'), quantities(at(one, 'resources', 'requests')))
      .field(t('Limits'), quantities(at(one, 'resources', 'limits')))
      .field(t('Startup'), probe(at(one, 'startupProbe')))
      .field(t('Readiness'), probe(at(one, 'readinessProbe')))
      .field(t('Liveness'), probe(at(one, 'livenessProbe')))
      .values(t('Environment'), [...list(one, 'envFrom').map(envFrom), ...list(one, 'env').map(variable)])
      .values(
        t('Mounts'),
        list(one, 'volumeMounts').map(
          (mount) => `${text(mount, 'mountPath')} ← ${text(mount, 'name')}${text(mount, 'readOnly') === 'true' ? t(' (read only)') : ''}`,
        ),
      );
  });
}

export function stateText(state: unknown, nowMs: number): string {
  const { running, waiting, terminated } = record(state);
  if (running !== undefined) return t('running for {0}', age(text(running, 'startedAt'), nowMs));
  if (waiting !== undefined)
    return [t('waiting'), text(waiting, 'reason'), text(waiting, 'message')].filter((part) => part !== '').join(': ');
  if (terminated === undefined) return '';
  const reason = text(terminated, 'reason');
  const how = t('ended with exit code {0}', text(terminated, 'exitCode'));
  const when = age(text(terminated, 'finishedAt'), nowMs);
  return [`${how}${reason === '' ? '' : ` (${reason})`}${when === '' ? '' : t(', {0} ago', when)}`, text(terminated, 'message')]
    .filter((part) => part !== '')
    .join(': ');
}

export function quantities(value: unknown): string {
  return Object.entries(record(value))
    .map(([name, amount]) => `${name} ${String(amount)}`)
    .join(', ');
}

/** "http-get :8080/v1/info, after 10 s, every 2 s, 60 times" */
export function probe(value: unknown): string {
  const one = record(value);
  const http = record(one['httpGet']);
  const how =
    one['httpGet'] !== undefined
      ? `${(text(http, 'scheme') || 'HTTP').toLowerCase()}-get ${text(http, 'host')}:${text(http, 'port')}${text(http, 'path')}`
      : one['tcpSocket'] !== undefined
        ? `tcp :${text(one, 'tcpSocket', 'port')}`
        : one['grpc'] !== undefined
          ? `grpc :${text(one, 'grpc', 'port')}`
          : one['exec'] !== undefined
            ? `exec ${shownArguments(words(one, 'exec', 'command')).join(' ')}`
            : '';
  if (how === '') return '';
  const times = [
    ['initialDelaySeconds', t('after {0} s', text(one, 'initialDelaySeconds'))],
    ['periodSeconds', t('every {0} s', text(one, 'periodSeconds'))],
    ['timeoutSeconds', t('at most {0} s', text(one, 'timeoutSeconds'))],
    ['failureThreshold', t('{0} times', text(one, 'failureThreshold'))],
  ] as const;
  return [how, ...times.filter(([field]) => one[field] !== undefined).map(([, words]) => words)].join(', ');
}

function variable(one: Json): string {
  const name = text(one, 'name');
  const from = record(one['valueFrom']);
  for (const [field, what] of [
    ['secretKeyRef', t('secret')],
    ['configMapKeyRef', t('config map')],
  ] as const)
    if (from[field] !== undefined) return t('{0} ← {1} {2}, key {3}', name, what, text(from, field, 'name'), text(from, field, 'key'));
  const path = text(from, 'fieldRef', 'fieldPath') || text(from, 'resourceFieldRef', 'resource');
  if (path !== '') return `${name} ← ${path}`;
  if (one['valueFrom'] !== undefined) return `${name} ${hidden()}`;
  return `${name}=${shown(name, text(one, 'value'))}`;
}

function envFrom(one: Json): string {
  const what = one['secretRef'] === undefined ? t('config map') : t('secret');
  const name = text(one, 'secretRef', 'name') || text(one, 'configMapRef', 'name');
  return t('all keys of {0} {1}', what, name);
}

function volumeText(volume: Json): string {
  const [[kind, value] = ['', undefined]] = Object.entries(volume).filter(([name]) => name !== 'name');
  const named =
    text(value, 'claimName') || text(value, 'secretName') || text(value, 'name') || text(value, 'path') || text(value, 'driver');
  const size = text(value, 'sizeLimit');
  return [kind, named, size === '' ? '' : t('at most {0}', size)].filter((part) => part !== '').join(' ');
}

function seconds(value: string): string {
  return value === '' ? '' : `${value} s`;
}
