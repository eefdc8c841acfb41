import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { Progress } from '../../workbench/cache.mjs';
import { ensureImages } from './images.ts';
import { BUSYBOX } from './recipes/busybox.ts';
import { PAUSE } from './recipes/pause.ts';
import { addImages, openStore } from './store.ts';

describe("the lab's images", () => {
  it('made again elsewhere, from packages and from source, are the same byte for byte', async function () {
    // Some packages are fetched.
    this.timeout(120_000);
    const progress = new Progress('terminal');
    const folder = await mkdtemp(join(tmpdir(), 'faultline-images-'));
    try {
      const before = await ensureImages([BUSYBOX.short], progress);
      await addImages(folder, [BUSYBOX, PAUSE], progress);
      const again = openStore(folder);
      for (const { name } of [BUSYBOX, PAUSE]) {
        assert.match(again.find(name)?.manifest.digest ?? '', /^sha256:/);
        assert.deepEqual(again.find(name)?.manifest, before.find(name)?.manifest, name);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
