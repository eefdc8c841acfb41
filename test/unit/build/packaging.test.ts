import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, mkdir, writeFile, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasIntegrity, lockedPackage } from '../../build/bindings.ts';
import { extensionVersions, pinnedDuckdbVersion } from '../../build/duckdb-extension.ts';
import { chosenTargets } from '../../build/package.ts';
import { platforms } from '../../build/platforms.ts';
import { thirdPartyText } from '../../build/third-party.ts';

const root = join(import.meta.dirname, '../../..');

function lock(version: string): string {
  return JSON.stringify({ packages: { 'node_modules/@duckdb/node-api': { version, integrity: 'sha512-x' } } });
}

describe('packaging', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'faultline-packaging-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('an engine of another version than its extension file stops the build', async () => {
    assert.deepEqual(extensionVersions(lock('1.5.5-r.5'), 'duckdb-extension-tpch==1.5.5 \\\n'), { engine: '1.5.5', extension: '1.5.5' });
    await writeFile(join(folder, 'package-lock.json'), lock('1.5.6-r.1'));
    await assert.rejects(pinnedDuckdbVersion(folder), /@duckdb\/node-api is 1\.5\.6 .* the extension file is 1\.5\.5/);
    assert.equal(await pinnedDuckdbVersion(root), '1.5.5');
  });

  it('the lock names a hash for the native binding of every platform that gets a package', async () => {
    const text = await readFile(join(root, 'package-lock.json'), 'utf8');
    const api = lockedPackage(text, '@duckdb/node-api').version;
    for (const { id } of platforms) assert.equal(lockedPackage(text, `@duckdb/node-bindings-${id}`).version, api, id);
    assert.throws(() => lockedPackage(text, '@duckdb/node-bindings-amiga'), /does not pin/);
  });

  it('a binding that is not the one in the lock is refused', () => {
    const bytes = Buffer.from('the binding');
    const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
    assert.ok(hasIntegrity(bytes, integrity));
    assert.ok(!hasIntegrity(Buffer.from('another'), integrity));
    assert.ok(!hasIntegrity(bytes, 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk='));
  });

  it('a platform without a package is named, with those that there are', () => {
    assert.deepEqual(
      chosenTargets('linux-x64,universal').map((platform) => platform?.id),
      ['linux-x64', undefined],
    );
    assert.throws(() => chosenTargets('amiga'), /no package for amiga.*linux-x64.*universal/);
  });

  it('a package whose author states no licence is not passed on; the others keep their text', async () => {
    await mkdir(join(folder, 'node_modules/a'), { recursive: true });
    await writeFile(join(folder, 'node_modules/a/package.json'), '{"version":"1.0.0"}');
    await assert.rejects(thirdPartyText(folder, ['a'], false), /a states no licence/);
    await writeFile(join(folder, 'node_modules/a/package.json'), '{"version":"1.0.0","license":"MIT"}');
    await writeFile(join(folder, 'node_modules/a/LICENSE'), 'Copyright A');
    assert.match(await thirdPartyText(folder, ['a'], false), /a 1\.0\.0 \(MIT\)\n\nCopyright A/);
  });
});
