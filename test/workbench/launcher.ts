#!/usr/bin/env node
// Stands where @vscode/test-electron expects the program of desktop VS Code: takes its arguments, and carries them out with
// the server and a headless browser. Ends with the code of the test run.
import { join } from 'node:path';
import { format, parseArgs } from 'node:util';
import { chromiumPath, launchChromium } from './browser.ts';
import { Progress } from './cache.mjs';
import { codeServer, NEWEST } from './code-server.ts';
import { startServer } from './server.ts';
import { QUIET_SETTINGS } from './settings.ts';

/** A run whose extension host died would never tell. */
const LIMIT_MS = 15 * 60_000;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      extensionDevelopmentPath: { type: 'string' },
      extensionTestsPath: { type: 'string' },
      'user-data-dir': { type: 'string' },
    },
    allowPositionals: true,
    // The others are about a desktop window.
    strict: false,
  });
  const { extensionDevelopmentPath, extensionTestsPath, 'user-data-dir': dataDir } = values;
  const [folder] = positionals;
  if (
    typeof extensionDevelopmentPath !== 'string' ||
    typeof extensionTestsPath !== 'string' ||
    typeof dataDir !== 'string' ||
    folder === undefined
  ) {
    throw new Error('The launcher needs a folder, --extensionDevelopmentPath, --extensionTestsPath and --user-data-dir.');
  }
  const progress = new Progress('lines');
  const log: string[] = [];
  const server = await startServer({
    codeServer: await codeServer(process.env['FAULTLINE_CODE_SERVER'] ?? NEWEST, progress),
    dataDir: join(dataDir, 'server'),
    settings: QUIET_SETTINGS,
    trusted: values['disable-workspace-trust'] === true,
    testDriver: true,
  });
  try {
    const browser = await launchChromium(await chromiumPath(progress));
    try {
      const page = await browser.newPage();
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      // The two functions that VS Code's own integration tests give to the page.
      await page.exposeFunction('codeAutomationLog', (type: string, args: unknown[]) => log.push(`[${type}] ${format(...args)}`));
      await page.exposeFunction('codeAutomationExit', (code: number) => resolve(code));
      page.on('crash', () => reject(new Error('The page of the workbench crashed.')));
      void server.exited.then((how) => reject(new Error(`The server of the workbench ended (${how}).`)));
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => reject(new Error(`Ended by ${signal}.`)));
      const timer = setTimeout(() => reject(new Error('The test run did not end in 15 minutes.')), LIMIT_MS);
      const remote = (path: string): string => `vscode-remote://${server.host}:${server.port}${path}`;
      await page.goto(
        server.url(folder, [
          ['extensionDevelopmentPath', remote(extensionDevelopmentPath)],
          ['extensionTestsPath', remote(extensionTestsPath)],
        ]),
      );
      const code = await promise.finally(() => clearTimeout(timer));
      if (code !== 0) console.error(log.slice(-100).join('\n'));
      return code;
    } finally {
      await browser.close();
    }
  } finally {
    await server.stop();
  }
}

process.exit(
  await main().catch((error: unknown) => {
    console.error(error);
    return 1;
  }),
);
