// Debian's Chromium, driven by Playwright's library: no browser is downloaded.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { ensureApt } from './apt.mjs';
import { SetupError } from './cache.mjs';
import type { Progress } from './cache.mjs';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Path of a Chromium; installs Debian's when there is none. FAULTLINE_CHROMIUM names another. */
export async function chromiumPath(progress: Progress): Promise<string> {
  const named = process.env['FAULTLINE_CHROMIUM'];
  const find = (): string | undefined => [...(named === undefined ? [] : [named]), ...CANDIDATES].find((path) => existsSync(path));
  if (find() === undefined) await ensureApt(['chromium', 'fonts-dejavu-core'], progress);
  const path = find();
  if (path === undefined) throw new SetupError('No Chromium was found. Install it, or name it in FAULTLINE_CHROMIUM.');
  return path;
}

/** Headless. Software rendering and no sandbox for root, in which Chromium refuses to start with one. */
export async function launchChromium(executablePath: string): Promise<Browser> {
  const args = ['--disable-gpu', '--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];
  return chromium.launch({
    executablePath,
    args,
    headless: true,
    timeout: 90_000,
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
}
