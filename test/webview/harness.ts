/** The pages as the workbench shows them: real bundle, real content security policy, a fake host, headless Chromium. */
import { createServer, type Server } from 'node:http';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import type { PageState } from '../../src/ui/panels/fault/protocol.ts';
import type { JournalWindow, PanelFacts } from '../../src/ui/panels/histogram/protocol.ts';
import type { Cell, PanelState } from '../../src/ui/panels/results/protocol.ts';
import { webviewBundle } from '../build/bundles.ts';
import type { ServedJournal } from './latency-states.ts';

const fakeOf = { results: 'fake-host', histogram: 'fake-latency', timeline: 'fake-recovery', fault: 'fake-fault' } as const;
type PageName = keyof typeof fakeOf;
const pages = Object.keys(fakeOf) as PageName[];

export type Theme = 'dark' | 'light' | 'hc';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bodyClass = { dark: 'vscode-dark', light: 'vscode-light', hc: 'vscode-high-contrast' } as const;
const nonce = 'dGVzdC1ub25jZQ';

export interface OpenOptions {
  readonly theme?: Theme;
  readonly width?: number;
  readonly height?: number;
  readonly reducedMotion?: boolean;
  readonly cells?: Readonly<Record<string, Cell>>;
}

export class Harness {
  readonly #context: BrowserContext;
  readonly #server: Server;
  readonly #profile: string;

  constructor(context: BrowserContext, server: Server, profile: string) {
    this.#context = context;
    this.#server = server;
    this.#profile = profile;
  }

  static async start(): Promise<Harness> {
    const files = await bundle();
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      const file = files.get(url.pathname);
      if (url.pathname === '/') {
        response.setHeader('content-type', 'text/html; charset=utf-8');
        response.setHeader(
          'content-security-policy',
          `default-src 'none'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src data:; script-src 'nonce-${nonce}'`,
        );
        response.end(
          html(
            (url.searchParams.get('theme') ?? 'dark') as Theme,
            pages.find((name) => name === url.searchParams.get('page')) ?? 'results',
          ),
        );
      } else if (file !== undefined) {
        response.setHeader('content-type', url.pathname.endsWith('.css') ? 'text/css' : 'text/javascript; charset=utf-8');
        response.end(file);
      } else response.writeHead(url.pathname === '/favicon.ico' ? 204 : 404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const profile = await mkdtemp(join(tmpdir(), 'faultline-webview-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      headless: true,
      viewport: { width: 1280, height: 860 },
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--enable-precise-memory-info',
        '--js-flags=--expose-gc',
      ],
      // The scroll bar is part of what is tested.
      ignoreDefaultArgs: ['--hide-scrollbars'],
    });
    return new Harness(context, server, profile);
  }

  /** A page that shows this; problems it reports (console errors, refused content) make the test fail through `problems`. */
  async open(state: PanelState, { cells = {}, ...options }: OpenOptions = {}): Promise<{ page: Page; problems: string[] }> {
    const { page, problems } = await this.#newPage(options);
    await page.addInitScript(
      ([startWith, cellsWith]) => {
        window.startWith = startWith;
        window.cellsWith = cellsWith;
      },
      [state, { ...cells }] as const,
    );
    await page.goto(this.#address('results', options));
    await page.waitForSelector('#view');
    return { page, problems };
  }

  /** The latency page on journals of the test. */
  async openLatency(
    facts: PanelFacts,
    read: (side: 'a' | 'b', offset: number) => JournalWindow | Promise<JournalWindow>,
    options: OpenOptions = {},
  ): Promise<{ page: Page; problems: string[] }> {
    const { page, problems } = await this.#newPage(options);
    await page.exposeFunction('readJournal', read);
    await page.addInitScript((given) => {
      window.latencyFacts = given;
    }, facts);
    await page.goto(this.#address('histogram', options));
    return { page, problems };
  }

  /** The recovery page on a journal of the test. */
  async openRecovery(served: ServedJournal, options: OpenOptions = {}): Promise<{ page: Page; problems: string[] }> {
    const { page, problems } = await this.#newPage(options);
    await page.exposeFunction('readJournal', (_side: string, offset: number) => served.read(offset));
    const facts: PanelFacts = { a: served.facts, b: null, place: 'editor' };
    await page.addInitScript((given) => {
      window.recoveryFacts = given;
    }, facts);
    await page.goto(this.#address('timeline', options));
    return { page, problems };
  }

  /** The page on which something is broken. */
  async openFault(state: PageState, options: OpenOptions = {}): Promise<{ page: Page; problems: string[] }> {
    const { page, problems } = await this.#newPage(options);
    await page.addInitScript((given) => {
      window.faultState = given;
    }, state);
    await page.goto(this.#address('fault', options));
    await page.waitForSelector('.go vscode-button');
    return { page, problems };
  }

  /** A file of ours as a browser alone opens it. */
  async openFile(html: string, options: OpenOptions = {}): Promise<{ page: Page; problems: string[] }> {
    const { page, problems } = await this.#newPage(options);
    const path = join(this.#profile, 'report.html');
    await writeFile(path, html);
    await page.goto(`file://${path}`);
    return { page, problems };
  }

  #address(page: PageName, { theme = 'dark' }: OpenOptions): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/?page=${page}&theme=${theme}`;
  }

  async #newPage({ width = 1280, height = 860, reducedMotion = false }: OpenOptions): Promise<{ page: Page; problems: string[] }> {
    const page = await this.#context.newPage();
    const problems: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('dialog', (dialog) => {
      problems.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ reducedMotion: reducedMotion ? 'reduce' : 'no-preference' });
    return { page, problems };
  }

  async stop(): Promise<void> {
    await this.#context.close();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#profile, { recursive: true, force: true });
  }
}

async function bundle(): Promise<Map<string, Uint8Array>> {
  const outputFolder = join(root, 'dist');
  const page = await build({ ...webviewBundle({ root, outputFolder, production: true }), write: false });
  const fakes = await build({
    entryPoints: Object.values(fakeOf).map((name) => join(root, `test/webview/${name}.ts`)),
    bundle: true,
    format: 'iife',
    platform: 'browser',
    write: false,
    outdir: outputFolder,
    logLevel: 'silent',
  });
  const files = new Map<string, Uint8Array>();
  for (const { path, contents } of [...page.outputFiles, ...fakes.outputFiles]) files.set(`/${basename(path)}`, contents);
  files.set('/themes.css', await readFile(join(root, 'test/webview/themes.css')));
  return files;
}

/** What the extension host's shell gives: see webview/results/main.ts. The theme's sheet stands for the workbench. */
function html(theme: Theme, page: PageName): string {
  return `<!doctype html><html lang="en" data-theme="${theme}"><head><meta charset="utf-8">
<link rel="stylesheet" href="themes.css"><link rel="stylesheet" href="${page}.css"></head>
<body class="${bodyClass[theme]}" data-vscode-theme-kind="${bodyClass[theme]}"><div id="app"></div>
<script nonce="${nonce}" src="${fakeOf[page]}.js"></script><script type="module" nonce="${nonce}" src="${page}.js"></script></body></html>`;
}
