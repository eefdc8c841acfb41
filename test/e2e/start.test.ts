import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { chromiumPath, launchChromium } from '../workbench/browser.ts';
import { Progress } from '../workbench/cache.mjs';

const script = join(import.meta.dirname, '..', 'workbench', 'start.ts');

/** The first address that a program prints. */
async function printedAddress(program: ChildProcess): Promise<string> {
  let output = '';
  for await (const data of program.stdout ?? []) {
    output += String(data);
    const address = /http:\/\/\S+(?=\s)/.exec(output)?.[0];
    if (address !== undefined) return address;
  }
  throw new Error(`No address was printed, only: ${output}`);
}

describe('npm start', () => {
  let base: string;
  let program: ChildProcess;
  let address: string;

  before(async () => {
    base = await mkdtemp(join(tmpdir(), 'faultline-start-'));
    const env = { ...process.env, FAULTLINE_WORKBENCH: base, FAULTLINE_HOME: join(base, 'home') };
    program = spawn(process.execPath, [script, '--no-open', '--browser'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    address = await printedAddress(program);
  });
  after(async () => {
    program.kill('SIGKILL');
    await rm(base, { recursive: true, force: true });
  });

  it('opens the workbench on this machine only, and only for the one who knows the token', async () => {
    const url = new URL(address);
    assert.equal(url.hostname, '127.0.0.1');
    assert.ok((url.searchParams.get('tkn') ?? '').length >= 32, 'the token is short enough to guess');
    url.searchParams.delete('tkn');
    assert.equal((await fetch(url)).status, 403);
    url.searchParams.set('tkn', 'guessed');
    assert.equal((await fetch(url)).status, 403);
  });

  it('shows Faultline and the sample file, and asks no other machine for anything', async () => {
    const browser = await launchChromium(await chromiumPath(new Progress('terminal')));
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(60_000);
      const elsewhere: string[] = [];
      page.on('request', (request) => {
        const { protocol, hostname } = new URL(request.url());
        if (protocol.startsWith('http') && hostname !== '127.0.0.1') elsewhere.push(request.url());
      });
      await page.goto(address);
      await page.locator('.tab[data-resource-name="getting-started.sql"]').waitFor();
      await page.locator('.sidebar .pane-header', { hasText: 'SQL Library' }).waitFor();
      assert.deepEqual(elsewhere, []);
    } finally {
      await browser.close();
    }
  });

  it('ends with everything it started when asked to', async () => {
    const port = new URL(address).port;
    program.kill('SIGINT');
    const [code] = (await once(program, 'exit')) as [number | null];
    assert.equal(code, 0);
    await assert.rejects(fetch(`http://127.0.0.1:${port}/`));
    assert.ok(!(await readdir(base)).includes('running.json'));
  });
});
