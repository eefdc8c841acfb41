import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { LabOptions } from '../../lab/lab.ts';
import { copyContext } from '../../lab/ways/copy.ts';
import { kubeconfigWay, shortOfNodes } from '../../lab/ways/kubeconfig.ts';
import { readRecord } from '../../lab/ways/record.ts';
import { Progress, SetupError } from '../../workbench/cache.mjs';

const config = `apiVersion: v1
kind: Config
current-context: team
contexts:
  - { name: team, context: { cluster: shared, user: me, namespace: payments } }
  - { name: prod, context: { cluster: production, user: admin } }
clusters:
  - { name: shared, cluster: { server: 'https://127.0.0.1:1', certificate-authority: pki/ca.crt } }
  - { name: production, cluster: { server: 'https://10.0.0.1:6443' } }
users:
  - { name: me, user: { exec: { apiVersion: client.authentication.k8s.io/v1, command: ./bin/login, args: [--sso], interactiveMode: Never } } }
  - { name: admin, user: { token: very-secret } }
`;

describe('a kubeconfig that was given', () => {
  const before = process.env['FAULTLINE_CACHE'];
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'faultline-kubeconfig-'));
    process.env['FAULTLINE_CACHE'] = join(folder, 'cache');
    file = join(folder, 'config');
    writeFileSync(file, config);
  });
  afterEach(() => {
    if (before === undefined) delete process.env['FAULTLINE_CACHE'];
    else process.env['FAULTLINE_CACHE'] = before;
    rmSync(folder, { recursive: true, force: true });
  });

  const options = (): LabOptions => ({ number: 4, profile: 'api', kubernetes: '1.34', images: [], kubeconfig: file });

  it('is copied with its current context alone: no other cluster can be reached through the lab', () => {
    const { text, context, server } = copyContext(file);
    assert.deepEqual([context, server], ['team', 'https://127.0.0.1:1']);
    assert.doesNotMatch(text, /prod|very-secret|payments/);
  });

  it('still finds its files and programs from where the copy lies', () => {
    const copy = new KubeConfig();
    copy.loadFromString(copyContext(file).text);
    assert.equal(copy.getCurrentCluster()?.caFile, join(folder, 'pki/ca.crt'));
    const exec: unknown = copy.getCurrentUser()?.exec;
    assert.ok(typeof exec === 'object' && exec !== null && 'command' in exec && 'args' in exec);
    assert.deepEqual([exec.command, exec.args], [join(folder, 'bin/login'), ['--sso']]);
  });

  it('is named in the text when it is none', () => {
    writeFileSync(file, 'hello');
    assert.throws(() => copyContext(file), /config is not a kubeconfig with a current context/);
    assert.throws(() => copyContext(join(folder, 'absent')), /absent can't be read as a kubeconfig/);
    writeFileSync(file, config.replace('current-context: team', 'current-context: nowhere'));
    assert.throws(() => copyContext(file), /no complete context "nowhere"/);
  });

  it('is not used without a yes: where nobody can be asked, --yes is asked for', async () => {
    const said: string[] = [];
    const way = kubeconfigWay({ say: (line) => said.push(line), confirm: undefined });
    await assert.rejects(way.up(options(), new Progress('terminal')), /nobody to ask.*--yes/);
    assert.match(said.join('\n'), /context team of .*cluster https:\/\/127\.0\.0\.1:1/);
    assert.match(said.join('\n'), /faultline\.lab=4/);
    assert.equal(readRecord(4), undefined);
  });

  it('is not used after a no, and nothing is kept', async () => {
    const way = kubeconfigWay({ say: () => undefined, confirm: () => Promise.resolve(false) });
    await assert.rejects(way.up(options(), new Progress('terminal')), /Nothing was done/);
    assert.equal(readRecord(4), undefined);
  });

  it('of a cluster that does not answer leaves no lab behind, and is not written', async () => {
    writeFileSync(file, config.replace(', certificate-authority: pki/ca.crt', '').replace(/user: \{ exec: .*/, 'user: { token: x } }'));
    const text = readFileSync(file, 'utf8');
    const way = kubeconfigWay({ say: () => undefined, confirm: () => Promise.resolve(true) });
    await assert.rejects(way.up(options(), new Progress('terminal')), (error: unknown) => {
      return error instanceof SetupError && /There is no answer from context team/.test(error.message);
    });
    assert.deepEqual([readRecord(4), readFileSync(file, 'utf8')], [undefined, text]);
    assert.equal((await way.status(4)).state, 'down');
  });

  it('of a cluster with too few nodes is told which profile fits', () => {
    assert.equal(shortOfNodes('cluster', ['a', 'b', 'c']), undefined);
    assert.equal(
      shortOfNodes('cluster', ['a']),
      'Profile cluster needs 3 ready nodes, and this cluster has 1. Choose --profile node or --profile api.',
    );
    assert.match(shortOfNodes('node', []) ?? '', /Choose --profile api\.$/);
    assert.deepEqual([shortOfNodes('api', []), shortOfNodes('cluster', undefined)], [undefined, undefined]);
  });
});
