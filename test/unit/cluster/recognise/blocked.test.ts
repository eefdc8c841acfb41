import assert from 'node:assert/strict';
import { hpaReason } from '../../../../src/cluster/recognise/blocked.ts';
import type { Autoscaler } from '../../../../src/cluster/recognise/kinds.ts';

function hpa(...conditions: readonly (readonly [type: string, status: string, reason: string, message?: string])[]): Autoscaler {
  return {
    metadata: { name: 'w' },
    spec: { minReplicas: 2, maxReplicas: 8 },
    status: {
      conditions: conditions.map(([type, status, reason, message]) => ({
        type,
        status,
        reason,
        ...(message === undefined ? {} : { message }),
      })),
    },
  };
}

const metric = 'the HPA was unable to compute the replica count: failed to get cpu utilization: ';
const cases: readonly (readonly [what: string, hpa: Autoscaler, text: RegExp | undefined, isBlocking?: boolean])[] = [
  [
    'a metrics-server that is not there',
    hpa([
      'ScalingActive',
      'False',
      'FailedGetResourceMetric',
      `${metric}unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)`,
    ]),
    /^metrics-server does not answer$/,
    true,
  ],
  [
    'a metrics-server that has seen no pod',
    hpa([
      'ScalingActive',
      'False',
      'FailedGetResourceMetric',
      `${metric}unable to get metrics for resource cpu: no metrics returned from resource metrics API`,
    ]),
    /^metrics-server has no figures of its pods yet$/,
    true,
  ],
  [
    'a container that requests no processor',
    hpa(['ScalingActive', 'False', 'FailedGetResourceMetric', `${metric}missing request for cpu in container trino of Pod w-1`]),
    /^container trino requests no cpu$/,
    true,
  ],
  [
    'an external metric that cannot be read',
    hpa(['ScalingActive', 'False', 'FailedGetExternalMetric', 'a: b: no adapter']),
    /external metric cannot be read: b: no adapter/,
    true,
  ],
  [
    'a target that is not there',
    hpa(['AbleToScale', 'False', 'FailedGetScale', 'the HPA controller was unable to get the scale: deployments.apps "w" not found']),
    /deployments\.apps "w" not found$/,
    true,
  ],
  [
    'its maximum',
    hpa(
      ['AbleToScale', 'True', 'ReadyForNewScale'],
      ['ScalingActive', 'True', 'ValidMetricFound'],
      ['ScalingLimited', 'True', 'TooManyReplicas'],
    ),
    /^at its maximum of 8/,
    true,
  ],
  ['its minimum', hpa(['ScalingLimited', 'True', 'TooFewReplicas']), /^at its minimum of 2/, false],
  ['a window before it shrinks', hpa(['AbleToScale', 'True', 'ScaleDownStabilized']), /waits before it shrinks/, false],
  ['a target that is scaled to zero', hpa(['ScalingActive', 'False', 'ScalingDisabled']), /scaled to zero/, false],
  ['nothing in its way', hpa(['AbleToScale', 'True', 'ReadyForNewScale'], ['ScalingLimited', 'False', 'DesiredWithinRange']), undefined],
];

describe('what blocks an autoscaler', () => {
  for (const [what, autoscaler, text, isBlocking] of cases)
    it(`says in words: ${what}`, () => {
      const reason = hpaReason(autoscaler);
      if (text === undefined) assert.equal(reason, undefined);
      else {
        assert.match(reason?.text ?? '', text);
        assert.equal(reason?.isBlocking, isBlocking);
      }
    });
});
