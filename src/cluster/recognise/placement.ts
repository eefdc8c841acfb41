/** Why no node takes a pod, from the scheduler's message. */
import { t } from '../../base/messages.ts';

export interface Placement {
  readonly word: string;
  readonly why: string;
}

/** "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {…}. preemption: …" */
export function placementOf(message: string): Placement {
  const reasons = reasonsOf(message);
  const short = reasons.filter(({ kind }) => kind === 'short').map(({ what }) => what);
  const word =
    short.length > 0
      ? t('no node with enough {0}', [...new Set(short)].join(', '))
      : reasons.length === 1
        ? t('cannot be placed: {0}', reasons[0]?.what ?? '')
        : t('cannot be placed');
  const of = /^0\/(\d+) nodes/.exec(message)?.[1];
  const listed = reasons.map(({ kind, nodes, what }) => describeReason(kind, nodes, what)).join('; ');
  if (listed === '') return { word, why: message === '' ? t('No node takes it.') : message };
  return { word, why: of === undefined ? `${listed}.` : t('None of {0} nodes takes it: {1}.', of, listed) };
}

interface Reason {
  readonly kind: 'short' | 'other';
  readonly nodes: number | undefined;
  readonly what: string;
}

function reasonsOf(message: string): Reason[] {
  const list = /nodes are available: (.*?)(?:\. preemption:|\.? ?$)/s.exec(message)?.[1] ?? '';
  const parts = list.split(/, (?=\d+ )/).filter((part) => part !== '');
  const reasons = parts.map((part): Reason => {
    const [, count, text = ''] = /^(\d+) (?:node\(s\) )?(.*)$/s.exec(part) ?? [undefined, undefined, part];
    const nodes = count === undefined ? undefined : Number(count);
    const short = /^Insufficient (\S+)$/.exec(text)?.[1];
    if (short !== undefined) return { kind: 'short', nodes, what: short };
    if (text === 'Too many pods') return { kind: 'short', nodes, what: t('room for pods') };
    return { kind: 'other', nodes, what: inWords(text) };
  });
  if (reasons.length > 0) return reasons;
  if (/unbound immediate PersistentVolumeClaims/.test(message))
    return [{ kind: 'other', nodes: undefined, what: t('its volume is not there') }];
  return [];
}

function inWords(text: string): string {
  const taint = /had untolerated taint(?:\(s\))?\s*\{?([^:}]*)/.exec(text)?.[1];
  if (taint !== undefined) return t('taint {0}', taint.trim());
  if (/didn't match Pod's node affinity|didn't match node selector/.test(text)) return t('the node selector or affinity does not match');
  if (/didn't match pod anti-affinity/.test(text)) return t('anti-affinity with a pod that is there');
  if (/didn't match pod affinity/.test(text)) return t('no pod there that it wants to be with');
  if (/pod topology spread/.test(text)) return t('the spread over nodes would be uneven');
  if (/were unschedulable/.test(text)) return t('cordoned');
  if (/volume node affinity/.test(text)) return t('its volume is on another node');
  if (/unbound immediate PersistentVolumeClaims/.test(text)) return t('its volume is not there');
  if (/free ports/.test(text)) return t('its port is taken');
  return text.replace(/\.$/, '');
}

function describeReason(kind: Reason['kind'], nodes: number | undefined, what: string): string {
  const said = kind === 'short' ? t('too little {0}', what) : what;
  if (nodes === undefined) return said;
  return nodes === 1 ? t('{0} (1 node)', said) : t('{0} ({1} nodes)', said, nodes);
}
