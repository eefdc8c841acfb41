// node test/host/runTests.ts VERSION REPORT [GREP]: the tests of this folder inside the extension host of that release.
import { globSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTests } from '@vscode/test-electron';
import { build } from 'esbuild';
import { codeServer } from '../workbench/code-server.ts';
import { Progress } from '../workbench/cache.mjs';
import { chromiumPath } from '../workbench/browser.ts';
import { readReport } from '../reporter.ts';

const root = join(import.meta.dirname, '..', '..');
const bundles = join(root, '.test', 'host');

/** Packages stay outside: the native one can't be bundled, and Mocha must be one and the same in runner and tests. */
async function bundleTests(): Promise<void> {
  await rm(bundles, { recursive: true, force: true });
  await build({
    entryPoints: [join(root, 'test/host/index.ts'), ...globSync('test/host/**/*.test.ts', { cwd: root }).map((path) => join(root, path))],
    outbase: join(root, 'test/host'),
    outdir: bundles,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    packages: 'external',
    sourcemap: 'inline',
    logLevel: 'warning',
  });
}

async function main(): Promise<void> {
  const [version, reportPath, grep] = process.argv.slice(2);
  if (version === undefined || reportPath === undefined) throw new Error('Usage: runTests.ts VERSION REPORT [GREP]');
  const scratch = await mkdtemp(join(tmpdir(), 'faultline-host-'));
  try {
    await bundleTests();
    await rm(reportPath, { force: true });
    const desktop = process.platform !== 'linux' || process.env['FAULTLINE_TEST_DESKTOP'] === '1';
    const ended = await runTests({
      // Desktop VS Code has the number of code-server with another first digit; test-electron fetches it.
      ...(desktop ? { version: version.replace(/^4/, '1') } : { vscodeExecutablePath: await launcher(version) }),
      extensionDevelopmentPath: root,
      extensionTestsPath: join(bundles, 'index.mjs'),
      extensionTestsEnv: {
        FAULTLINE_CODE_SERVER: version,
        FAULTLINE_HOME: join(scratch, 'home'),
        FAULTLINE_TEST_REPORT: reportPath,
        ...(grep === undefined ? {} : { FAULTLINE_TEST_GREP: grep }),
      },
      launchArgs: [
        join(root, 'test/host/workspace'),
        `--user-data-dir=${join(scratch, 'user')}`,
        `--extensions-dir=${join(scratch, 'extensions')}`,
      ],
    }).catch(() => 1);
    const report = readReport(reportPath);
    for (const title of report.titles) console.log(`  ✔ ${title}`);
    for (const { title, text } of report.failures) console.log(`  ✘ ${title}\n${text.replaceAll(/^/gm, '      ')}`);
    process.exitCode = ended;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Everything slow is fetched here, where a person sees it, and not in the launcher. */
async function launcher(version: string): Promise<string> {
  const progress = new Progress('lines');
  await codeServer(version, progress);
  await chromiumPath(progress);
  return join(root, 'test/workbench/launcher.ts');
}

await main();
