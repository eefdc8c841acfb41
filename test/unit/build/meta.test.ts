import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { brokenPromises, bundledPackages, outputOf, reachableOutputs } from '../../build/meta.ts';

const extensionEntry = 'extension.ts';

/** A real metafile, of sources in a folder of their own. */
async function metafile(sources: Readonly<Record<string, string>>): Promise<Metafile> {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-meta-'));
  try {
    for (const [path, text] of Object.entries(sources)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    const options = { bundle: true, splitting: true, format: 'esm', outdir: 'out', write: false, metafile: true } as const;
    return (await build({ ...options, absWorkingDir: folder, entryPoints: [extensionEntry] })).metafile;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function broken(sources: Readonly<Record<string, string>>, activationBudgetBytes = 10_000): Promise<string> {
  const empty: Metafile = { inputs: {}, outputs: {} };
  return brokenPromises(await metafile(sources), empty, { extensionEntry, activationBudgetBytes }).join('\n');
}

const lazyEngine = {
  'extension.ts': "export const activate = () => import('./engine.ts');",
  'engine.ts': "export { engine } from './node_modules/@duckdb/node-api/lib/index.js';",
  'node_modules/@duckdb/node-api/lib/index.js': 'export const engine = () => 1;',
};

describe('promises of the build', () => {
  it('a small extension of its own code keeps them all', async () => {
    assert.equal(await broken({ 'extension.ts': 'export const activate = () => 1;' }), '');
  });

  it('the embedded engine in the extension fails the build, even when it would load later', async () => {
    assert.match(await broken(lazyEngine), /@duckdb\/node-api in the extension/);
  });

  it('React in any bundle fails the build', async () => {
    const sources = {
      'extension.ts': "export * from './node_modules/react/index.js';",
      'node_modules/react/index.js': 'export const x = 1;',
    };
    assert.match(await broken(sources), /react in the host build/);
  });

  it('an extension over its budget fails the build; what loads later does not count', async () => {
    const large = `export const text = '${'x'.repeat(20_000)}';`;
    assert.match(await broken({ 'extension.ts': large }), /loads 21 kB at activation; its budget is 10 kB/);
    assert.equal(await broken({ 'extension.ts': "export const activate = () => import('./later.ts');", 'later.ts': large }), '');
  });

  it('chunks are followed from the entry that people load', async () => {
    const meta = await metafile(lazyEngine);
    assert.equal(outputOf(meta, extensionEntry), 'out/extension.js');
    assert.equal(reachableOutputs(meta, extensionEntry, { dynamic: false }).length, 1);
    assert.deepEqual(bundledPackages(meta, reachableOutputs(meta, extensionEntry, { dynamic: true })), ['@duckdb/node-api']);
  });
});
