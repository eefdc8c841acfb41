import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'mocha';

interface Manifest {
  readonly contributes: {
    readonly menus: { readonly 'view/item/context': readonly { readonly command: string; readonly when: string }[] };
  };
}

describe('the menu of a pod', () => {
  it('has the logs before its last restart only where there was one', async () => {
    const manifest = JSON.parse(await readFile(join(import.meta.dirname, '../../../package.json'), 'utf8')) as Manifest;
    const entries = manifest.contributes.menus['view/item/context'].filter(({ command }) => command === 'faultline.previousLogs');
    const patterns = entries.map(({ when }) => new RegExp(/=~ \/(.*)\/$/.exec(when)?.[1] ?? '$^'));
    assert.equal(patterns.length, 1);
    const isOffered = (item: string): boolean => patterns.some((pattern) => pattern.test(item));
    assert.deepEqual([isOffered('pod;logs;forward;describe'), isOffered('pod;logs;previousLogs;forward')], [false, true]);
  });
});
