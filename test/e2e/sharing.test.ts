import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'mocha';
import { cell, facts, Person, pictureOfFailures } from './person.ts';
import { Workbench } from './workbench.ts';

const root = join(import.meta.dirname, '..', '..');

describe('two windows and a terminal on one home', () => {
  let home: string;
  let left: Person;
  let right: Person;

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'faultline-shared-'));
    left = new Person(await Workbench.open({ extension: root, home }));
    right = new Person(await Workbench.open({ extension: root, home }));
  });
  after(async () => {
    await Promise.all([left?.workbench.close(), right?.workbench.close()]);
    await rm(home, { recursive: true, force: true });
  });
  pictureOfFailures(() => left?.workbench);
  pictureOfFailures(() => right?.workbench);

  async function faultline(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const child = spawn(process.execPath, [join(root, 'dist', 'cli.js'), ...args], { env: { ...process.env, FAULTLINE_HOME: home } });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    return { code: child.exitCode, stdout, stderr };
  }

  /** What the history of a window finds, as it is read out. */
  async function searchHistory({ workbench }: Person, words: string): Promise<(string | null)[]> {
    await workbench.runCommand('Faultline: Search Query History…');
    const box = workbench.page.getByPlaceholder('Words of the statement, engine, data set or outcome');
    await box.fill(words);
    const found = workbench.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: words });
    await found.first().waitFor();
    const labels = await found.evaluateAll((rows) => rows.map((row) => row.getAttribute('aria-label')));
    await box.press('Escape');
    return labels;
  }

  it('all three ask for TPC-H at the same moment, before it is there: each gets its rows', async () => {
    await left.openSql('left.sql', 'select count(*) as lines_left from lineitem;\n');
    await right.openSql('right.sql', 'select count(*) as orders_right from orders;\n');
    const terminal = faultline('sql', 'select count(*) as parts from part', '--engine', 'duckdb', '--scale', '0.01', '--format', 'csv');
    await Promise.all([left.lens('Run'), right.lens('Run')]);
    await cell(await left.results(), '60175').waitFor();
    await cell(await right.results(), '15000').waitFor();
    assert.deepEqual(await terminal, { code: 0, stdout: 'parts\n2000\n', stderr: '' });
  });

  it('while both windows have the data open, the terminal reads it and a window runs again', async () => {
    const [listed, summed] = await Promise.all([
      faultline('data', 'list'),
      faultline('sql', 'select sum(l_quantity) as quantity from lineitem', '--scale', '0.01', '--format', 'csv'),
      right.runSql('more.sql', 'select max(l_orderkey) as last_order from lineitem;\n'),
    ]);
    assert.match(listed.stdout, /0\.01/);
    assert.equal(listed.stdout.split('\n').filter((line) => line.includes('0.01')).length, 1);
    assert.deepEqual([summed.code, summed.stdout], [0, 'quantity\n1536127.00\n']);
    const results = await right.results();
    await cell(results, '60000').waitFor();
    await facts(results).getByText('1 row', { exact: false }).waitFor();
  });

  it('each window finds in its history what the other one ran', async () => {
    assert.match((await searchHistory(right, 'lines_left')).join('\n'), /1 row/);
    assert.match((await searchHistory(left, 'orders_right')).join('\n'), /1 row/);
    assert.equal((await searchHistory(left, 'last_order')).length, 1);
  });
});
