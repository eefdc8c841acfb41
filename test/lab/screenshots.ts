/**
 * Pictures of a cluster in the workbench, in three themes and two widths, for a person to look at. The lab is up with its engines:
 *   npm run lab -- up --lab 1 --profile cluster --with trino,clickhouse,kafka
 *   node test/lab/screenshots.ts FOLDER [--lab 1] [--theme dark]
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Locator } from 'playwright-core';
import { cell, Person } from '../e2e/person.ts';
import { shooting, themes } from '../e2e/shoot.ts';
import { Workbench, type Theme } from '../e2e/workbench.ts';
import { Progress } from '../workbench/cache.mjs';
import { program } from './build/programs.ts';
import { ENGINES_NAMESPACE } from './main/with.ts';
import { loadKubeconfig } from './use/api.ts';
import { DEFAULT_MINOR } from './versions.ts';
import { status } from './ways.ts';

const root = join(import.meta.dirname, '..', '..');
const heights = [1000, 700] as const;

const shipping = `-- TPC-H query 12: which orders arrived late, by how they were shipped
select
  l_shipmode,
  count_if(o_orderpriority in ('1-URGENT', '2-HIGH')) as high_line_count,
  count_if(o_orderpriority not in ('1-URGENT', '2-HIGH')) as low_line_count
from orders
  join lineitem on o_orderkey = l_orderkey
where l_shipmode in ('MAIL', 'SHIP')
  and l_commitdate < l_receiptdate
  and l_shipdate < l_commitdate
  and l_receiptdate >= date '1994-01-01'
  and l_receiptdate < date '1995-01-01'
group by l_shipmode
order by l_shipmode;
`;

interface Place {
  readonly kubeconfig: string;
  readonly context: string;
  readonly helm: string;
}

async function tour(place: Place, theme: Theme, folder: string): Promise<void> {
  const workbench = await Workbench.open({
    extension: root,
    theme,
    env: { KUBECONFIG: place.kubeconfig },
    settings: { 'faultline.helm.path': place.helm },
  });
  const { page } = workbench;
  const person = new Person(workbench);
  const row = (text: string | RegExp): Locator => workbench.view('Clusters').locator('.monaco-list-row').filter({ hasText: text }).first();
  const shoot = shooting(workbench, { folder, theme, heights });
  try {
    await page.setViewportSize({ width: 1600, height: 1000 });
    await workbench.showContainer('Faultline');
    await row(place.context).click();
    await row(/^Nodes/).waitFor();
    await row(/DuckDB/).click();
    for (const text of [/^trino.*Trino/, /^workers/, /^kafka.*Kafka/]) await person.clickRow(row(text));
    await shoot('01-tree');

    await row(/^worker-/).hover();
    await page.locator('.monaco-hover:visible').first().waitFor();
    await shoot('02-tooltip');
    await row(/^worker-/).click({ button: 'right' });
    await page.locator('.monaco-menu .action-item').first().waitFor();
    await shoot('03-menu');
    await page.keyboard.press('Escape');

    await workbench.runCommand('Faultline: Run SQL Here');
    await workbench.pick(`${ENGINES_NAMESPACE}/trino`);
    await page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'tpch.tiny' }).waitFor();
    await shoot('04-where');
    await workbench.pick('tpch.tiny');
    await workbench.tab('Untitled-1').waitFor();
    await workbench.runCommand('View: Close All Editors');
    await cell(await person.runSql('q12.sql', shipping), 'MAIL').waitFor();
    await shoot('05-sql');

    await workbench.runCommand('Faultline: Filter Clusters…');
    await workbench.answer('worker');
    await row(/filtered by/).waitFor();
    await shoot('06-filter');
    await workbench.runCommand('Faultline: Filter Clusters…');
    await workbench.answer('');

    await workbench.runCommand('View: Close All Editors');
    await workbench.runCommand('Faultline: Deploy…');
    await workbench.pick(place.context);
    await workbench.pick('trino');
    await workbench.pick('lab');
    await workbench.answer('trino');
    await workbench.answer(ENGINES_NAMESPACE);
    await person.editor.click();
    await page.keyboard.press('ControlOrMeta+End');
    await page.keyboard.type('worker: { replicas: 3 }');
    await person.editor.locator('.codelens-decoration a').filter({ hasText: 'Preview: what changes' }).click();
    await page.locator('.editor-instance .monaco-editor[data-uri^="faultline-deploy:"]').locator('.view-line').first().waitFor();
    await shoot('07-deploy');
  } finally {
    await workbench.screenshot(join(folder, `${theme}-last.png`));
    await workbench.close();
  }
}

const { values, positionals } = parseArgs({
  options: { lab: { type: 'string', default: '1' }, theme: { type: 'string' } },
  allowPositionals: true,
});
const [folder] = positionals;
if (folder === undefined) throw new Error('Usage: screenshots.ts FOLDER [--lab 1] [--theme dark]');
await mkdir(folder, { recursive: true });
const { lab } = await status(Number(values.lab));
if (lab === undefined) throw new Error(`Lab ${values.lab} is not up.`);
const place: Place = {
  kubeconfig: lab.kubeconfig,
  context: loadKubeconfig(lab.kubeconfig, ENGINES_NAMESPACE).currentContext,
  helm: await program('helm', DEFAULT_MINOR, new Progress('lines')),
};
for (const theme of themes.filter((name) => values.theme === undefined || name === values.theme)) {
  await tour(place, theme, folder);
  console.log(theme);
}
