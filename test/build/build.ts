/** The build: bundles, what their metafiles promise, snippets, the engine's extension file; then each bundle is loaded once. */
import { chmod, copyFile, mkdir, rename, rm, watch, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, context, formatMessages, type BuildFailure, type BuildResult, type Metafile, type Plugin } from 'esbuild';
import { hostBundle, hostEntries, webviewBundle, webviewEntries, type BundleTarget } from './bundles.ts';
import { pinnedDuckdbVersion, tpchExtension } from './duckdb-extension.ts';
import { loadOnce } from './load.ts';
import { brokenPromises, kilobytes, reachableOutputs, sizeBytes } from './meta.ts';
import type { Platform } from './platforms.ts';
import { buildProbe } from './probe.ts';
import { run } from './run.ts';
import { librarySnippets } from './snippets.ts';

export interface BuildRequest extends BundleTarget {
  /** Whose extension file is added; none for a package without native parts. */
  readonly platform: Platform | undefined;
  readonly progress: (line: string) => void;
}

export interface Built {
  readonly host: Metafile;
  readonly webview: Metafile;
  /** What runs in the pods of vantages. */
  readonly probe: Metafile;
}

const activationBudgetBytes = 300_000;

export async function buildAll(request: BuildRequest): Promise<Built> {
  const { root, outputFolder, production, platform, progress } = request;
  const duckdbVersion = await pinnedDuckdbVersion(root);
  // Chunks have hashes in their names: those of an earlier build would pile up.
  await Promise.all(['chunks', 'meta', 'webview'].map((folder) => rm(join(outputFolder, folder), { recursive: true, force: true })));
  await mkdir(join(outputFolder, 'meta'), { recursive: true });
  const [host, webview, probe] = await Promise.all([
    bundle('host', build(hostBundle(request)), outputFolder),
    bundle('webview', build(webviewBundle(request)), outputFolder),
    buildProbe(request),
    writeSnippets(root, outputFolder),
    platform === undefined ? undefined : addExtensionFile(outputFolder, duckdbVersion, platform, progress),
  ]);
  await chmod(join(outputFolder, 'cli.js'), 0o755);
  // The budget is for what people install; an unminified build is twice as large.
  const budget = production ? activationBudgetBytes : Number.POSITIVE_INFINITY;
  const broken = brokenPromises(host, webview, { extensionEntry: hostEntries.extension, activationBudgetBytes: budget });
  if (broken.length > 0) throw new Error(broken.join('\n'));
  await loadBundles(outputFolder);
  const atActivation = sizeBytes(host, reachableOutputs(host, hostEntries.extension, { dynamic: false }));
  progress(
    `built ${Object.keys(host.outputs).length} host and ${Object.keys(webview.outputs).length} page files; ` +
      `${kilobytes(atActivation)} load at activation; the probe is ${kilobytes(probe.sizeBytes)}`,
  );
  return { host, webview, probe: probe.meta };
}

/** Rebuilds bundles when a source changes, snippets when the library does; prints what a problem matcher reads. Never ends by itself. */
export async function watchAll(request: BuildRequest): Promise<void> {
  const report: Plugin = {
    name: 'report',
    setup(build) {
      build.onStart(() => {
        request.progress('[watch] build started');
      });
      build.onEnd(async (result) => {
        for (const text of await formatMessages([...result.errors, ...result.warnings], { kind: 'error' })) request.progress(text);
        request.progress('[watch] build finished');
      });
    },
  };
  await buildAll(request);
  for (const options of [hostBundle(request), webviewBundle(request)]) {
    await (await context({ ...options, plugins: [report] })).watch();
  }
  for await (const change of watch(join(request.root, 'snippets'), { recursive: true })) {
    request.progress(`[watch] ${change.filename ?? 'a snippet'} changed`);
    await writeSnippets(request.root, request.outputFolder).catch((error: Error) => request.progress(error.message));
  }
}

async function bundle(name: string, running: Promise<BuildResult>, outputFolder: string): Promise<Metafile> {
  const result = await running.catch(async (error: BuildFailure) => {
    if (!Array.isArray(error.errors)) throw error;
    const texts = await formatMessages([...error.errors, ...error.warnings], { kind: 'error' });
    throw new Error(texts.join(''), { cause: error });
  });
  if (result.warnings.length > 0) throw new Error((await formatMessages(result.warnings, { kind: 'warning' })).join(''));
  if (result.metafile === undefined) throw new Error(`the ${name} build has no metafile`);
  await writeFile(join(outputFolder, 'meta', `${name}.json`), JSON.stringify(result.metafile));
  return result.metafile;
}

async function writeSnippets(root: string, outputFolder: string): Promise<void> {
  const snippets = await librarySnippets(join(root, 'snippets'));
  await writeFile(join(outputFolder, 'snippets.json'), JSON.stringify(snippets, undefined, 1));
}

async function addExtensionFile(
  outputFolder: string,
  version: string,
  platform: Platform,
  progress: (line: string) => void,
): Promise<void> {
  const source = await tpchExtension(version, platform, progress);
  const folder = join(outputFolder, 'duckdb', `v${version}`, platform.duckdb);
  await mkdir(folder, { recursive: true });
  // Renamed into place: a process that has the old file loaded would crash if it were overwritten.
  const file = join(folder, 'tpch.duckdb_extension');
  await copyFile(source, `${file}.${process.pid}`);
  await rename(`${file}.${process.pid}`, file);
}

async function loadBundles(outputFolder: string): Promise<void> {
  await Promise.all([
    ...Object.keys(hostEntries).map((name) =>
      loadOnce(join(outputFolder, `${name}.js`), name === 'extension' ? ['activate', 'deactivate'] : []),
    ),
    ...Object.keys(webviewEntries).map((name) => parseOnce(join(outputFolder, 'webview', `${name}.js`))),
  ]);
}

/** A page's bundle needs a browser to run (test/webview has one); here it has to parse. */
async function parseOnce(bundle: string): Promise<void> {
  const ended = await run(process.execPath, ['--check', bundle]);
  if (ended.code !== 0) throw new Error(`${bundle} does not parse:\n${ended.stderr}`);
}
