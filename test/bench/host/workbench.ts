/** A workbench with the probe in its extension host: one server, and a fresh extension host for each page that is opened. */
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server as SocketServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { connect, type Remote } from '../../../src/base/rpc.ts';
import { chromiumPath, launchChromium } from '../../workbench/browser.ts';
import { Progress } from '../../workbench/cache.mjs';
import { codeServer, NEWEST } from '../../workbench/code-server.ts';
import { startServer, type Server } from '../../workbench/server.ts';
import { QUIET_SETTINGS } from '../../workbench/settings.ts';
import { portOf, portVariable, type ProbeApi } from './protocol.ts';

const answerLimitMs = 60_000;

export interface BenchWindow {
  readonly page: Page;
  readonly probe: Remote<ProbeApi, object>;
  close(): Promise<void>;
}

export interface BenchWorkbenchOptions {
  readonly scratch: string;
  /** Folders of extensions, as if they were installed. */
  readonly installed: readonly string[];
  /** Folder of an extension under development: then it shows its insides to the probe. */
  readonly developed?: string;
}

export class BenchWorkbench {
  readonly #server: Server;
  readonly #browser: Browser;
  readonly #sockets: SocketServer;
  readonly #options: BenchWorkbenchOptions;

  private constructor(server: Server, browser: Browser, sockets: SocketServer, options: BenchWorkbenchOptions) {
    this.#server = server;
    this.#browser = browser;
    this.#sockets = sockets;
    this.#options = options;
  }

  static async start(options: BenchWorkbenchOptions): Promise<BenchWorkbench> {
    const { scratch } = options;
    const progress = new Progress('lines');
    const probe = join(scratch, 'probe');
    await bundleProbe(probe);
    await mkdir(join(scratch, 'workspace'), { recursive: true });
    const sockets = createServer().listen(0, '127.0.0.1');
    await once(sockets, 'listening');
    const { port } = sockets.address() as AddressInfo;
    const server = await startServer({
      codeServer: await codeServer(NEWEST, progress),
      dataDir: join(scratch, 'server'),
      settings: QUIET_SETTINGS,
      extensions: [probe, ...options.installed],
      testDriver: true,
      env: { [portVariable]: String(port), FAULTLINE_HOME: join(scratch, 'home') },
    });
    try {
      const browser = await launchChromium(await chromiumPath(progress));
      return new BenchWorkbench(server, browser, sockets, options);
    } catch (error) {
      await server.stop();
      sockets.close();
      throw error;
    }
  }

  /** Answers when the probe has called from the new extension host. */
  async open(): Promise<BenchWindow> {
    const { scratch, developed } = this.#options;
    const context = await this.#browser.newContext({ viewport: { width: 1600, height: 900 } });
    const page = await context.newPage();
    const called = once(this.#sockets, 'connection', { signal: AbortSignal.timeout(answerLimitMs) });
    const remote = (path: string): string => `vscode-remote://${this.#server.host}:${this.#server.port}${path}`;
    const payload = developed === undefined ? [] : [['extensionDevelopmentPath', remote(developed)] as const];
    const [[socket]] = (await Promise.all([called, page.goto(this.#server.url(join(scratch, 'workspace'), payload))])) as [
      [Socket],
      unknown,
    ];
    const probe = connect<ProbeApi, object>(portOf(socket), {});
    // The extension host is gone when a page is closed: a call must not wait for it.
    socket.once('close', () => probe.$close(new Error('The extension host ended.')));
    socket.on('error', () => undefined);
    await probe.calm();
    return {
      page,
      probe,
      close: async () => {
        // The next window must not share the machine with this one's extension host.
        const gone = socket.destroyed ? undefined : once(socket, 'close', { signal: AbortSignal.timeout(answerLimitMs) });
        await context.close();
        await gone;
      },
    };
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    await this.#server.stop();
    this.#sockets.close();
  }
}

async function bundleProbe(folder: string): Promise<void> {
  await build({
    entryPoints: { extension: join(import.meta.dirname, 'probe.ts') },
    outdir: folder,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    external: ['vscode'],
    logLevel: 'warning',
  });
  const manifest = {
    name: 'probe',
    publisher: 'faultline-bench',
    version: '1.0.0',
    engines: { vscode: '^1.117.0' },
    main: './extension.js',
    extensionKind: ['workspace'],
    activationEvents: ['onStartupFinished'],
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
}
