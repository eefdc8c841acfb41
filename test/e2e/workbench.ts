// The real workbench, driven as a person would: real server, real extension host, headless Chromium.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { Browser, Frame, Locator, Page } from 'playwright-core';
import { chromiumPath, launchChromium } from '../workbench/browser.ts';
import { Progress } from '../workbench/cache.mjs';
import { codeServer, NEWEST } from '../workbench/code-server.ts';
import { startServer } from '../workbench/server.ts';
import type { Server } from '../workbench/server.ts';
import { QUIET_SETTINGS } from '../workbench/settings.ts';

export type Theme = 'dark' | 'light' | 'high-contrast-dark' | 'high-contrast-light';

const THEMES: Readonly<Record<Theme, string>> = {
  dark: 'Dark Modern',
  light: 'Light Modern',
  'high-contrast-dark': 'Default High Contrast',
  'high-contrast-light': 'Default High Contrast Light',
};

export interface WorkbenchOptions {
  /** Workspace folder, an absolute path; an empty one of its own when not given. */
  readonly folder?: string;
  /** Absolute path of the repository, or of a VSIX to install. */
  readonly extension: string;
  /** Version of code-server; the newest when not given. */
  readonly version?: string;
  readonly theme?: Theme;
  readonly width?: number;
  readonly height?: number;
  /** FAULTLINE_HOME of the extension host; an empty one of its own when not given. */
  readonly home?: string;
  /** false: the workspace starts untrusted. */
  readonly trusted?: boolean;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Absolute paths of further extensions. */
  readonly alsoInstall?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** How long the workbench may take for one step on a busy machine of two cores. */
const PATIENCE_MS = 60_000;

export class Workbench {
  /** The page of Chromium; its `locator`s are those of Playwright. */
  readonly page: Page;
  readonly folder: string;
  readonly home: string;
  /** Base folder of this workbench: server data, logs, home, workspace. Gone after `close`. */
  readonly scratch: string;
  private readonly browser: Browser;
  private readonly server: Server;

  private constructor(parts: { page: Page; folder: string; home: string; scratch: string; browser: Browser; server: Server }) {
    this.page = parts.page;
    this.folder = parts.folder;
    this.home = parts.home;
    this.scratch = parts.scratch;
    this.browser = parts.browser;
    this.server = parts.server;
  }

  static async open(options: WorkbenchOptions): Promise<Workbench> {
    const progress = new Progress('terminal');
    const scratch = await mkdtemp(join(tmpdir(), 'faultline-workbench-'));
    const folder = options.folder ?? join(scratch, 'workspace');
    const home = options.home ?? join(scratch, 'home');
    await mkdir(folder, { recursive: true });
    await mkdir(home, { recursive: true });
    const server = await startServer({
      codeServer: await codeServer(options.version ?? NEWEST, progress),
      dataDir: join(scratch, 'server'),
      settings: { ...QUIET_SETTINGS, 'workbench.colorTheme': THEMES[options.theme ?? 'dark'], ...options.settings },
      extensions: [options.extension, ...(options.alsoInstall ?? [])],
      ...(options.trusted === undefined ? {} : { trusted: options.trusted }),
      env: { FAULTLINE_HOME: home, ...options.env },
    });
    let browser: Browser | undefined;
    try {
      browser = await launchChromium(await chromiumPath(progress));
      const viewport = { width: options.width ?? 1600, height: options.height ?? 900 };
      const context = await browser.newContext({ viewport, permissions: ['clipboard-read', 'clipboard-write'] });
      const page = await context.newPage();
      page.setDefaultTimeout(PATIENCE_MS);
      await page.goto(server.url(folder));
      const workbench = new Workbench({ page, folder, home, scratch, browser, server });
      await workbench.ready();
      return workbench;
    } catch (error) {
      await browser?.close();
      await server.stop();
      await rm(scratch, { recursive: true, force: true });
      throw error;
    }
  }

  /** Settles when the workbench is drawn and its extension host answers. */
  private async ready(): Promise<void> {
    await this.page.locator('.monaco-workbench .part.statusbar').waitFor();
    await this.page.locator('.monaco-workbench .activitybar [aria-label^="Explorer"]').first().waitFor();
    await this.page.locator('.statusbar-item[id="status.host"]').waitFor();
    // Contributions come later than the window; the palette lists only what was there when it was opened.
    await this.page.locator('.activitybar [aria-label^="Faultline"]').first().waitFor();
  }

  /** Runs a command by its full title in the command palette ("Faultline: Run Statement"). */
  async runCommand(title: string): Promise<void> {
    await this.askFor('F1', `>${title}`);
    await this.pick(title);
  }

  /**
   * Opens a quick input by its key and types into it. One that was asked for while an editor takes the focus, or while another quick input
   * closes, is closed by that: then it is asked for again, as a person would.
   */
  private async askFor(key: string, text: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget:visible .quick-input-box input');
    for (let attempt = 1; ; attempt += 1) {
      await this.page.keyboard.press(key);
      try {
        await input.fill(text, attempt < 3 ? { timeout: 5000 } : {});
        return;
      } catch (error) {
        if (attempt === 3) throw error;
      }
    }
  }

  /** Chooses the entry of the open quick pick whose label is exactly `label`, or matches it, and that has the text `beside` too. */
  async pick(label: string | RegExp, beside = ''): Promise<void> {
    const rows = this.page.locator('.quick-input-widget:visible .quick-input-list .monaco-list-row').filter({ hasText: beside });
    const labels = this.page.locator('.quick-input-list-rows .label-name, .quick-input-list-entry .label-name');
    const exact = typeof label === 'string' ? new RegExp(`^\\s*${label.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}\\s*$`) : label;
    await rows
      .filter({ has: labels.filter({ hasText: exact }) })
      .first()
      .click();
  }

  /** Text typed into the open input box, and Enter. */
  async answer(text: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget:visible .quick-input-box input');
    await input.fill(text);
    await input.press('Enter');
  }

  /** The path of a file into the dialog that asks for one. The dialog writes a folder of its own first, and that may come late. */
  async chooseFile(path: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget:visible .quick-input-box input');
    while (!(await input.inputValue()).endsWith('/'));
    await input.fill(path);
    await this.page
      .locator('.quick-input-list .monaco-list-row')
      .filter({ hasText: basename(path) })
      .first()
      .waitFor();
    if ((await input.inputValue()) !== path) await input.fill(path);
    await input.press('Enter');
  }

  /** Opens a file of the workspace through Go to File, and waits for its editor. */
  async openFile(path: string): Promise<void> {
    // An absolute path is looked up on the disk; anything else in a list that may be older than the file.
    const absolute = resolve(this.folder, path);
    const name = basename(absolute);
    await this.askFor('ControlOrMeta+P', absolute);
    await this.pick(name);
    // A quick input that closes gives the focus back to where it was, sometimes after the editor has taken it.
    await this.tab(name).click();
    await this.page.locator(`.editor-group-container.active .monaco-editor[data-uri$="/${name}"]`).first().waitFor();
  }

  tab(name: string): Locator {
    return this.page.locator(`.tabs-container .tab[data-resource-name="${name}"]`);
  }

  /** Shows a view container by the title in its activity bar. */
  async showContainer(title: string): Promise<void> {
    const action = this.page.locator(`.activitybar .action-item:has([aria-label^="${title}"])`).first();
    await action.waitFor();
    if (!((await action.getAttribute('class')) ?? '').includes('checked')) await action.click();
    await this.page.locator('.sidebar .composite.title', { hasText: new RegExp(title, 'i') }).waitFor();
  }

  /** Header of a view, by its name. */
  view(name: string): Locator {
    return this.page.locator('.sidebar .pane', { has: this.page.locator('.pane-header', { hasText: name }) });
  }

  /** Row of a tree in the side bar whose text begins with `label`. */
  treeRow(label: string): Locator {
    return this.page.locator(`.sidebar .monaco-list-row[aria-label^="${label}"]`);
  }

  /** The page inside a webview whose document title is `title`, or matches it; of any when not given. */
  async webviewFrame(title?: string | RegExp): Promise<Frame> {
    const matches = (found: string): boolean => (title instanceof RegExp ? title.test(found) : title === undefined || found === title);
    const deadline = Date.now() + PATIENCE_MS;
    let seen: string[] = [];
    while (Date.now() < deadline) {
      seen = [];
      for (const frame of this.page.frames()) {
        if (frame.parentFrame()?.url().includes('extensionId=') !== true) continue;
        const found = await frame.title().catch(() => undefined);
        if (found === undefined) continue;
        if (matches(found)) return frame;
        seen.push(found);
      }
      await this.page.waitForTimeout(50);
    }
    throw new Error(`No webview named ${String(title)} appeared. Seen: ${seen.join(', ') || 'none'}.`);
  }

  /** Texts of the notifications that are shown. */
  async notifications(): Promise<string[]> {
    return this.page.locator('.notifications-toasts .notification-list-item-message').allInnerTexts();
  }

  async screenshot(path: string): Promise<void> {
    await this.page.screenshot({ path });
  }

  /** Reloads the window by its own command, which ends it in order: what is open and active is written down. */
  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent('load');
    await this.runCommand('Developer: Reload Window');
    await loaded;
    await this.ready();
  }

  /** Ends everything and removes its folders. */
  async close(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
    await rm(this.scratch, { recursive: true, force: true });
  }
}
