/**
 * Pictures of a fault by mouse, in three themes and two widths, for a person to look at: the form or an example with its preview, the page
 * while it happens and at its end. Every run has to pass, else the exit code is 1. The lab is up with its engines:
 *   npm run lab -- up --lab 1 --profile cluster --with trino,kafka
 *   node test/recovery/screenshots.ts FOLDER [--lab 1] [--theme dark] [--fault broker|worker] [--example kafka-leader-kill|trino-worker-kill]
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Frame, Locator } from 'playwright-core';
import { Person } from '../e2e/person.ts';
import { shooting, themes } from '../e2e/shoot.ts';
import { Workbench, type Theme } from '../e2e/workbench.ts';
import { ENGINES_NAMESPACE } from '../lab/main/with.ts';
import { loadKubeconfig } from '../lab/use/api.ts';
import { status } from '../lab/ways.ts';

const root = join(import.meta.dirname, '..', '..');
const heights = [1000, 700] as const;
/** In which every row of the SQL Library has room, with all examples. */
const tall = 2000;
/** Rows from the cluster down to the pod that is hit. */
const faults = {
  broker: { rows: [/^kafka.*Kafka/], pod: /^broker 0/, passes: 'recovered <= 30 s' },
  worker: { rows: [/^trino.*Trino/, /^workers/], pod: /^worker-/, passes: 'recovered <= 1 min' },
} as const;
/** What each is called, and the engine that it finds, as the only one of its kind in the cluster. */
const examples = {
  'kafka-leader-kill': { title: 'Kafka, a leader killed', engine: /^kafka.*Kafka/ },
  'trino-worker-kill': { title: 'Trino, a worker killed', engine: /^trino.*Trino/ },
} as const;
type FaultName = keyof typeof faults;
type ExampleName = keyof typeof examples;

interface Seen {
  readonly workbench: Workbench;
  readonly person: Person;
  /** Of the cluster that is open. */
  readonly row: (text: string | RegExp) => Locator;
  readonly shoot: (what: string) => Promise<void>;
}

async function tour(
  lab: { readonly kubeconfig: string; readonly context: string },
  name: FaultName | ExampleName,
  theme: Theme,
  folder: string,
): Promise<void> {
  const workbench = await Workbench.open({ extension: root, theme, env: { KUBECONFIG: lab.kubeconfig } });
  const { page } = workbench;
  const person = new Person(workbench);
  const row = (text: string | RegExp): Locator => workbench.view('Clusters').locator('.monaco-list-row').filter({ hasText: text }).first();
  const picture = shooting(workbench, { folder, theme, heights });
  const shoot = (what: string): Promise<void> => picture(`${name}-${what}`);
  const seen: Seen = { workbench, person, row, shoot };
  try {
    await page.setViewportSize({ width: 1600, height: 1000 });
    // What turns without an end is drawn by the very processors on which it is measured.
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.addStyleTag({ content: '.codicon { animation: none !important; }' });
    await workbench.showContainer('Faultline');
    await row(lab.context).click();
    await row(/^Nodes/).waitFor();
    // Folded, it leaves room for what the cluster has.
    await person.clickRow(row(/DuckDB/));
    if (isExample(name)) await beginExample(seen, name);
    else await beginFault(seen, name);
    await watch(seen, `${theme} ${name}`);
  } finally {
    await workbench.screenshot(join(folder, `${theme}-${name}-last.png`));
    await workbench.close();
  }
}

/** By the menu of the pod, and the form. */
async function beginFault({ workbench, person, row, shoot }: Seen, name: FaultName): Promise<void> {
  const { rows, pod, passes } = faults[name];
  for (const text of rows) await person.clickRow(row(text));
  await person.rowMenu(row(pod), 'Break…');
  const form = await workbench.webviewFrame(/^Break /);
  await form.getByText('pods in').first().waitFor();
  await shoot('1-form');
  await form.getByRole('textbox', { name: 'Passes when' }).fill(passes);
  await confirm(form);
}

/** By its row in the SQL Library, which opens a copy, and what stands above that. */
async function beginExample({ workbench, person, row, shoot }: Seen, name: ExampleName): Promise<void> {
  const { page } = workbench;
  const { title, engine } = examples[name];
  const { width, height } = page.viewportSize() ?? { width: 1600, height: 1000 };
  await row(engine).waitFor();
  await page.setViewportSize({ width, height: tall });
  const library = workbench.view('SQL Library').locator('.monaco-list-row');
  await library.filter({ hasText: 'Fault examples' }).click();
  const example = library.filter({ hasText: title });
  await person.clickRow(example);
  await page.setViewportSize({ width, height });
  const lens = person.editor.locator('.codelens-decoration a').filter({ hasText: 'Preview this spec' });
  await lens.waitFor();
  await shoot('0-spec');
  await lens.click();
  const preview = await workbench.webviewFrame(`Break ${name}`);
  await preview.getByText('Targets', { exact: true }).first().waitFor();
  await shoot('1-preview');
  await confirm(preview);
}

/** Types what is asked for, beside each field in bold. The preview of what was typed last comes first. */
async function confirm(page: Frame): Promise<void> {
  for (const label of await page.locator('.go .ask label').all())
    await label.getByRole('textbox').fill(await label.locator('b').innerText());
  await page.locator('.go vscode-button[appearance=primary]:not([disabled])').click();
}

/** To the verdict. */
async function watch({ workbench, person, shoot }: Seen, what: string): Promise<void> {
  const running = person.runs('running');
  await running.waitFor();
  const recovery = await workbench.webviewFrame(/^Recovery of /);
  await recovery.getByRole('group', { name: /^Recovery on one time axis/ }).waitFor();
  for (const lane of ['Recovery', 'Client truth'])
    await recovery
      .locator('button.chev')
      .and(recovery.getByLabel(lane, { exact: true }))
      .waitFor();
  const ended = recovery.getByRole('heading', { level: 1, name: /^(Passed|Failed|Inconclusive)/ });
  await recovery
    .getByText(/effect proven/)
    .or(ended)
    .first()
    .waitFor({ timeout: 240_000 });
  await shoot('2-live');
  await running.waitFor({ state: 'detached', timeout: 400_000 });
  await ended.waitFor();
  await shoot('3-ended');
  const word = await ended.textContent();
  console.log(`${what}: ${word}. ${await recovery.locator('.reason').innerText()}`);
  if (word !== 'Passed') process.exitCode = 1;
}

function namesOf<T extends object>(all: T): (keyof T)[] {
  return Object.keys(all) as (keyof T)[];
}

function isExample(name: string): name is ExampleName {
  return name in examples;
}

const usage =
  'Usage: screenshots.ts FOLDER [--lab 1] [--theme dark] [--fault broker|worker] [--example kafka-leader-kill|trino-worker-kill]';
const { values, positionals } = parseArgs({
  options: {
    lab: { type: 'string', default: '1' },
    theme: { type: 'string' },
    fault: { type: 'string', multiple: true },
    example: { type: 'string', multiple: true },
  },
  allowPositionals: true,
});
const [folder] = positionals;
if (folder === undefined) throw new Error(usage);
const { fault = [], example = [] } = values;
const asked = [...fault, ...example];
const names = [...namesOf(faults), ...namesOf(examples)].filter((name) => asked.length === 0 || asked.includes(name));
if (names.length === 0) throw new Error(usage);
await mkdir(folder, { recursive: true });
const { lab } = await status(Number(values.lab));
if (lab === undefined) throw new Error(`Lab ${values.lab} is not up.`);
const { kubeconfig } = lab;
const { currentContext: context } = loadKubeconfig(kubeconfig, ENGINES_NAMESPACE);
for (const theme of themes.filter((one) => values.theme === undefined || one === values.theme)) {
  for (const name of names) await tour({ kubeconfig, context }, name, theme, folder);
}
