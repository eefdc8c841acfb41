/** Which node lacks what for a pod that no node takes. Pure. */
import { t } from '../../base/messages.ts';
import type { Container, Node, Pod } from '../../cluster/objects.ts';
import { amountOf, quantityText } from '../quantity.ts';

export interface NodeRoom {
  readonly name: string;
  /** What nobody has asked for yet: cores, bytes, pieces. */
  readonly free: Readonly<Record<string, number>>;
  readonly allocatable: Readonly<Record<string, number>>;
  readonly cordoned: boolean;
}

/** `pods`: all of the cluster. */
export function roomOf(nodes: readonly Node[], pods: readonly Pod[]): readonly NodeRoom[] {
  const alive = pods.filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed');
  return nodes.map(({ metadata, spec, status }) => {
    const allocatable = amounts(status?.allocatable ?? {});
    const on = alive.filter((pod) => pod.spec?.nodeName === metadata.name);
    const free = Object.entries(allocatable).map(([resource, amount]): [string, number] => [
      resource,
      amount - on.reduce((sum, pod) => sum + asked(pod, resource), 0),
    ]);
    return { name: metadata.name, allocatable, free: Object.fromEntries(free), cordoned: spec?.unschedulable === true };
  });
}

/** Of the scheduler's words: "0/3 nodes are available: 1 node(s) had untolerated taint {a: b}, 2 Insufficient memory. preemption: …" */
export function unschedulable(pod: Pod, message: string, nodes: readonly NodeRoom[] | undefined): string {
  const [main = message] = message.split(/\.? preemption: /);
  const short = [...new Set([...main.matchAll(/Insufficient ([\w./-]+\w)/g)].flatMap(([, resource]) => resource ?? []))];
  if (short.length === 0) return t('No node takes it: {0}', main.trim());
  const parts = short.map((resource) => {
    const wanted = asked(pod, resource);
    const needs = t('it asks for {0} {1}', quantityText(resource, wanted), resource);
    if (nodes === undefined || nodes.length === 0) return needs;
    const rooms = nodes.map(({ name, free, allocatable, cordoned }) => {
      const of = t(
        '{0} of {1}',
        quantityText(resource, Math.max(0, free[resource] ?? 0)),
        quantityText(resource, allocatable[resource] ?? 0),
      );
      return `${name} ${of}${cordoned ? t(' (cordoned)') : ''}`;
    });
    return t('{0}; free are {1}', needs, rooms.join(', '));
  });
  const [, others] = /^[^:]*: (.*)$/.exec(main) ?? [];
  const further = (others ?? '').split(/, (?=\d)/).filter((part) => part !== '' && !part.includes('Insufficient'));
  return [t('No node has room ({0}): {1}', short.join(', '), parts.join('; ')), ...further.map((part) => part.replace(/\.$/, ''))].join(
    '; ',
  );
}

/** The most that it needs at once: init containers run one after the other, sidecars beside everything. */
export function asked(pod: Pod, resource: string): number {
  const of = (container: Container): number => amountOf(container.resources?.requests?.[resource] ?? 0) ?? 0;
  const inits = pod.spec?.initContainers ?? [];
  const beside = inits.filter(({ restartPolicy }) => restartPolicy === 'Always').reduce((sum, one) => sum + of(one), 0);
  const first = Math.max(0, ...inits.filter(({ restartPolicy }) => restartPolicy !== 'Always').map(of));
  const main = (pod.spec?.containers ?? []).reduce((sum, one) => sum + of(one), 0);
  return Math.max(first, main) + beside;
}

function amounts(quantities: Readonly<Record<string, string>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(quantities).map(([resource, quantity]) => [resource, amountOf(quantity) ?? 0]));
}
