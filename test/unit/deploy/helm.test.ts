import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { FaultlineError } from '../../../src/base/errors.ts';
import { findHelm, howToGetIt, parseVersion } from '../../../src/deploy/helm/find.ts';
import { helmFailure } from '../../../src/deploy/helm/failure.ts';
import { helmEnvironment, runHelm } from '../../../src/deploy/helm/run.ts';

describe('Helm', () => {
  let folder: string;

  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'faultline-helm-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function fake(script: string): string {
    const path = join(folder, 'helm');
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  it('is found on PATH with its version, 3 as well as 4', async () => {
    const env = { PATH: `/nowhere:${folder}:/usr/bin:/bin` };
    fake('echo v4.2.4');
    assert.deepEqual(await findHelm(env), { path: join(folder, 'helm'), version: '4.2.4', major: 4 });
    fake('echo v3.20.2+gdeadbee');
    assert.deepEqual(await findHelm(env), { path: join(folder, 'helm'), version: '3.20.2', major: 3 });
  });

  it('2 is refused, and so is a program that is no Helm', () => {
    assert.throws(
      () => parseVersion('Client: v2.17.0+g1', 'helm'),
      (error) => FaultlineError.is(error, 'unsupported'),
    );
    assert.throws(
      () => parseVersion('usage: helm', 'helm'),
      (error) => FaultlineError.is(error, 'engine'),
    );
  });

  it('that is missing is told with how to get it on this platform', async () => {
    await assert.rejects(
      findHelm({ PATH: folder }, 'darwin'),
      (error: Error) => FaultlineError.is(error, 'notFound') && /brew install helm/.test(error.message),
    );
    await assert.rejects(
      findHelm({ PATH: folder }, 'linux', 'faultline.helm.path'),
      (error) =>
        FaultlineError.is(error, 'notFound') &&
        error.facts.setting === 'faultline.helm.path' &&
        /Name the program in the setting faultline\.helm\.path/.test(error.message) &&
        !/snap/.test(error.message),
    );
    assert.match(howToGetIt('win32'), /winget install Helm\.Helm/);
    assert.match(howToGetIt('linux'), /helm\.sh\/docs\/intro\/install/);
  });

  it('gets neither the person’s KUBECONFIG nor what else is in the environment', () => {
    const env = {
      PATH: '/bin',
      HOME: '/h',
      KUBECONFIG: '/other',
      HELM_NAMESPACE: 'x',
      HELM_CACHE_HOME: '/c',
      AWS_PROFILE: 'p',
      MY_SECRET: 's',
    };
    assert.deepEqual(helmEnvironment(env), { PATH: '/bin', HOME: '/h', HELM_CACHE_HOME: '/c', AWS_PROFILE: 'p' });
  });

  it('and all that it started end when it is stopped', async () => {
    const stop = new AbortController();
    const path = fake('sleep 1000 & wait');
    const running = runHelm({
      path,
      args: [],
      env: { PATH: '/usr/bin:/bin', HOME: folder },
      signal: stop.signal,
      onStart: () => setTimeout(() => stop.abort(), 300),
    });
    const startedMs = performance.now();
    await assert.rejects(running, (error) => FaultlineError.is(error, 'cancelled'));
    assert.ok(performance.now() - startedMs < 8000, 'it was waited for until it was killed');
  });

  it('that refuses is told by what it means, without its log lines', () => {
    const pending = helmFailure('Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress\n', ['upgrade']);
    assert.equal(pending.reason, 'refusedByProtection');
    assert.equal(helmFailure('level=WARN msg="x"\nError: release: not found\n', ['history']).reason, 'notFound');
    const kind = helmFailure('Error: no matches for kind "Kafka" in version "kafka.strimzi.io/v1"\n', ['template']);
    assert.match(kind.facts.what, /does not know the kind Kafka \(kafka\.strimzi\.io\/v1\)/);
    assert.equal(helmFailure('Error: something else', ['upgrade']).facts.meaning, 'something else');
  });
});
