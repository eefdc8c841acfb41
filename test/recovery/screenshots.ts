/**
 * Pictures of a fault by mouse, in three themes and two widths, for a person to look at: the form with its preview, the page while it
 * happens and at its end. The lab is up with its engines:
 *   npm run lab -- up --lab 1 --profile cluster --with trino,kafka
 *   node test/recovery/screenshots.ts FOLDER [--lab 1] [--theme dark] [--fault broker|worker]
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Locator } from 'playwright-core';
import { Person } from '../e2e/person.ts';
import { shooting, themes } from '../e2e/shoot.ts';
import { Workbench, type Theme } from '../e2e/workbench.ts';
import { ENGINES_NAMESPACE } from '../lab/main/with.ts';
import { loadKubeconfig } from '../lab/use/api.ts';
import { status } from '../lab/ways.ts';

const root = join(import.meta.dirname, '..', '..');
const heights = [1000, 700] as const;
/** Rows from the cluster down to the pod that is hit. */
const faults = {
  broker: { rows: [/^kafka.*Kafka/], pod: /^broker 0/, passes: 'recovered <= 30 s' },
  worker: { rows: [/^trino.*Trino/, /^workers/], pod: /^worker-/, passes: 'recovered <= 1 min' },
} as const;
type FaultName = keyof typeof faults;

async function tour(kubeconfig: string, context: string, name: FaultName, theme: Theme, folder: string): Promise<void> {
  const workbench = await Workbench.open({ extension: root, theme, env: { KUBECONFIG: kubeconfig } });
  const { page } = workbench;
  const person = new Person(workbench);
  const { rows, pod, passes } = faults[name];
  const row = (text: string | RegExp): Locator => workbench.view('Clusters').locator('.monaco-list-row').filter({ hasText: text }).first();
  const picture = shooting(workbench, { folder, theme, heights });
  const shoot = (what: string): Promise<void> => picture(`${name}-${what}`);
  try {
    await page.setViewportSize({ width: 1600, height: 1000 });
    await workbench.showContainer('Faultline');
    await row(context).click();
    await row(/^Nodes/).waitFor();
    await row(/DuckDB/).click();
    for (const text of rows) await row(text).click();
    await standing(row(pod));
    await person.rowMenu(row(pod), 'Break…');
    const form = await workbench.webviewFrame(/^Break /);
    await form.getByText('pods in').first().waitFor();
    await shoot('1-form');
    const passing = form.getByRole('textbox', { name: 'Passes when' });
    await passing.fill(passes);
    const confirm = form.locator('.go vscode-button[appearance=primary]');
    const consent = form.getByRole('textbox', { name: /Type/ });
    if (await consent.isVisible()) {
      const target = /^Break (.*)$/.exec(await form.title())?.[1] ?? '';
      await consent.fill(target);
    }
    // The preview of what was typed last comes first.
    await form.locator('.go vscode-button[appearance=primary]:not([disabled])').waitFor();
    await confirm.click();
    const running = person.runs(/Pod|Container/).filter({ hasText: 'running' });
    await running.waitFor();
    const recovery = await workbench.webviewFrame(/^Recovery of /);
    const ended = recovery.getByRole('heading', { level: 1, name: /^(Passed|Failed|Inconclusive)/ });
    await recovery
      .getByText(/effect proven/)
      .or(ended)
      .first()
      .waitFor({ timeout: 180_000 });
    await shoot('2-live');
    await running.waitFor({ state: 'detached', timeout: 400_000 });
    await ended.waitFor();
    await shoot('3-ended');
    console.log(theme, name, await ended.innerText());
  } finally {
    await workbench.screenshot(join(folder, `${theme}-${name}-last.png`));
    await workbench.close();
  }
}

/** Rows come in while a cluster is read: until this one has stood still for a second. */
async function standing(row: Locator): Promise<void> {
  for (let before = NaN, y = await heightOf(row); before !== y; y = await heightOf(row)) {
    before = y;
    await delay(1000);
  }
}

async function heightOf(row: Locator): Promise<number> {
  await row.waitFor();
  return (await row.boundingBox())?.y ?? NaN;
}

const { values, positionals } = parseArgs({
  options: { lab: { type: 'string', default: '1' }, theme: { type: 'string' }, fault: { type: 'string' } },
  allowPositionals: true,
});
const [folder] = positionals;
if (folder === undefined) throw new Error('Usage: screenshots.ts FOLDER [--lab 1] [--theme dark] [--fault broker|worker]');
await mkdir(folder, { recursive: true });
const { lab } = await status(Number(values.lab));
if (lab === undefined) throw new Error(`Lab ${values.lab} is not up.`);
const context = loadKubeconfig(lab.kubeconfig, ENGINES_NAMESPACE).currentContext;
for (const theme of themes.filter((one) => values.theme === undefined || one === values.theme)) {
  for (const name of (Object.keys(faults) as FaultName[]).filter((one) => values.fault === undefined || one === values.fault)) {
    await tour(lab.kubeconfig, context, name, theme, folder);
  }
}
