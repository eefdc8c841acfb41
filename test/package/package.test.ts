import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { after, before, describe, it } from 'mocha';
import { helperProgram } from '../../src/fault/helper/binary.ts';
import { packageFor } from '../build/package.ts';
import { currentPlatform } from '../build/platforms.ts';
import { Workbench } from '../e2e/workbench.ts';

const execute = promisify(execFile);

const statement = "SELECT count(*) AS regions, 'from the package' AS note FROM region;\n";

/** A workbench with the package installed and a file of one statement open. */
async function withPackage(vsix: string, scratch: string): Promise<Workbench> {
  const folder = join(scratch, 'workspace');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'try.sql'), statement);
  const workbench = await Workbench.open({ extension: vsix, folder });
  await workbench.openFile('try.sql');
  return workbench;
}

async function unpack(vsix: string, folder: string): Promise<string> {
  await execute('python3', ['-m', 'zipfile', '--extract', vsix, folder]);
  return join(folder, 'extension');
}

describe('the package for this platform', () => {
  let scratch: string;
  let vsix: string;

  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'faultline-package-'));
    const platform = currentPlatform();
    assert.ok(platform, 'there is a package for this platform');
    vsix = await packageFor(platform);
  });
  after(() => rm(scratch, { recursive: true, force: true }));

  it('installed into a workbench, a query runs and its rows are seen', async () => {
    const workbench = await withPackage(vsix, scratch);
    try {
      await workbench.page.locator('.codelens-decoration a', { hasText: 'Run' }).first().click();
      const frame = await workbench.webviewFrame();
      await frame.getByRole('gridcell', { name: 'from the package' }).first().waitFor();
      await frame.getByRole('gridcell', { name: '5', exact: true }).first().waitFor();
    } finally {
      await workbench.close();
    }
  });

  it('its terminal program makes data and runs a query with it', async () => {
    const folder = await unpack(vsix, join(scratch, 'unpacked'));
    const env = { PATH: process.env['PATH'], HOME: scratch, FAULTLINE_HOME: join(scratch, 'home') };
    const args = ['sql', 'SELECT count(*) AS n FROM lineitem', '--engine', 'duckdb', '--scale', '0.01', '--format', 'csv'];
    const { stdout } = await execute(process.execPath, [join(folder, 'dist/cli.js'), ...args], { env, cwd: scratch });
    assert.equal(stdout.trim().replaceAll('\r', ''), 'n\n60175');
  });

  it('says whose code it holds, and holds no source maps', async () => {
    const folder = await unpack(vsix, join(scratch, 'content'));
    assert.match(await readFile(join(folder, 'dist/THIRD-PARTY.txt'), 'utf8'), /golang\.org\/x\/sys v.*helper of faults.*Go Authors/s);
    for (const arch of ['amd64', 'arm64'] as const)
      assert.equal(Buffer.from(await helperProgram(folder)(arch)).toString('latin1', 1, 4), 'ELF');
    await access(join(folder, 'dist/probe/probe.mjs.br'));
    await assert.rejects(access(join(folder, 'dist/extension.js.map')));
    await assert.rejects(access(join(folder, 'src')));
  });
});

describe('the universal package', () => {
  let scratch: string;
  let vsix: string;

  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'faultline-package-'));
    vsix = await packageFor(undefined);
  });
  after(() => rm(scratch, { recursive: true, force: true }));

  it('says in the workbench that it has no embedded engine, and which package has', async () => {
    const workbench = await withPackage(vsix, scratch);
    try {
      await workbench.page.locator('.codelens-decoration a', { hasText: 'Run' }).first().click();
      const frame = await workbench.webviewFrame();
      await frame.getByText('The embedded engine is not part of this package').first().waitFor();
      await frame.getByText(`faultline-${process.platform}-${process.arch}.vsix`).first().waitFor();
    } finally {
      await workbench.close();
    }
  });

  it('says the same in the terminal and ends with 3, and has what runs in pods', async () => {
    const folder = await unpack(vsix, join(scratch, 'unpacked'));
    await access(join(folder, 'dist/probe/probe.mjs.br'));
    const env = { PATH: process.env['PATH'], HOME: scratch, FAULTLINE_HOME: join(scratch, 'home') };
    const running = execute(process.execPath, [join(folder, 'dist/cli.js'), 'sql', 'SELECT 1'], { env, cwd: scratch });
    await assert.rejects(running, (error: Error & { code?: number; stderr?: string }) => {
      assert.equal(error.code, 3);
      assert.match(error.stderr ?? '', /embedded engine is not part of this package/i);
      assert.match(error.stderr ?? '', /faultline-\S+\.vsix/);
      return true;
    });
  });
});
