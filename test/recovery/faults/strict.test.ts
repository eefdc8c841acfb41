import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { after, before, describe, it } from 'mocha';
import type { ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import { defaultImages } from '../../../src/fault/plan.ts';
import type { FaultSettings } from '../../../src/journal/fault-plan.ts';
import type { Manifest } from '../../lab/use/apply.ts';
import { useLab, type TestLab } from '../../lab/use/lab.ts';
import { BUSYBOX } from '../../lab/use/workloads.ts';
import { asked, deploymentTarget, failure, injection, injectorOf, podTarget, prepared, proves } from './kit.ts';

/** As the level `restricted` wants it, with a root that can't be written to: what it serves lies in memory. */
function strict(name: string, script: string, folder = '/www'): Manifest {
  const labels = { app: name };
  const container = {
    name: 'main',
    image: BUSYBOX,
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', '-c', script],
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    volumeMounts: [{ name: 'www', mountPath: folder }],
  };
  const spec = {
    terminationGracePeriodSeconds: 1,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65_532,
      runAsGroup: 65_532,
      fsGroup: 65_532,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [container],
    volumes: [{ name: 'www', emptyDir: { medium: 'Memory' } }],
  };
  const template = { metadata: { labels }, spec };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, labels }, spec: { selector: { matchLabels: labels }, template } };
}

describe('beside a pod without root and without a root to write to', () => {
  let lab: TestLab;
  let connection: ClusterConnection;
  let address: string;

  before(async function () {
    this.timeout(180_000);
    lab = await useLab({ profile: 'node' });
    connection = await lab.api.connection();
    await lab.apply([
      strict('web', 'hostname > /www/index.html && exec httpd -f -p 8080 -h /www'),
      strict('user', 'sleep 100000'),
      strict('roomy', 'sleep 100000', '/tmp'),
    ]);
    for (const app of ['user', 'roomy']) await lab.readyPods(`app=${app}`, 1);
    const [web] = await lab.readyPods('app=web', 1);
    address = `http://${web?.status?.podIP ?? ''}:8080`;
  });

  async function level(name: 'privileged' | 'baseline' | 'restricted'): Promise<void> {
    await lab.api.core.patchNamespace(
      { name: lab.namespace, body: { metadata: { labels: { 'pod-security.kubernetes.io/enforce': name } } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
  }

  const userIsAnswered = async (): Promise<boolean> => (await asked(lab, address, (await podTarget(lab, 'user')).name)) !== undefined;

  for (const settings of [{ kind: 'networkCut', direction: 'both' }, { kind: 'freeze' }] as const)
    it(`${settings.kind} works`, async function () {
      this.timeout(60_000);
      const fault = await prepared(injection(connection, settings, await podTarget(lab, 'web')), lab.signal);
      assert.equal(await userIsAnswered(), true);
      await fault.apply({ deadlineMs: Date.now() + 60_000 }, lab.signal);
      assert.equal(await userIsAnswered(), false);
      await proves(fault.effect(lab.signal), /./);
      await fault.heal(lab.signal);
      assert.equal((await fault.healed(lab.signal)).proven, true);
      assert.equal(await userIsAnswered(), true);
      await fault.dispose();
    });

  it('stress, which runs in the pod’s own container, finds no place there and says what would be one; with that it works', async function () {
    this.timeout(60_000);
    const settings = { kind: 'cpuStress', cores: 0.2 } as const;
    const refused = injectorOf('cpuStress').prepare(injection(connection, settings, await podTarget(lab, 'web')), lab.signal);
    assert.match(
      await failure(refused),
      /^unsupported: .*no folder there can be written to and run from\. .*emptyDir at \/tmp.*freeze, crash, network/,
    );
    const fault = await prepared(injection(connection, settings, await podTarget(lab, 'roomy')), lab.signal);
    await fault.apply({ deadlineMs: Date.now() + 20_000 }, lab.signal);
    await proves(fault.effect(lab.signal), /./);
    await fault.heal(lab.signal);
    assert.equal((await fault.healed(lab.signal)).proven, true);
    await fault.dispose();
  });

  describe('in a namespace of a strict level of Pod Security', () => {
    after(() => level('privileged'));

    for (const name of ['baseline', 'restricted'] as const)
      it(`${name}: what needs a helper is refused with the level’s name and what is possible instead; that works, its healer too`, async function () {
        this.timeout(120_000);
        await level(name);
        const web = await podTarget(lab, 'web');
        const before =
          (await lab.api.core.readNamespacedPod({ name: web.name, namespace: lab.namespace })).spec?.ephemeralContainers?.length ?? 0;
        const helpers: readonly FaultSettings[] = [
          { kind: 'freeze' },
          { kind: 'networkCut', direction: 'both' },
          { kind: 'containerCrash' },
        ];
        for (const settings of helpers) {
          const one = injection(connection, settings, web);
          const answer = await injectorOf(settings.kind).rehearse(one, lab.signal);
          assert.ok(answer.kind === 'refused', answer.kind);
          assert.match(answer.text, new RegExp(`^Namespace ${lab.namespace} refuses the helper: its Pod Security level is ${name}`));
          assert.match(
            answer.remedy ?? '',
            /Delete Pod, Rolling Restart, Scale, and stress.*pod-security\.kubernetes\.io\/enforce=privileged/,
          );
          assert.match(await failure(injectorOf(settings.kind).prepare(one, lab.signal)), /^forbidden: .*Pod Security level/);
        }
        const now =
          (await lab.api.core.readNamespacedPod({ name: web.name, namespace: lab.namespace })).spec?.ephemeralContainers?.length ?? 0;
        assert.equal(now, before, 'nothing was added');

        const one = injection(connection, { kind: 'scale', replicas: 0 }, await deploymentTarget(lab, 'web'), {
          healerImage: defaultImages.node,
        });
        const fault = await prepared(one, lab.signal);
        await fault.apply({ deadlineMs: Date.now() + 60_000 }, lab.signal);
        await until(async () => !(await userIsAnswered()));
        await fault.heal(lab.signal);
        assert.equal((await fault.healed(lab.signal)).proven, true);
        await fault.dispose();
        const [again] = await lab.readyPods('app=web', 1);
        address = `http://${again?.status?.podIP ?? ''}:8080`;
        assert.equal(await userIsAnswered(), true);
      });
  });

  describe('with a webhook that looks at what is added to pods', () => {
    let hook: Webhook;

    before(async function () {
      this.timeout(60_000);
      hook = await Webhook.start();
      await lab.apply({
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'MutatingWebhookConfiguration',
        metadata: { name: lab.namespace },
        webhooks: [
          {
            name: 'policy.faultline.test',
            clientConfig: { url: hook.url, caBundle: hook.certificate.toString('base64') },
            rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['pods/ephemeralcontainers'] }],
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': lab.namespace } },
            // What is left of it when this test is killed harms nobody.
            failurePolicy: 'Ignore',
            sideEffects: 'None',
            admissionReviewVersions: ['v1'],
            timeoutSeconds: 5,
          },
        ],
      });
      await until(async () => {
        const { kind } = await injectorOf('freeze').rehearse(
          injection(connection, { kind: 'freeze' }, await podTarget(lab, 'web')),
          lab.signal,
        );
        return hook.asked > 0 && kind === 'accepted';
      });
    });

    after(async () => {
      await lab.api.objects.delete({
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'MutatingWebhookConfiguration',
        metadata: { name: lab.namespace },
      });
      await hook.stop();
    });

    it('one that alters the helper: it is refused before anything was added, with what was altered', async function () {
      this.timeout(60_000);
      hook.answer = (path) => ({ patch: [{ op: 'replace', path: `${path}/image`, value: 'registry.invalid/other:1' }] });
      const one = injection(connection, { kind: 'freeze' }, await podTarget(lab, 'web'));
      const answer = await injectorOf('freeze').rehearse(one, lab.signal);
      assert.ok(answer.kind === 'altered', JSON.stringify(answer));
      assert.match(answer.text, /changes the helper for pod web-.*Other than asked for: image/);
      assert.match(await failure(injectorOf('freeze').prepare(one, lab.signal)), /^refusedByProtection: .*Exempt containers named fl-/);
      await nothingAdded();
    });

    it('one that refuses it: refused in its name, with what is possible instead', async function () {
      this.timeout(60_000);
      hook.answer = () => ({ denied: 'no added containers here' });
      const one = injection(connection, { kind: 'freeze' }, await podTarget(lab, 'web'));
      const answer = await injectorOf('freeze').rehearse(one, lab.signal);
      assert.ok(answer.kind === 'refused', JSON.stringify(answer));
      assert.match(answer.text, /^The webhook policy\.faultline\.test refuses the helper: .*no added containers here/);
      assert.match(answer.remedy ?? '', /^Without a helper there are: Delete Pod/);
      await nothingAdded();
    });

    async function nothingAdded(): Promise<void> {
      const [web] = await lab.readyPods('app=web', 1);
      assert.ok(!web?.spec?.ephemeralContainers?.some(({ image }) => image !== defaultImages.helper), 'an altered helper was added');
    }
  });

  async function until(isSo: () => Promise<boolean>): Promise<void> {
    const ends = AbortSignal.any([lab.signal, AbortSignal.timeout(30_000)]);
    while (!(await isSo())) ends.throwIfAborted();
  }
});

interface HookAnswer {
  readonly patch?: readonly object[];
  readonly denied?: string;
}

/** An admission webhook on this machine, where the lab's API server is too. */
class Webhook {
  asked = 0;
  /** `path`: of the container that is added, as a JSON patch names it. */
  answer: (path: string) => HookAnswer = () => ({});
  readonly certificate: Buffer;
  readonly #server: Server;
  readonly #folder: string;

  private constructor(server: Server, folder: string, certificate: Buffer) {
    this.#server = server;
    this.#folder = folder;
    this.certificate = certificate;
    server.on('request', (request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (part: string) => (text += part));
      request.on('end', () => {
        this.asked++;
        const review = JSON.parse(text) as { request: { uid: string; object: { spec: { ephemeralContainers?: readonly object[] } } } };
        const { uid, object } = review.request;
        const { patch, denied } = this.answer(`/spec/ephemeralContainers/${(object.spec.ephemeralContainers?.length ?? 1) - 1}`);
        const body = {
          apiVersion: 'admission.k8s.io/v1',
          kind: 'AdmissionReview',
          response: {
            uid,
            allowed: denied === undefined,
            ...(denied === undefined ? {} : { status: { message: denied } }),
            ...(patch === undefined ? {} : { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }),
          },
        };
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    });
  }

  static async start(): Promise<Webhook> {
    const folder = mkdtempSync(join(tmpdir(), 'faultline-webhook-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    execFileSync('openssl', [...made, '-subj', '/CN=webhook', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert], {
      stdio: 'ignore',
    });
    const certificate = readFileSync(cert);
    const server = createServer({ key: readFileSync(key), cert: certificate });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Webhook(server, folder, certificate);
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
