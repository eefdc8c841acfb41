import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FaultlineError } from '../../../../src/base/errors.ts';
import { accessOf } from '../../../../src/cluster/connect/access.ts';
import type { ApiRequest, ClusterConnection } from '../../../../src/cluster/connect/connection.ts';
import { answerFailure } from '../../../../src/cluster/connect/failure.ts';
import {
  addContainer,
  helperContainer,
  targetPod,
  untilRunning,
  type HelperTarget,
  type TargetPod,
} from '../../../../src/fault/helper/container.ts';

const TARGET: HelperTarget = { namespace: 'shop', pod: 'kafka-1', uid: 'u-1', container: 'broker' };
const { signal } = new AbortController();
const OPTIONS = { run: 'Run_7', image: 'busybox', capability: 'NET_ADMIN', deadlineMs: Date.UTC(2026, 0, 1), signal } as const;

function podWith(names: readonly string[]): TargetPod {
  return { metadata: { name: 'kafka-1', uid: 'u-1' }, spec: { ephemeralContainers: names.map((name) => ({ name })) } };
}

/** Answers as an API server would: with an object, or with a status and its words. */
function api(answer: (request: ApiRequest) => unknown): ClusterConnection {
  const request = async (asked: ApiRequest): Promise<unknown> => answer(asked);
  return { context: { name: 'prod' }, request } as unknown as ClusterConnection;
}

function no(status: number, reason: string, message: string): (request: ApiRequest) => never {
  return ({ method = 'GET', path }) => {
    throw answerFailure({
      status,
      body: JSON.stringify({ kind: 'Status', reason, message }),
      access: accessOf(method, path, false),
      remedy: '',
      clusterName: 'prod',
    });
  };
}

function hasFacts(reason: string, code: string, text: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(FaultlineError.is(error), String(error));
    assert.deepEqual([error.reason, error.facts.code], [reason, code], error.message);
    assert.match(error.message, text);
    return true;
  };
}

describe('the helper’s container', () => {
  const container = helperContainer(podWith([]), TARGET, OPTIONS);
  const add = (connection: ClusterConnection): Promise<void> => addContainer(connection, TARGET, container, { dryRun: true, signal });

  it('has a name that is free, one capability, and says whose it is and until when', () => {
    const { name, body } = helperContainer(podWith(['debug', 'fl-run-7-1', 'fl-other-2']), TARGET, OPTIONS);
    assert.equal(name, 'fl-run-7-2');
    assert.deepEqual(body['securityContext'], {
      runAsUser: 0,
      runAsGroup: 0,
      runAsNonRoot: false,
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: false,
      capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] },
      seccompProfile: { type: 'RuntimeDefault' },
    });
    assert.deepEqual(body['env'], [
      { name: 'FAULTLINE_RUN', value: 'Run_7' },
      { name: 'FAULTLINE_DEADLINE', value: '2026-01-01T00:00:00.000Z' },
    ]);
    assert.equal('targetContainerName' in body, false);
    const tracing = helperContainer(podWith([]), TARGET, { ...OPTIONS, capability: 'SYS_PTRACE' });
    assert.equal(tracing.body['targetContainerName'], 'broker');
    const long = helperContainer(podWith([]), TARGET, { ...OPTIONS, run: 'r'.repeat(200) });
    assert.ok(long.name.length <= 63);
  });

  it('is refused after ten of them in a pod, with the way out', () => {
    const ten = podWith(Array.from({ length: 10 }, (_, index) => `fl-run-${index}`));
    assert.throws(() => helperContainer(ten, TARGET, OPTIONS), /10 helpers already.*Recreate the pod/s);
  });

  it('is asked for by the pod’s UID, and played through first', async () => {
    const asked: ApiRequest[] = [];
    await add(
      api((request) => {
        asked.push(request);
        const { spec } = request.body as { spec: { ephemeralContainers: [object] } };
        // What a server adds by itself.
        const [one] = spec.ephemeralContainers;
        return {
          spec: {
            ephemeralContainers: [
              { ...one, resources: {}, terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' },
            ],
          },
        };
      }),
    );
    assert.deepEqual(
      asked.map(({ method, path, query, body }) => [method, path, query?.['dryRun'], (body as { metadata: object }).metadata]),
      [['PATCH', '/api/v1/namespaces/shop/pods/kafka-1/ephemeralcontainers', 'All', { uid: 'u-1' }]],
    );
  });

  it('altered by a webhook is not used, and it is said what was changed', async () => {
    const changed = api(() => ({
      spec: { ephemeralContainers: [{ ...container.body, image: 'mirror/busybox', volumeMounts: [{ name: 'x' }] }] },
    }));
    await assert.rejects(add(changed), hasFacts('refusedByProtection', 'ALTERED', /image, volumeMounts/));
    await assert.rejects(add(api(() => ({ spec: {} }))), hasFacts('refusedByProtection', 'ALTERED', /name/));
  });

  it('refused by Pod Security, a webhook or a missing right: each is told apart, with what is possible instead', async () => {
    const level = no(403, 'Forbidden', 'pods "kafka-1" is forbidden: violates PodSecurity "restricted:latest": unrestricted capabilities');
    await assert.rejects(add(api(level)), hasFacts('forbidden', 'POD_SECURITY', /shop refuses .* level is restricted.*Without a helper/s));
    const webhook = no(400, 'Forbidden', 'admission webhook "policy.example.com" denied the request: no debug containers');
    await assert.rejects(
      add(api(webhook)),
      hasFacts('invalid', 'WEBHOOK', /policy\.example\.com refuses.*no debug containers.*Without a helper/s),
    );
    const right = no(
      403,
      'Forbidden',
      'pods "kafka-1" is forbidden: User "jane" cannot patch resource "pods/ephemeralcontainers" in API group ""',
    );
    await assert.rejects(add(api(right)), hasFacts('forbidden', 'PERMISSION', /may not patch pods\/ephemeralcontainers in namespace shop/));
    await assert.rejects(add(api(no(409, 'Conflict', 'Precondition failed: UID in precondition'))), /another one by now/);
  });

  it('is not added to a pod that is another one, is going, or has its node’s network', async () => {
    const pod = (more: object): ClusterConnection => api(() => ({ metadata: { name: 'kafka-1', uid: 'u-1' }, ...more }));
    await targetPod(pod({}), TARGET, signal);
    await assert.rejects(targetPod(pod({ metadata: { uid: 'u-2' } }), TARGET, signal), /another one by now/);
    await assert.rejects(targetPod(pod({ metadata: { uid: 'u-1', deletionTimestamp: 'x' } }), TARGET, signal), /being deleted/);
    await assert.rejects(targetPod(pod({ spec: { hostNetwork: true } }), TARGET, signal), /network of its node/);
  });

  it('that can’t be had is given up with the node’s words; one that only takes long, after its time', async () => {
    const state = (waiting: object): ClusterConnection =>
      api(() => ({
        metadata: { name: 'kafka-1', uid: 'u-1' },
        status: { ephemeralContainerStatuses: [{ name: container.name, state: { waiting } }] },
      }));
    await assert.rejects(
      untilRunning(state({ reason: 'ImagePullBackOff', message: 'no such image' }), TARGET, container, signal),
      hasFacts('unsupported', 'ImagePullBackOff', /no such image.*busybox/s),
    );
    await assert.rejects(
      untilRunning(state({ reason: 'ContainerCreating' }), TARGET, container, signal, 50),
      /within 0\.05 s.*ContainerCreating/s,
    );
  });
});
