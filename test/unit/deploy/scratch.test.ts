import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { FaultlineError } from '../../../src/base/errors.ts';
import { makeScratch, removeScratch, sweepScratch } from '../../../src/deploy/scratch.ts';

const MODULE = join(import.meta.dirname, '..', '..', '..', 'src', 'deploy', 'scratch.ts');

describe('what a plan keeps on disk', () => {
  let home: string;

  beforeEach(() => (home = mkdtempSync(join(tmpdir(), 'faultline-home-'))));
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it('can be read by its owner alone, and nothing is left of it', async () => {
    const [one, other] = [await makeScratch(home), await makeScratch(home)];
    for (const folder of [one, other, dirname(one)]) assert.equal(statSync(folder).mode & 0o777, 0o700);
    removeScratch(one);
    assert.equal(existsSync(other), true);
    removeScratch(other);
    assert.deepEqual(readdirSync(join(home, 'tmp')), []);
  });

  it('of a process that was killed is deleted by the next one, of one that lives it is left alone', async () => {
    const killed = await startOne();
    const living = await startOne();
    killed.child.kill('SIGKILL');
    await once(killed.child, 'close');
    assert.equal(existsSync(killed.file), true, 'there is nothing to delete: this test shows nothing');
    await sweepScratch(home);
    assert.deepEqual([existsSync(dirname(dirname(killed.file))), existsSync(living.file)], [false, true]);
    living.child.kill('SIGKILL');
    await once(living.child, 'close');
    removeScratch(await makeScratch(home));
    assert.deepEqual(readdirSync(join(home, 'tmp')), []);
  });

  it('can’t be kept where nothing may be written: the error names the folder and what to do', async () => {
    writeFileSync(join(home, 'tmp'), '');
    await assert.rejects(
      makeScratch(home),
      (error) => FaultlineError.is(error, 'storage') && /FAULTLINE_HOME/.test(error.facts.remedy ?? '') && error.facts.what.includes(home),
    );
  });

  /** A process with values in its scratch folder. */
  async function startOne(): Promise<{ child: ReturnType<typeof spawn>; file: string }> {
    const script = `
      const { makeScratch } = await import(process.argv[1]);
      const { writeFileSync } = await import('node:fs');
      const file = (await makeScratch(process.argv[2])) + '/values.yaml';
      writeFileSync(file, 'password: geheim');
      console.log(file);
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, MODULE, home], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [text] = (await once(child.stdout, 'data')) as [Buffer];
    return { child, file: text.toString().trim() };
  }
});
