import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { V1Pod } from '@kubernetes/client-node';
import { before, describe, it } from 'mocha';
import { hasCondition } from './use/api.ts';
import { useLab } from './use/lab.ts';
import type { TestLab } from './use/lab.ts';
import { BUSYBOX, deployment, pod, SAYS_ITS_NAME } from './use/workloads.ts';

describe('pods of the lab', () => {
  let lab: TestLab;

  before(async function () {
    this.timeout(120_000);
    lab = await useLab({ profile: 'node' });
  });

  /** Of the only pod that is ready. */
  async function onlyPod(app: string): Promise<string> {
    return nameOf((await lab.readyPods(`app=${app}`, 1))[0]);
  }

  describe('a command', () => {
    let target: string;

    before(async () => {
      await lab.apply(pod({ name: 'shell', script: 'sleep 100000' }));
      target = await onlyPod('shell');
    });

    it('gives what it printed, apart for both outputs, and its exit code', async () => {
      const result = await lab.exec(target, ['sh', '-c', 'echo to one; echo to other >&2; exit 3']);
      assert.deepEqual(result, { stdout: 'to one\n', stderr: 'to other\n', code: 3 });
      assert.equal((await lab.exec(target, ['true'])).code, 0);
    });

    it('reads its input whole and sees where it ends', async () => {
      const stdin = randomBytes(500_000);
      const { stdout } = await lab.exec(target, ['sha256sum'], { stdin });
      assert.equal(stdout.split(' ')[0], createHash('sha256').update(stdin).digest('hex'));
    });

    it('that does not end is given up after its time', async () => {
      await assert.rejects(
        lab.exec(target, ['sh', '-c', 'echo began; sleep 1000'], { timeoutMs: 2000 }),
        /did not end within 2 s\.\nbegan/,
      );
    });

    it('in a pod that is not there is an error', async () => {
      await assert.rejects(lab.exec('nobody', ['true']), /"true" in nobody could not be started/);
    });
  });

  it('a followed log shows each line when it is written, and ends with its container', async () => {
    const echo = 'mkfifo /in; echo ready; while read line; do echo "$line"; [ "$line" = last ] && exit 0; done <> /in';
    await lab.apply(pod({ name: 'echo', script: echo }));
    const target = await onlyPod('echo');
    const seen: string[] = [];
    // A line is only written once the one before it was seen.
    const next = ['first', 'second', 'last'];
    for await (const line of lab.logs(target, { follow: true })) {
      seen.push(line);
      const word = next.shift();
      if (word !== undefined) assert.equal((await lab.exec(target, ['sh', '-c', `echo ${word} > /in`])).code, 0);
    }
    assert.deepEqual(seen, ['ready', 'first', 'second', 'last']);
    await lab.waitFor('The pod has ended', { kind: 'Pod', name: target }, ({ status }) => status?.phase === 'Succeeded');
  });

  it('a forwarded port cuts its connections when the pod goes, and leads the next ones into the new pod', async () => {
    await lab.apply(deployment({ name: 'web', script: SAYS_ITS_NAME, port: 8080 }));
    const first = await onlyPod('web');
    const { port, url } = await lab.portForward({ labelSelector: 'app=web' }, 8080);
    const ask = async (): Promise<string> => (await (await fetch(url, { headers: { connection: 'close' } })).text()).trim();
    assert.equal(await ask(), first);
    const idle = connect(port, '127.0.0.1');
    await once(idle, 'connect');
    // What it sends has arrived in the pod when the pod has answered.
    idle.write('GET / HTTP/1.1\r\nHost: web\r\nConnection: keep-alive\r\n\r\n');
    await once(idle, 'data');
    const cut = once(idle, 'close');
    await lab.api.core.deleteNamespacedPod({ name: first, namespace: lab.namespace });
    await cut;
    const second = await ask();
    assert.notEqual(second, first);
    assert.equal(second, await onlyPod('web'));
  });

  describe('a container that is added to a running pod', () => {
    let target: string;
    let address: string;

    before(async () => {
      await lab.apply(pod({ name: 'target', script: SAYS_ITS_NAME, port: 8080 }));
      const [found] = await lab.readyPods('app=target', 1);
      target = nameOf(found);
      address = found?.status?.podIP ?? '';
    });

    async function run(script: string, capabilities: readonly string[]): Promise<string> {
      const container = await lab.ephemeral(target, { image: BUSYBOX, command: ['sh', '-c', script], target: 'main', capabilities });
      const lines: string[] = [];
      for await (const line of lab.logs(target, { container, follow: true })) lines.push(line);
      return lines.join('\n');
    }

    it("sees the pod's network and the processes of its target", async () => {
      const text = await run('ip -o addr show dev eth0; ps', []);
      assert.ok(text.includes(`inet ${address}/`), text);
      assert.match(text, /httpd -f -p 8080/);
    });

    it('changes the network of the pod with NET_ADMIN, and can not without', async () => {
      const add = 'ip addr add 192.0.2.7/32 dev lo 2>&1; echo ended with $?';
      const addresses = async (): Promise<string> => (await lab.exec(target, ['ip', '-o', 'addr', 'show', 'dev', 'lo'])).stdout;
      assert.match(await run(add, []), /Operation not permitted\nended with [^0]/);
      assert.doesNotMatch(await addresses(), /192\.0\.2\.7/);
      assert.equal(await run(add, ['NET_ADMIN']), 'ended with 0');
      assert.match(await addresses(), /inet 192\.0\.2\.7\/32/);
    });
  });

  it('a pod that is deleted by force is replaced', async () => {
    await lab.apply(deployment({ name: 'pair', script: SAYS_ITS_NAME, replicas: 2, port: 8080 }));
    const [victim, other] = await lab.readyPods('app=pair', 2);
    await lab.api.core.deleteNamespacedPod({ name: nameOf(victim), namespace: lab.namespace, gracePeriodSeconds: 0 });
    const now = (
      await lab.waitForAll('Two pods are ready, one of them new', { kind: 'Pod', labelSelector: 'app=pair' }, (pods) => {
        const ready = pods.filter(({ status }) => hasCondition(status?.conditions, 'Ready'));
        return ready.length === 2 && ready.every(({ metadata }) => metadata?.uid !== victim?.metadata?.uid);
      })
    ).map(nameOf);
    assert.ok(now.includes(nameOf(other)), 'the pod that was left alone is still there');
  });
});

function nameOf(one: V1Pod | undefined): string {
  return one?.metadata?.name ?? '';
}
