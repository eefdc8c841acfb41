/** When Kubernetes gives a node up. Pure. */
import { t } from '../../../base/messages.ts';
import type { Pod } from '../../../cluster/objects.ts';
import { backAfter, type PodSettings } from './pod.ts';
import { plus, seconds, type Span } from './spans.ts';

export interface NodeGrace {
  readonly ms: number;
  /** What it is known by. */
  readonly text: string;
}

/** Of `--node-monitor-grace-period` of the controller manager where its pod can be read, else the default of this minor version of Kubernetes 1. */
export function graceOf(managers: readonly Pod[], minor: number | undefined): NodeGrace {
  const words = managers.flatMap(({ spec }) => spec?.containers ?? []).flatMap(({ command = [], args = [] }) => [...command, ...args]);
  for (const word of words) {
    const [, text = ''] = /^--node-monitor-grace-period=(.+)$/.exec(word) ?? [];
    const ms = durationOf(text);
    if (ms !== undefined) return { ms, text: t('node-monitor-grace-period {0}', seconds(ms)) };
  }
  const ms = minor === undefined || minor >= 32 ? 50_000 : 40_000;
  return { ms, text: t('node-monitor-grace-period {0}, the default: its flag can’t be read', seconds(ms)) };
}

/** "40s", "1m30s" */
function durationOf(text: string): number | undefined {
  const found = /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (found === null || text === '') return undefined;
  return (Number(found[1] ?? 0) * 60 + Number(found[2] ?? 0)) * 1000;
}

/** Its kubelet was heard up to 10 s before; who looks does it every 5 s. */
export function notReadyOf({ ms, text }: NodeGrace): Span {
  return {
    fromMs: Math.max(0, ms - 10_000),
    toMs: ms + 6000,
    formula: t('{0} since its last heartbeat up to 10 s before, + up to 6 s until Services know it', text),
    by: t('node lost'),
  };
}

/** Until its pod is made again elsewhere; `undefined`: only when the node is back. */
export function movedOf(grace: NodeGrace, settings: PodSettings, wallMs: number): Span | undefined {
  const { toleratesMs, owner } = settings;
  // A StatefulSet makes no second one while nobody knows whether the first is dead.
  if (toleratesMs === undefined || owner === 'StatefulSet' || owner === 'StrimziPodSet' || owner === 'DaemonSet') return undefined;
  const back = backAfter(settings, { kind: 'delete', graceMs: 0 }, wallMs);
  if (back === undefined) return undefined;
  const evicted = { fromMs: toleratesMs, toMs: toleratesMs, formula: t('tolerationSeconds {0}', toleratesMs / 1000) };
  return plus(plus(notReadyOf(grace), evicted), back);
}
