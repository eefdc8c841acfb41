// What a person does and sees in the workbench with Faultline, by role and text: shared by the tests of this folder.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach } from 'mocha';
import type { Frame, Locator } from 'playwright-core';
import type { Workbench } from './workbench.ts';

const STILL_MS = 500;

const topOf = async (row: Locator): Promise<number> => (await row.boundingBox())?.y ?? -2;

export class Person {
  readonly workbench: Workbench;

  constructor(workbench: Workbench) {
    this.workbench = workbench;
  }

  /** Saves a SQL file in the workspace and opens it. */
  async openSql(name: string, sql: string): Promise<void> {
    await writeFile(join(this.workbench.folder, name), sql);
    await this.workbench.openFile(name);
  }

  /** The editor that is in front of the left group. */
  get editor(): Locator {
    return this.workbench.page.locator('.editor-instance .monaco-editor[data-uri]:visible').first();
  }

  /** A line of the editor, by a text in it. */
  line(text: string | RegExp): Locator {
    return this.editor.locator('.view-line').filter({ hasText: text });
  }

  /** What stands above the nth statement. */
  async lens(title: 'Run' | 'Explain' | 'Benchmark', statement = 0): Promise<void> {
    await this.editor.locator('.codelens-decoration a').filter({ hasText: title }).nth(statement).click();
  }

  /** A SQL file with one statement, and its Run clicked. */
  async runSql(name: string, sql: string): Promise<Frame> {
    await this.openSql(name, sql);
    await this.lens('Run');
    return this.results();
  }

  /** The results page; a new one after a reload. */
  results(): Promise<Frame> {
    return this.workbench.webviewFrame('Results');
  }

  /** The page of a run's panel, by the run's name. */
  latency(name: string): Promise<Frame> {
    return this.workbench.webviewFrame(`Latency of ${name}`);
  }

  /** The page of a run that broke something, by the run's name. */
  recovery(name: string): Promise<Frame> {
    return this.workbench.webviewFrame(`Recovery of ${name}`);
  }

  /** Rows of the Runs view whose label is this run's name. */
  runs(name: string | RegExp): Locator {
    return this.workbench.view('Runs').locator('.monaco-list-row').filter({ hasText: name });
  }

  /** The action that shows on a row of a tree when the pointer is on it. */
  async rowAction(row: Locator, label: string): Promise<void> {
    await row.hover();
    await row.locator(`.action-label[aria-label^="${label}"]`).first().click();
  }

  /** A tree that opens moves its rows: a person waits until they stand still. */
  async clickRow(row: Locator, button: 'left' | 'right' = 'left'): Promise<void> {
    await row.waitFor();
    for (let before = -1, at = await topOf(row); at !== before; at = await topOf(row)) {
      before = at;
      await this.workbench.page.waitForTimeout(STILL_MS);
    }
    await row.click({ button });
  }

  /** Chooses from the menu of a row of a tree. */
  async rowMenu(row: Locator, label: string | RegExp): Promise<void> {
    const { page } = this.workbench;
    await this.clickRow(row, 'right');
    // A menu takes no click in its first moments: it could be the one that opened it.
    await page.locator('.monaco-menu .action-item').filter({ hasText: label }).first().hover();
    await page.keyboard.press('Enter');
  }

  /** Item of the status bar that shows `text`. */
  status(text: string | RegExp): Locator {
    return this.workbench.page.locator('.statusbar-item').filter({ hasText: text });
  }

  /** A message in the corner. */
  notification(text: string | RegExp): Locator {
    return this.workbench.page.locator('.notification-list-item').filter({ hasText: text });
  }

  /** What Ctrl+A and the copy with headers in the grid bring: exact text of every cell, tab-separated. */
  async copyAll(results: Frame): Promise<string[][]> {
    const { page } = this.workbench;
    await page.evaluate(() => navigator.clipboard.writeText(''));
    await results.getByRole('gridcell').first().click();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.press('ControlOrMeta+Shift+C');
    await results.getByText(/^Copied /).waitFor({ state: 'attached' });
    const text = await page.waitForFunction(() => navigator.clipboard.readText());
    return (await text.jsonValue()).split('\n').map((line) => line.split('\t'));
  }

  /** Types a path into the workbench's own file dialog. */
  async chooseFile(path: string): Promise<void> {
    const dialog = this.workbench.page.locator('.quick-input-widget:visible');
    // Until it lists the folder, what is typed is replaced by its own proposal.
    await dialog.locator('.monaco-list-row').filter({ hasText: '..' }).first().waitFor();
    const input = dialog.locator('.quick-input-box input');
    await input.fill(path);
    await input.press('Enter');
  }

  /** Types into the open quick pick that has this title. */
  async search(title: string, words: string): Promise<Locator> {
    const pick = this.workbench.page.locator('.quick-input-widget:visible').filter({ hasText: title });
    await pick.locator('.quick-input-box input').fill(words);
    return pick.locator('.quick-input-list .monaco-list-row');
  }
}

/** Line of facts above the rows: engine, rows, time. */
export function facts(results: Frame): Locator {
  return results.locator('.status .facts');
}

/** A result's tab, by a text in its title. */
export function resultTab(results: Frame, title: string | RegExp): Locator {
  return results.getByRole('tablist', { name: 'Result sets' }).getByRole('tab', { name: title });
}

export function cell(results: Frame, text: string | RegExp): Locator {
  return results.getByRole('gridcell', typeof text === 'string' ? { name: text, exact: true } : { name: text });
}

/** Keeps a picture of what was seen when a test failed, in .test/e2e. */
export function pictureOfFailures(workbench: () => Workbench | undefined): void {
  afterEach(async function () {
    const test = this.currentTest;
    if (test?.state !== 'failed') return;
    const folder = join(import.meta.dirname, '..', '..', '.test', 'e2e');
    await mkdir(folder, { recursive: true });
    await workbench()?.screenshot(
      join(
        folder,
        `${test
          .fullTitle()
          .replaceAll(/[^a-z0-9]+/gi, '-')
          .slice(0, 90)}.png`,
      ),
    );
  });
}

/** Asks again and again, until it holds; for what no locator can tell. `what` is named when it never does. */
export async function until(what: string, holds: () => Promise<boolean> | boolean, patienceMs = 30_000): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Not seen in ${patienceMs / 1000} s: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
