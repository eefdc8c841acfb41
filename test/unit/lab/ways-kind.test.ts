import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { files } from '../../lab/images/layers.ts';
import { addImages, openStore } from '../../lab/images/store.ts';
import type { LabOptions } from '../../lab/lab.ts';
import { KIND_NODES } from '../../lab/versions.ts';
import { kindConfig, kindWay } from '../../lab/ways/kind.ts';
import { machine } from '../../lab/ways/probes.ts';
import { readRecord, wayKubeconfig } from '../../lab/ways/record.ts';
import { Progress } from '../../workbench/cache.mjs';

// No Docker runs where these tests do: programs of the same names write down what they are asked, and answer as the real ones do.
const kind = `#!/bin/sh
echo "kind $*" >> "$RECORD"
case "$1 $2" in
  'version ') echo 'kind v0.30.0 go1.25 linux/amd64' ;;
  'create cluster')
    for argument; do case "$argument" in --kubeconfig=*) echo made > "\${argument#--kubeconfig=}" ;; --config=*) cat "\${argument#--config=}" > "$RECORD.config" ;; esac; done
    [ ! -e "$RECORD.fails" ] || { echo 'ERROR: failed to create cluster' >&2; exit 1; }
    touch "$RECORD.up" ;;
  'delete cluster') rm -f "$RECORD.up" ;;
esac
`;
const docker = `#!/bin/sh
echo "docker $*" >> "$RECORD"
case "$1" in
  info) echo 27.0.0 ;;
  ps) if [ -e "$RECORD.up" ]; then grep 'role:' "$RECORD.config" | sed 's/.*/running/'; fi ;;
esac
`;

describe('the lab on kind', () => {
  const before = { cache: process.env['FAULTLINE_CACHE'], path: process.env['PATH'] };
  let folder: string;
  let record: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'faultline-kind-'));
    record = join(folder, 'record');
    mkdirSync(join(folder, 'bin'));
    for (const [name, text] of Object.entries({ kind, docker })) {
      writeFileSync(join(folder, 'bin', name), text);
      chmodSync(join(folder, 'bin', name), 0o755);
    }
    process.env['FAULTLINE_CACHE'] = join(folder, 'cache');
    process.env['PATH'] = `${join(folder, 'bin')}${delimiter}${before.path ?? ''}`;
    process.env['RECORD'] = record;
  });
  afterEach(() => {
    delete process.env['RECORD'];
    process.env['PATH'] = before.path;
    if (before.cache === undefined) delete process.env['FAULTLINE_CACHE'];
    else process.env['FAULTLINE_CACHE'] = before.cache;
    rmSync(folder, { recursive: true, force: true });
  });

  const progress = new Progress('terminal');
  const silent = { say: () => undefined, confirm: undefined };
  // A number that no lab has: none of its processes can be there to be ended.
  const options: LabOptions = { number: 88, profile: 'cluster', kubernetes: '1.34', images: [] };
  const asked = (): string[] => readFileSync(record, 'utf8').trim().split('\n');

  it('is found to be possible by asking Docker and looking for kind', () => {
    assert.deepEqual([machine.dockerFault(), machine.has('kind')], [undefined, true]);
    assert.deepEqual(asked(), ['docker info --format {{.ServerVersion}}']);
  });

  it('is a cluster named after the number, of a pinned image, with a kubeconfig of its own', async () => {
    const lab = await kindWay(silent).up(options, progress);
    const create = asked().find((line) => line.startsWith('kind create cluster')) ?? '';
    assert.match(create, /--name=faultline-lab-88 /);
    assert.ok(create.includes(`--image=${KIND_NODES['1.34'].image} `));
    assert.ok(create.includes(`--kubeconfig=${wayKubeconfig(88)} `));
    assert.equal(readFileSync(lab.kubeconfig, 'utf8'), 'made\n');
    assert.deepEqual(lab.nodes, ['faultline-lab-88-worker', 'faultline-lab-88-worker2', 'faultline-lab-88-worker3']);
    assert.equal(`kindest/node:${lab.kubernetes}`, KIND_NODES['1.34'].image.split('@')[0]);
  });

  it('has three workers for cluster, and one node for the others', () => {
    const roles = (profile: LabOptions['profile']): string[] => kindConfig(profile).match(/role: \S+/g) ?? [];
    assert.deepEqual(roles('cluster'), ['role: control-plane', 'role: worker', 'role: worker', 'role: worker']);
    assert.deepEqual([roles('node'), roles('api')], [['role: control-plane'], ['role: control-plane']]);
  });

  it('says what it lacks beside the native lab, and that the image belongs to another kind', async () => {
    const said: string[] = [];
    await kindWay({ say: (line) => said.push(line), confirm: undefined }).up(options, progress);
    assert.match(said.join('\n'), /no metrics-server/);
    assert.match(said.join('\n'), /kind v0\.30\.0.*built for v0\.33\.0/);
  });

  it('puts the lab’s images into the nodes as archives, and leaves no archive', async () => {
    const store = join(folder, 'store');
    await addImages(
      store,
      [{ short: 'hello', name: 'docker.io/library/hello:1', layers: [files('hello', { 'etc/hello': 'hello\n' })], config: {} }],
      progress,
    );
    const lab = kindWay(silent, () => Promise.resolve(openStore(store)));
    await lab.up({ ...options, images: ['hello'] }, progress);
    const load = asked().find((line) => line.startsWith('kind load')) ?? '';
    const archive = /^kind load image-archive (\S+\/hello\.tar) --name=faultline-lab-88$/.exec(load)?.[1];
    assert.ok(archive !== undefined, load);
    assert.equal(existsSync(archive), false);
  });

  it('is made once, found again, and made anew when its containers are gone', async () => {
    const lab = kindWay(silent);
    await lab.up(options, progress);
    await lab.up(options, progress);
    assert.equal(asked().filter((line) => line.startsWith('kind create')).length, 1);
    assert.equal((await lab.status(88)).state, 'up');
    rmSync(`${record}.up`);
    assert.equal((await lab.status(88)).state, 'broken');
    await lab.up(options, progress);
    assert.equal(asked().filter((line) => line.startsWith('kind create')).length, 2);
  });

  it('whose start failed is known, and down removes what there is of it', async () => {
    const lab = kindWay(silent);
    writeFileSync(`${record}.fails`, '');
    await assert.rejects(lab.up(options, progress), /failed to create cluster/);
    assert.equal((await lab.status(88)).state, 'starting');
    await lab.down(88, progress);
    assert.ok(asked().at(-1)?.startsWith('kind delete cluster --name=faultline-lab-88 '));
    assert.equal(readRecord(88), undefined);
    assert.equal((await lab.status(88)).state, 'down');
  });
});
