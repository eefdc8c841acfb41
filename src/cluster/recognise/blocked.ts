/** Why a HorizontalPodAutoscaler does not do what it wants, from its conditions and from what it scales. */
import { t } from '../../base/messages.ts';
import type { Condition, Workload } from '../objects.ts';
import { refusalOf } from './instances.ts';
import type { Autoscaler } from './kinds.ts';
import type { PodLine } from './model.ts';

export interface Reason {
  readonly text: string;
  /** False: it waits on purpose, or it is where it may be. */
  readonly isBlocking: boolean;
}

export function hpaReason({ spec = {}, status = {} }: Autoscaler): Reason | undefined {
  const conditions = new Map((status.conditions ?? []).map((condition) => [condition.type, condition]));
  const able = conditions.get('AbleToScale');
  if (able?.status === 'False') return { text: unableText(able), isBlocking: true };
  const active = conditions.get('ScalingActive');
  if (active?.status === 'False') return inactive(active);
  const limited = conditions.get('ScalingLimited');
  if (limited?.status === 'True') return limit(limited, spec.minReplicas ?? 1, spec.maxReplicas ?? 0);
  switch (able?.reason) {
    case 'ScaleDownStabilized':
      return { text: t('It waits before it shrinks: the load was higher a short while ago.'), isBlocking: false };
    case 'ScaleUpStabilized':
      return { text: t('It waits before it grows: the load was lower a short while ago.'), isBlocking: false };
    default:
      return undefined;
  }
}

function unableText({ reason, message = '' }: Condition): string {
  switch (reason) {
    case 'FailedGetScale':
      return t('what it scales is not there or cannot be read: {0}', message.split(': ').at(-1) ?? '');
    case 'FailedUpdateScale':
      return t('the number of replicas could not be changed: {0}', message);
    default:
      return t('{0}: {1}', reason ?? '', message);
  }
}

function inactive({ reason, message = '' }: Condition): Reason {
  switch (reason) {
    case 'ScalingDisabled':
      return { text: t('off while its target is scaled to zero'), isBlocking: false };
    case 'FailedGetResourceMetric':
    case 'FailedGetContainerResourceMetric':
      return { text: resourceText(message), isBlocking: true };
    case 'FailedGetPodsMetric':
    case 'FailedGetObjectMetric':
      return { text: t('the custom metric cannot be read (is a metrics adapter installed?): {0}', cause(message)), isBlocking: true };
    case 'FailedGetExternalMetric':
      return { text: t('the external metric cannot be read: {0}', cause(message)), isBlocking: true };
    case 'InvalidSelector':
      return { text: t('its target has no usable selector: {0}', message), isBlocking: true };
    case 'InvalidMetricSourceType':
      return { text: t('it asks for a kind of metric that there is not: {0}', message), isBlocking: true };
    default:
      return { text: `${reason ?? ''}: ${message}`, isBlocking: true };
  }
}

function resourceText(message: string): string {
  const unset = /missing request for (\S+)(?: in container (\S+))?/.exec(message);
  if (unset !== null)
    return unset[2] === undefined
      ? t('its pods request no {0}', unset[1] ?? '')
      : t('container {1} requests no {0}', unset[1] ?? '', unset[2]);
  if (/no metrics returned|did not receive metrics|no recommendation|metrics not yet available|missing metrics/i.test(message))
    return t('metrics-server has no figures of its pods yet');
  if (
    /could not find the requested resource|unable to handle the request|unable to fetch metrics|connection refused|timed? ?out/i.test(
      message,
    )
  )
    return t('metrics-server does not answer');
  return t('its figures cannot be read: {0}', cause(message));
}

function limit({ reason, message = '' }: Condition, min: number, max: number): Reason | undefined {
  switch (reason) {
    case 'TooManyReplicas':
      return { text: t('at its maximum of {0}: the load asks for more', max), isBlocking: true };
    case 'TooFewReplicas':
      return { text: t('at its minimum of {0}: the load asks for less', min), isBlocking: false };
    case 'ScaleUpLimit':
      return { text: t('it grows in steps: as many as its policy allows at a time'), isBlocking: false };
    case 'ScaleDownLimit':
      return { text: t('it shrinks in steps: as many as its policy allows at a time'), isBlocking: false };
    default:
      return { text: message, isBlocking: false };
  }
}

/** It may grow, but what it made can't run. */
export function targetProblem(
  workload: Workload | undefined,
  pods: readonly PodLine[],
  ready: number,
  desired: number,
): Reason | undefined {
  const refusal = refusalOf(workload?.status?.conditions);
  if (refusal !== undefined) return { text: refusal, isBlocking: true };
  if (ready >= desired) return undefined;
  const failed = pods.filter(({ health }) => health.state === 'failed');
  const [first] = failed;
  if (first === undefined) return undefined;
  const text = failed.length === 1 ? t('one pod: {0}', first.health.word) : t('{0} pods: {1}', failed.length, first.health.word);
  return { text, isBlocking: true };
}

/** The last link of Go's chain of errors says the cause. */
function cause(message: string): string {
  return message.split(': ').slice(-2).join(': ');
}
