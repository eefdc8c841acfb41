import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, before, beforeEach, describe, it } from 'mocha';
import { Progress } from '../../workbench/cache.mjs';
import { LAB_LABEL } from '../lab.ts';
import type { LabOptions } from '../lab.ts';
import { openLab, useLab } from '../use/lab.ts';
import type { TestLab } from '../use/lab.ts';
import { kubeconfigWay, ownNamespace } from './kubeconfig.ts';
import type { Talk } from './way.ts';

/** Of the lab that is a guest in the cluster of another one: a number that no other lab has. */
const GUEST = 88;

describe('a lab in a cluster that somebody has', () => {
  const saved = process.env['FAULTLINE_CACHE'];
  const progress = new Progress('terminal');
  const asked: string[] = [];
  const yes: Talk = {
    say: () => undefined,
    confirm: (question) => {
      asked.push(question);
      return Promise.resolve(true);
    },
  };
  const way = kubeconfigWay(yes);
  let host: TestLab;
  let options: LabOptions;
  let machines: string;

  before(async function () {
    this.timeout(120_000);
    host = await useLab({ profile: 'api' });
  });
  beforeEach(() => {
    machines = mkdtempSync(join(tmpdir(), 'faultline-guest-'));
    asked.length = 0;
    onMachine('one');
    options = { number: GUEST, profile: 'api', kubernetes: '1.34', images: [], kubeconfig: host.kubeconfig };
  });
  afterEach(async function () {
    this.timeout(120_000);
    for (const machine of ['one', 'two']) {
      onMachine(machine);
      await way.down(GUEST, progress);
    }
    if (saved === undefined) delete process.env['FAULTLINE_CACHE'];
    else process.env['FAULTLINE_CACHE'] = saved;
    rmSync(machines, { recursive: true, force: true });
  });

  /** What a machine knows of its labs lies in its cache. */
  function onMachine(name: string): void {
    process.env['FAULTLINE_CACHE'] = join(machines, name);
  }

  async function namespaces(labelSelector = `${LAB_LABEL}=${GUEST}`): Promise<string[]> {
    const { items } = await host.api.core.listNamespace({ labelSelector });
    return items.flatMap(({ metadata }) => metadata?.name ?? []).sort();
  }

  it('asks once, works in namespaces of its own, and takes exactly those away', async () => {
    const file = readFileSync(host.kubeconfig, 'utf8');
    const everything = await namespaces('');
    const lab = await way.up(options, progress);
    assert.deepEqual([lab.way, asked.length, (await way.status(GUEST)).state], ['kubeconfig', 1, 'up']);
    assert.notEqual(lab.kubeconfig, host.kubeconfig);

    // A test that was killed leaves its namespace behind.
    const { testLab } = await openLab(lab);
    await testLab.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'guest' }, data: {} });
    assert.deepEqual(await namespaces(), [ownNamespace(GUEST), testLab.namespace].sort());
    assert.deepEqual(await way.up(options, progress), lab);
    assert.equal(asked.length, 1);

    await way.down(GUEST, progress);
    const left = (await namespaces('')).filter((name) => !everything.includes(name));
    assert.deepEqual(
      left.filter((name) => !name.startsWith('test-') || name === testLab.namespace),
      [],
    );
    assert.ok((await namespaces('')).includes(host.namespace));
    assert.equal((await way.status(GUEST)).state, 'down');
    assert.equal(readFileSync(host.kubeconfig, 'utf8'), file);
  });

  it('does not take the number of a lab of another machine, nor that one’s namespaces', async () => {
    await way.up(options, progress);
    onMachine('two');
    await assert.rejects(way.up(options, progress), /Number 88 is taken in this cluster/);
    await way.down(GUEST, progress);
    assert.deepEqual(await namespaces(), [ownNamespace(GUEST)]);
    onMachine('one');
    assert.equal((await way.status(GUEST)).state, 'up');
  });

  it('is broken when its namespace was removed by somebody, and made whole by the next start', async () => {
    await way.up(options, progress);
    await host.api.core.deleteNamespace({ name: ownNamespace(GUEST) });
    await host.waitForAll('The namespace is gone', { kind: 'Namespace', name: ownNamespace(GUEST) }, (all) => all.length === 0);
    assert.equal((await way.status(GUEST)).state, 'broken');
    await way.up(options, progress);
    assert.equal((await way.status(GUEST)).state, 'up');
  });
});
