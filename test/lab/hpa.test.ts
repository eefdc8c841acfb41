import { before, describe, it } from 'mocha';
import type { V1Deployment } from '@kubernetes/client-node';
import { useLab } from './use/lab.ts';
import type { TestLab } from './use/lab.ts';
import { deployment } from './use/workloads.ts';

/** Burns while /busy is there. */
const BURNER = 'while :; do if [ -e /busy ]; then :; else sleep 1; fi; done';
/** The lab measures each 10 s and decides each 5 s; both happen twice. */
const SCALED_LIMIT_MS = 120_000;

describe('a horizontal pod autoscaler', () => {
  let lab: TestLab;

  before(async function () {
    this.timeout(120_000);
    lab = await useLab({ profile: 'node' });
  });

  function scaledTo(count: number): Promise<V1Deployment> {
    return lab.waitFor(
      `The burner has ${count} pods that are ready`,
      { kind: 'Deployment', name: 'burner' },
      ({ spec, status }) => spec?.replicas === count && status?.replicas === count && status.readyReplicas === count,
      { timeoutMs: SCALED_LIMIT_MS },
    );
  }

  it('adds pods while one burns, and takes them away when it has stopped', async function () {
    this.timeout(300_000);
    // A tenth of a processor, so that what runs beside it is not slowed; that is four times what it asks for.
    const resources = { requests: { cpu: '25m', memory: '8Mi' }, limits: { cpu: '100m', memory: '32Mi' } };
    await lab.apply([
      deployment({ name: 'burner', script: BURNER, resources }),
      {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'burner' },
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'burner' },
          minReplicas: 1,
          maxReplicas: 3,
          metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }],
          behavior: { scaleDown: { stabilizationWindowSeconds: 0 } },
        },
      },
    ]);
    const [pod] = await lab.readyPods('app=burner', 1);
    const name = pod?.metadata?.name ?? '';
    await lab.exec(name, ['touch', '/busy']);
    await scaledTo(3);
    await lab.exec(name, ['rm', '/busy']);
    await scaledTo(1);
  });
});
