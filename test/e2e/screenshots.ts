/**
 * Pictures of the workbench in its main states, in three themes and two widths, for a person to look at:
 *   node test/e2e/screenshots.ts FOLDER [theme]
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { cell, Person } from './person.ts';
import { shooting, themes } from './shoot.ts';
import { Workbench } from './workbench.ts';
import type { Theme } from './workbench.ts';

const root = join(import.meta.dirname, '..', '..');
const heights = [900, 600] as const;

const orders = `select o_orderkey, c_name, o_orderstatus, o_totalprice, o_orderdate, o_orderpriority, o_comment
from orders join customer on o_custkey = c_custkey
order by o_totalprice desc;
`;

const arrivals = `faultline: 1
name: Arrivals
engine: { kind: duckdb, scale: 0.01 }
workload: { tpch: [1, 3, 6, 12, 14, 19], order: shuffled }
load: { rate: 40/s, arrivals: poisson, duration: 30 s }
expect:
  - latency.p99 <= 100 ms
`;

const arms = `faultline: 1
name: Two threads against one
engine: { kind: duckdb, scale: 0.01, threads: 2 }
against: { kind: duckdb, scale: 0.01, threads: 1 }
workload: { tpch: [1, 3, 6, 9] }
load: { clients: 1, iterations: 30 }
warmUp: { iterations: 2 }
`;

async function tour(theme: Theme, folder: string): Promise<void> {
  const workbench = await Workbench.open({ extension: root, theme });
  const { page } = workbench;
  const person = new Person(workbench);
  const shoot = shooting(workbench, { folder, theme, heights });
  try {
    await workbench.showContainer('Faultline');
    await workbench.treeRow('TPC-H, 22 queries').waitFor();
    await shoot('01-first-look');

    await workbench.runCommand('Faultline: Open a Recorded Recovery');
    await (await person.recovery('Kafka, a leader killed')).getByRole('heading', { level: 1, name: 'Passed' }).waitFor();
    await shoot('01-recorded-recovery');
    await workbench.runCommand('View: Close All Editors');

    await workbench.runCommand('Faultline: Get Started');
    await page.locator('.getting-started-step').first().waitFor();
    await shoot('02-walkthrough');
    await workbench.runCommand('View: Close All Editors');

    await workbench.treeRow('TPC-H, 22 queries').click();
    await workbench.treeRow('Q1 Pricing summary report').click();
    await person.lens('Run');
    const results = await person.results();
    await cell(results, '380,456.00').waitFor();
    await shoot('03-rows');

    await person.lens('Explain');
    await results.getByRole('treegrid').waitFor();
    await shoot('04-plan');

    await person.runSql('typo.sql', 'select c_name, c_naem\nfrom customer\norder by c_custkey;\n');
    await results.getByRole('alert').waitFor();
    await shoot('05-error');

    await person.runSql('orders.sql', orders);
    const prices = results.getByRole('gridcell').filter({ hasText: /^\d{3},\d{3}\.\d\d$/ });
    await prices.first().click();
    await page.keyboard.press('Shift+ArrowRight');
    for (let i = 0; i < 6; i++) await page.keyboard.press('Shift+ArrowDown');
    await results.getByRole('status', { name: 'Summary of the selection' }).getByText('distinct').first().waitFor();
    await shoot('06-selection');

    await results.getByRole('columnheader', { name: 'o_orderpriority' }).hover();
    await page.keyboard.press('Alt+ArrowDown');
    await results.getByRole('dialog').getByRole('checkbox').first().waitFor();
    await shoot('07-filter');
    await page.keyboard.press('Escape');

    await results.getByRole('button', { name: 'Export' }).click();
    await results.getByRole('menu').waitFor();
    await shoot('08-export');
    await page.keyboard.press('Escape');

    await person.runSql('runaway.sql', 'select count(*) from range(1000000) a, range(1000000) b where a.range + b.range = 7;\n');
    await person.status(/runaway · 0:0[2-9]/).waitFor();
    await shoot('09-running');
    await person.status(/runaway · /).click();
    await results.getByText(/^Cancelled after /).waitFor();
    await shoot('10-stopped');

    await workbench.runCommand('Faultline: Search Query History…');
    await (await person.search('Query History', 'select')).first().waitFor();
    await shoot('11-history');
    await page.keyboard.press('Escape');

    await person.status('DuckDB · TPC-H 0.01').click();
    await page.locator('.quick-input-list .monaco-list-row').first().waitFor();
    await shoot('12-engine');
    await page.keyboard.press('Escape');
    await workbench.runCommand('View: Close All Editors');
    // A query of the library is a draft until it is saved.
    await page
      .locator('.monaco-dialog-box')
      .getByRole('button', { name: /Don.t Save/ })
      .click();

    await benchmarks(workbench, person, shoot);
  } finally {
    await workbench.close();
  }
}

/** Measuring: the panel while it runs and at its end, a file, two arms, the list of runs, a comparison. */
async function benchmarks(workbench: Workbench, person: Person, shoot: (name: string) => Promise<void>): Promise<void> {
  const { page } = workbench;
  const ended = (latency: Frame): Promise<void> =>
    latency.getByRole('heading', { level: 1, name: /^(Passed|Failed|Inconclusive)$/ }).waitFor({ timeout: 120_000 });
  await workbench.showContainer('Faultline');
  await person.rowAction(workbench.treeRow('TPC-H, 22 queries'), 'Benchmark');
  const power = await person.latency('TPC-H 0.01');
  await power.getByText('planned so far').waitFor();
  await power.getByText('q12', { exact: true }).first().waitFor();
  await shoot('13-benchmark-live');
  await ended(power);
  await shoot('14-benchmark-ended');

  await writeFile(join(workbench.folder, 'arrivals.faultline.yaml'), arrivals);
  await workbench.openFile('arrivals.faultline.yaml');
  await person.line('latency.p99').click();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+Space');
  await page.locator('.suggest-widget .monaco-list-row').first().waitFor();
  await shoot('15-file');
  await page.keyboard.press('Escape');
  await workbench.runCommand('File: Revert File');
  await workbench.runCommand('Faultline: Run Benchmark File');
  await ended(await person.latency('Arrivals'));
  await shoot('16-arrivals');

  await writeFile(join(workbench.folder, 'arms.faultline.yaml'), arms);
  await workbench.openFile('arms.faultline.yaml');
  await workbench.runCommand('Faultline: Run Benchmark File');
  await ended(await person.latency('Two threads against one'));
  await shoot('17-arms');
  await person.runs('Arrivals').hover();
  await page.locator('.monaco-hover:visible').first().waitFor();
  await shoot('18-runs');
}

const [folder, only] = process.argv.slice(2);
if (folder === undefined) throw new Error('Usage: screenshots.ts FOLDER [theme]');
await mkdir(folder, { recursive: true });
for (const theme of themes.filter((name) => only === undefined || name === only)) {
  await tour(theme, folder);
  console.log(theme);
}
