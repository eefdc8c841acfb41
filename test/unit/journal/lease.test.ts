import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { FaultlineError } from '../../../src/base/errors.ts';
import { ownerOf, ownerText } from '../../../src/base/owner.ts';
import { isHeld, readLease, releaseLease, takeLease } from '../../../src/journal/lease.ts';

describe('lease of a run', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'faultline-lease-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function held(): boolean {
    const lease = readLease(folder);
    return lease !== undefined && isHeld(lease);
  }

  it('says who writes and where to reach it, to its own user alone, until it is released', () => {
    assert.equal(readLease(folder), undefined);
    takeLease(folder, '/tmp/socket');
    assert.deepEqual(readLease(folder), { owner: ownerText(ownerOf(process.pid)), socket: '/tmp/socket' });
    assert.equal(statSync(join(folder, 'lease.json')).mode & 0o777, 0o600);
    assert.equal(held(), true);
    takeLease(folder, '/tmp/other');
    assert.equal(readLease(folder)?.socket, '/tmp/other');
    assert.deepEqual(readdirSync(folder), ['lease.json']);
    releaseLease(folder);
    assert.deepEqual(readdirSync(folder), []);
    releaseLease(folder);
  });

  it('of a process that was killed counts as none, and the next takes it; of a living one it is refused', async () => {
    const code = `
      import { takeLease } from ${JSON.stringify(join(import.meta.dirname, '../../../src/journal/lease.ts'))};
      takeLease(${JSON.stringify(folder)}, '/tmp/theirs');
      console.log('taken');
      setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(child.stdout, 'data');
      assert.equal(held(), true);
      assert.throws(
        () => takeLease(folder, '/tmp/mine'),
        (error) => FaultlineError.is(error, 'invalid'),
      );
      releaseLease(folder);
      assert.equal(readLease(folder)?.socket, '/tmp/theirs');
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    assert.equal(held(), false);
    takeLease(folder, '/tmp/mine');
    assert.equal(readLease(folder)?.socket, '/tmp/mine');
    assert.equal(held(), true);
  });

  it('of another boot counts as none, though its process id lives here', () => {
    const { pid, start } = ownerOf(process.pid);
    const [, ticks = ''] = start.split('-');
    assert.notEqual(ticks, '');
    assert.equal(isHeld({ owner: `${pid}-00000000-${ticks}`, socket: '' }), false);
    assert.equal(isHeld({ owner: `${pid}-${start.replace(/\d+$/, '1')}`, socket: '' }), false);
    assert.equal(isHeld({ owner: `${pid}-${start}`, socket: '' }), true);
  });

  it('that is damaged counts as none', () => {
    for (const text of ['', '{', '{"owner":4711}', '[]', 'null']) {
      writeFileSync(join(folder, 'lease.json'), text);
      assert.equal(readLease(folder), undefined, text);
    }
    assert.equal(isHeld({ owner: 'someone', socket: '' }), false);
    takeLease(folder, '/tmp/mine');
    assert.equal(held(), true);
  });

  it('can’t be taken where nothing can be written', () => {
    assert.throws(
      () => takeLease(join(folder, 'gone'), '/tmp/socket'),
      (error) => FaultlineError.is(error, 'storage'),
    );
  });
});
