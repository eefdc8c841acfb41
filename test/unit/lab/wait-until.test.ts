import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'mocha';
import { waitUntil } from '../../lab/native/processes.ts';

describe('a part of the lab that does not get ready', () => {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-wait-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function said(log: string): Promise<string> {
    const path = join(folder, 'kubelet.log');
    writeFileSync(path, log);
    const error = await waitUntil('Node lab-1', path, 60, () => false).catch((failure: unknown) => failure);
    assert.ok(error instanceof Error);
    return error.message;
  }

  it('is told with the last lines of its log', async () => {
    const text = await said('first\nlast\n');
    assert.match(text, /^Node lab-1 was not ready in 0 s\. The last lines of .*kubelet\.log:\nfirst\nlast$/);
  });

  it('for want of inotify instances: with what gives more of them', async () => {
    const text = await said('E1 kubelet.go:1621] "Failed to start cAdvisor" err="inotify_init: too many open files"\n');
    assert.match(text, /take one down, or allow more \(sysctl -w fs\.inotify\.max_user_instances=512\)/);
  });
});
