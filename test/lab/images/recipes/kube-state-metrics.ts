/** kube-state-metrics, built from its Go module; like the project's image there is nothing beside it, not even a shell. */
import { goProgram } from '../go.ts';
import { users } from '../layers.ts';
import type { ImageRecipe } from '../recipe.ts';
import { GO_PROGRAMS } from '../../versions.ts';

export const KUBE_STATE_METRICS: ImageRecipe = {
  short: 'kube-state-metrics',
  name: `registry.k8s.io/kube-state-metrics/kube-state-metrics:${GO_PROGRAMS['kube-state-metrics'].version}`,
  layers: [users([]), goProgram('kube-state-metrics', 'kube-state-metrics')],
  config: {
    user: '65534',
    entrypoint: ['/kube-state-metrics', '--port=8080', '--telemetry-port=8081'],
    ports: ['8080/tcp', '8081/tcp'],
  },
};
