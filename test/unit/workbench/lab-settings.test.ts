import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { followLabs, labFacts, withLabs } from '../../workbench/lab-settings.ts';

describe('the workbench of npm start', () => {
  let labs: string;
  beforeEach(() => (labs = mkdtempSync(join(tmpdir(), 'faultline-labs-'))));
  afterEach(() => rmSync(labs, { recursive: true, force: true }));

  const lab = (number: number): string => {
    const file = join(labs, `state-${number}`, 'kubeconfig');
    mkdirSync(join(labs, `state-${number}`), { recursive: true });
    writeFileSync(file, '');
    return file;
  };
  const read = (file: string): Record<string, unknown> => JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;

  it('lists the kubeconfigs of the labs that are up and the lab’s Helm, and forgets what is gone', () => {
    const one = lab(1);
    const helm = join(labs, 'programs', 'helm-4');
    const told = withLabs(
      {},
      labs,
      labFacts(labs, () => helm),
    );
    assert.deepEqual(told, { 'faultline.kubeconfigs': [one], 'faultline.helm.path': join(helm, 'helm') });
    rmSync(join(labs, 'state-1'), { recursive: true });
    assert.deepEqual(
      withLabs(
        told,
        labs,
        labFacts(labs, () => undefined),
      ),
      {},
    );
  });

  it('leaves alone what a person set', () => {
    const one = lab(1);
    const set = { 'faultline.kubeconfigs': ['/mine'], 'faultline.helm.path': '/my/helm', other: 1 };
    const told = withLabs(
      set,
      labs,
      labFacts(labs, () => join(labs, 'programs')),
    );
    assert.deepEqual(told, { ...set, 'faultline.kubeconfigs': ['/mine', one] });
    assert.deepEqual(withLabs({ 'faultline.kubeconfigs': 'x' }, labs, { kubeconfigs: [one] }), { 'faultline.kubeconfigs': 'x' });
  });

  it('hears of a lab that comes up later, and has a Helm made for it once', async () => {
    const file = join(labs, 'settings.json');
    const asked = Promise.withResolvers<undefined>();
    let times = 0;
    const unfollow = followLabs({
      labs,
      file,
      helmFolder: () => undefined,
      bringHelm: () => {
        times++;
        asked.resolve(undefined);
      },
    });
    try {
      assert.deepEqual([times, read(file)], [0, {}]);
      const one = lab(1);
      await asked.promise;
      assert.deepEqual([times, read(file)], [1, { 'faultline.kubeconfigs': [one] }]);
    } finally {
      unfollow();
    }
  });
});
