import assert from 'node:assert/strict';
import type { V1Pod } from '@kubernetes/client-node';
import { before, describe, it } from 'mocha';
import { useLab } from './use/lab.ts';
import type { TestLab } from './use/lab.ts';
import { deployment, SAYS_ITS_NAME, service } from './use/workloads.ts';

/** So many that one of three pods is left out by chance once in three million runs. */
const REQUESTS = 40;

describe('the network of the lab', () => {
  let lab: TestLab;
  let pods: readonly V1Pod[];

  before(async function () {
    this.timeout(180_000);
    lab = await useLab({ profile: 'cluster' });
    await lab.apply([
      deployment({ name: 'web', script: SAYS_ITS_NAME, replicas: 3, spread: true, port: 8080 }),
      service('web', { app: 'web', port: 8080 }),
      service('web-each', { app: 'web', port: 8080, headless: true }),
    ]);
    pods = await lab.readyPods('app=web', 3);
    // Services follow their pods with a moment's delay.
    for (const name of ['web', 'web-each'])
      await lab.waitForAll(
        `Service ${name} knows three pods`,
        { kind: 'EndpointSlice', labelSelector: `kubernetes.io/service-name=${name}` },
        (slices) => slices.flatMap(({ endpoints = [] }) => endpoints).filter(({ conditions }) => conditions?.ready === true).length === 3,
      );
  });

  /** What a script prints in each of the pods, one a node. */
  async function inEach(script: (from: V1Pod) => string): Promise<string[]> {
    return Promise.all(
      pods.map(async (pod) => {
        const { stdout, stderr, code } = await lab.exec(nameOf(pod), ['sh', '-c', script(pod)]);
        assert.equal(code, 0, `in ${nameOf(pod)}: ${stdout}${stderr}`);
        return stdout;
      }),
    );
  }

  it('has its pods on three nodes', () => {
    assert.deepEqual(new Set(pods.map(({ spec }) => spec?.nodeName)), new Set(lab.lab.nodes));
  });

  it('leads from each pod to each other, on whatever node', async () => {
    const everyone = pods.map((pod) => `timeout 10 wget -qO- http://${addressOf(pod)}:8080`).join(' && ');
    for (const answer of await inEach(() => everyone)) assert.deepEqual(answer.trim().split('\n'), pods.map(nameOf));
  });

  it('spreads the requests to a service name over the pods of all nodes, from each node', async () => {
    const names = pods.map(nameOf).sort();
    // Each node hears of a new Service in its own time.
    await inEach(() => 'until timeout 5 wget -qO- http://web; do sleep 0.1; done');
    const ask = `for i in $(seq ${REQUESTS}); do timeout 10 wget -qO- http://web || exit 1; done`;
    for (const answer of await inEach(() => ask)) assert.deepEqual([...new Set(answer.trim().split('\n'))].sort(), names);
  });

  it('answers the name of a headless service with the address of each pod', async () => {
    const addresses = pods.map(addressOf).sort();
    const name = `web-each.${lab.namespace}.svc.cluster.local`;
    for (const answer of await inEach(() => `nslookup -type=a ${name}`)) {
      const found = [...answer.matchAll(/^Address(?: \d+)?: ([\d.]+)/gm)].map(([, address = '']) => address);
      assert.deepEqual(
        addresses.filter((address) => found.includes(address)),
        addresses,
        answer,
      );
    }
  });

  it('has no answer for a name that nobody has', async () => {
    for (const name of [`nobody.${lab.namespace}.svc.cluster.local`, 'nobody.example.org']) {
      const { stdout } = await lab.exec(nameOf(pods[0]), ['nslookup', '-type=a', name]);
      assert.match(stdout, /NXDOMAIN/);
    }
  });

  it('shows a pod the address that another one really has, not that of a node', async () => {
    const [from, to] = pods;
    // The headless name leads past the service: what arrives comes from the pod itself.
    const listen = lab.exec(nameOf(to), ['sh', '-c', 'nc -l -p 9000 -e sh -c "netstat -tn | grep :9000"'], { timeoutMs: 30_000 });
    const script = `until nc -w 5 ${addressOf(to)} 9000; do :; done`;
    const [{ stdout }] = await Promise.all([lab.exec(nameOf(from), ['sh', '-c', script], { timeoutMs: 30_000 }), listen]);
    assert.ok(stdout.includes(`${addressOf(from)}:`), stdout);
  });
});

function nameOf(pod: V1Pod | undefined): string {
  return pod?.metadata?.name ?? '';
}

function addressOf(pod: V1Pod | undefined): string {
  return pod?.status?.podIP ?? '';
}
