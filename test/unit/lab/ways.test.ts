import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { LabOptions } from '../../lab/lab.ts';
import { chooseWay } from '../../lab/ways.ts';
import type { Probes } from '../../lab/ways/probes.ts';
import { SetupError } from '../../workbench/cache.mjs';

const cluster: LabOptions = { number: 3, profile: 'cluster', kubernetes: '1.34', images: 'all' };

function machine(has: { docker?: true; kind?: true; root?: true; etcd?: true; platform?: NodeJS.Platform }): Probes {
  const { docker, kind, root, etcd, platform = 'linux' } = has;
  const programs = new Set([...(kind === true ? ['kind'] : []), ...(etcd === true ? ['etcd'] : [])]);
  return {
    platform,
    root: root === true,
    has: (program) => programs.has(program),
    dockerFault: () => (docker === true ? undefined : 'there is no docker on the path'),
  };
}

describe('which way the lab goes', () => {
  it('takes the kubeconfig that was given before anything else', () => {
    const { way, line } = chooseWay({ ...cluster, kubeconfig: '/tmp/config' }, machine({ docker: true, kind: true, root: true }));
    assert.equal(way, 'kubeconfig');
    assert.match(line, /\/tmp\/config/);
  });

  it('takes kind where Docker answers, before programs of its own', () => {
    const { way, line } = chooseWay(cluster, machine({ docker: true, kind: true, root: true }));
    assert.equal(way, 'kind');
    assert.match(line, /Docker answers/);
  });

  it('says that kind is what is missing where Docker answers alone, and goes on', () => {
    const { way, line } = chooseWay(cluster, machine({ docker: true, root: true }));
    assert.equal(way, 'native');
    assert.match(line, /no kind on the path/);
  });

  it('says why the ways before were not taken', () => {
    const { way, line } = chooseWay(cluster, machine({ root: true }));
    assert.equal(way, 'native');
    assert.match(line, /no kubeconfig was given, no kind \(there is no docker on the path\)/);
  });

  it('goes the way that was insisted on, and does not ask Docker for nothing', () => {
    const probes: Probes = { ...machine({ root: true }), dockerFault: () => assert.fail('docker was asked') };
    assert.equal(chooseWay({ ...cluster, way: 'native' }, probes).way, 'native');
  });

  it('does not fall back from a way that was insisted on', () => {
    assert.throws(() => chooseWay({ ...cluster, way: 'kind' }, machine({ root: true })), /kind can't be used here: there is no docker/);
    assert.throws(() => chooseWay({ ...cluster, way: 'kubeconfig' }, machine({ root: true })), /--kubeconfig FILE/);
  });

  it('tells someone without root and without Docker what to do', () => {
    assert.throws(
      () => chooseWay(cluster, machine({})),
      (error: unknown) =>
        error instanceof SetupError &&
        /real nodes need root/.test(error.message) &&
        /sudo .*npm run lab/.test(error.message) &&
        /start Docker and install kind/.test(error.message) &&
        /--kubeconfig FILE/.test(error.message),
    );
  });

  it('needs no root for profile api where etcd is installed', () => {
    assert.equal(chooseWay({ ...cluster, profile: 'api' }, machine({ etcd: true })).way, 'native');
    assert.throws(() => chooseWay({ ...cluster, profile: 'api' }, machine({})), /etcd-server/);
  });

  it('does not advise sudo where that would not help', () => {
    assert.throws(
      () => chooseWay(cluster, machine({ platform: 'darwin' })),
      (error: unknown) => error instanceof SetupError && /it needs Linux/.test(error.message) && !error.message.includes('sudo'),
    );
  });
});
