import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import type { ZipOptions } from 'fflate';
import { describe, it } from 'mocha';
import { Activity, goArch } from '../../lab/build/go.ts';
import { cacheName, programNames } from '../../lab/build/programs.ts';
import { isAtLeast } from '../../lab/build/toolchain.ts';
import { unzip } from '../../lab/build/unpack.ts';
import { COMPANIONS, GO, KUBERNETES } from '../../lab/versions.ts';
import { SetupError } from '../../workbench/cache.mjs';

const pins = join(import.meta.dirname, '..', '..', 'lab', 'build', 'pins');

describe("the lab's programs", () => {
  it('of two Kubernetes minors stand side by side in the cache', () => {
    assert.notEqual(cacheName('kubelet', '1.33'), cacheName('kubelet', '1.34'));
    assert.match(cacheName('kubelet', '1.34'), /^kubernetes-v1\.34\.\d+-[0-9a-f]{10}$/);
  });

  it('of Kubernetes come from one build, the others from one each, whatever the minor', () => {
    assert.equal(cacheName('kubelet', '1.34'), cacheName('kubectl', '1.34'));
    assert.equal(cacheName('coredns', '1.33'), cacheName('coredns', '1.34'));
    const folders = new Set(programNames().map((name) => cacheName(name, '1.34')));
    assert.equal(folders.size, programNames().length - 5);
  });

  it('are built from the modules that versions.ts names', () => {
    const required = (folder: string): string => readFileSync(join(pins, folder, 'go.mod'), 'utf8');
    const companions = required('companions');
    for (const { module, version } of Object.values(COMPANIONS)) assert.ok(companions.includes(`${module} ${version}\n`), module);
    for (const [minor, version] of Object.entries(KUBERNETES)) {
      const text = required(`kubernetes-${minor}`);
      assert.ok(text.includes(`require k8s.io/kubernetes ${version}\n`), version);
      // One of another patch would build, and be a mix that nobody runs.
      const staging = [...text.matchAll(/^replace (\S+) => \1 (\S+)$|^\t(\S+) => \3 (\S+)$/gm)].map((match) => match[2] ?? match[4]);
      assert.ok(staging.length > 20, `${staging.length} staging modules`);
      assert.deepEqual(new Set(staging), new Set([version.replace('v1.', 'v0.')]));
    }
  });

  it('are built with a Go from PATH only when it is new enough', () => {
    assert.deepEqual(
      ['1.26.4', '1.26.10', '1.27', '1.27rc1', '2.0'].map((version) => isAtLeast(version, '1.26.4')),
      [true, true, true, true, true],
    );
    assert.deepEqual(
      ['1.26.3', '1.26', '1.26rc2', '1.9.9', 'devel'].map((version) => isAtLeast(version, '1.26.4')),
      [false, false, false, false, false],
    );
    assert.equal(isAtLeast('1.27rc1', '1.27.0'), false);
    assert.equal(isAtLeast(GO.wheel.version, GO.oldest), true);
  });

  it('are said to need Linux elsewhere, with the other ways to a lab', () => {
    assert.equal(goArch('linux', 'arm64'), 'arm64');
    assert.throws(
      () => goArch('darwin', 'arm64'),
      (error) => error instanceof SetupError && /kind/.test(error.message),
    );
  });

  it('tell while they are built what is fetched and compiled, and keep what went wrong', () => {
    const activity = new Activity();
    assert.equal(activity.hear('go: downloading golang.org/x/sys v0.38.0'), 'module 1, golang.org/x/sys v0.38.0');
    assert.equal(activity.hear('k8s.io/api/core/v1'), 'package 1, k8s.io/api/core/v1');
    assert.equal(activity.hear('net/http'), 'package 2, net/http');
    assert.equal(activity.hear('# k8s.io/api/core/v1'), undefined);
    assert.equal(activity.hear('main.go:3:1: syntax error: unexpected }'), undefined);
  });
});

describe('unpacking a wheel or a plugin', () => {
  it('keeps what may be executed, and leaves out what is not wanted', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'faultline-unzip-'));
    try {
      const file = join(folder, 'a.zip');
      const entry = (text: string, mode: number): [Uint8Array, ZipOptions] => [
        strToU8(text),
        { os: 3, attrs: (0o100000 | mode) * 0x10000 },
      ];
      const entries = {
        'go/bin/go': entry('#!', 0o755),
        'go/VERSION': entry('go1', 0o644),
        'go/src/x_test.go': entry('package x', 0o644),
      };
      writeFileSync(file, zipSync(entries));
      await unzip(file, join(folder, 'out'), { wanted: (name) => !name.endsWith('_test.go') });
      const mode = (name: string): number => statSync(join(folder, 'out', name)).mode & 0o111;
      assert.notEqual(mode('go/bin/go'), 0);
      assert.equal(mode('go/VERSION'), 0);
      assert.equal(readFileSync(join(folder, 'out', 'go/VERSION'), 'utf8'), 'go1');
      assert.throws(() => statSync(join(folder, 'out', 'go/src/x_test.go')), /ENOENT/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
