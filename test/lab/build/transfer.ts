/** One file over HTTP, to its last byte: a line that drops or stalls is taken up again where it ended. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { SetupError } from '../../workbench/cache.mjs';

export interface Line {
  readonly fetch: typeof fetch;
  /** How long to wait before each further attempt; as many attempts as there are numbers, and one. */
  readonly retryAfterMs: readonly number[];
  /** No byte for so long: the attempt has failed. */
  readonly stallMs: number;
}

/** 31 s of waiting in all: longer than a router's restart is for the person to repeat, the partial file stays. */
export const LINE: Line = { fetch, retryAfterMs: [1000, 2000, 4000, 8000, 16_000], stallMs: 60_000 };

/** Statuses that pass by themselves. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);
const MB = 1_000_000;

/**
 * Brings `url` to `file`, which is there only when its SHA-256 (hex) is `sha256`. What has arrived waits in `<file>.partial`.
 * Throws SetupError when the server does not have it, can't be reached, or has another content.
 */
export async function transfer(url: string, sha256: string, file: string, line: Line, say: (detail: string) => void): Promise<void> {
  const partial = `${file}.partial`;
  const resumed = (await sizeOf(partial)) > 0;
  await withRetries(url, partial, line, say);
  let found = await sha256Of(partial);
  if (found !== sha256 && resumed) {
    // What lay there was no beginning of this file.
    await rm(partial);
    await withRetries(url, partial, line, say);
    found = await sha256Of(partial);
  }
  if (found !== sha256) {
    await rm(partial);
    throw new SetupError(`${url} is not the file that the lab was made with: its SHA-256 is ${found}, and should be ${sha256}.`);
  }
  await rename(partial, file);
}

/** The text of a small answer, with the same patience. */
export async function getText(url: string, line: Line): Promise<string> {
  return retried(url, line, async (signal) => {
    const response = await line.fetch(url, { signal });
    refuse(url, response);
    return response.text();
  });
}

async function withRetries(url: string, partial: string, line: Line, say: (detail: string) => void): Promise<void> {
  await retried(url, line, (signal, alive) => receive(url, partial, line, signal, alive, say));
}

async function retried<T>(url: string, line: Line, attempt: (signal: AbortSignal, alive: () => void) => Promise<T>): Promise<T> {
  for (const waitMs of [...line.retryAfterMs, undefined]) {
    const stalled = new AbortController();
    const timer = setTimeout(() => stalled.abort(new Error(`nothing arrived for ${line.stallMs / 1000} s`)), line.stallMs);
    try {
      return await attempt(stalled.signal, () => timer.refresh());
    } catch (error) {
      if (error instanceof SetupError) throw error;
      if (waitMs === undefined) throw unreachable(url, error);
      await delay(waitMs);
    } finally {
      clearTimeout(timer);
    }
  }
  throw new SetupError(`${url} was not tried.`);
}

async function receive(
  url: string,
  partial: string,
  line: Line,
  signal: AbortSignal,
  alive: () => void,
  say: (detail: string) => void,
): Promise<void> {
  const have = await sizeOf(partial);
  // An encoded body would have other bytes and another length than the file.
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (have > 0) headers['range'] = `bytes=${have}-`;
  const response = await line.fetch(url, { headers, signal });
  // Nothing follows what is there; whether it is the file is told by its hash.
  if (have > 0 && response.status === 416) return;
  refuse(url, response);
  if (response.body === null) throw new Error('the answer has no body');
  const continued = response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${have}-`) === true;
  let received = continued ? have : 0;
  const total = received + Number(response.headers.get('content-length') ?? 0);
  const target = await open(partial, continued ? 'a' : 'w');
  try {
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      alive();
      await target.appendFile(value);
      received += value.byteLength;
      say(total > received ? `${megabytes(received)} of ${megabytes(total)} MB` : `${megabytes(received)} MB`);
    }
  } finally {
    await target.close();
  }
  if (received < total) throw new Error(`it ended after ${received} of ${total} bytes`);
}

function refuse(url: string, response: Response): void {
  if (response.ok) return;
  const text = `${url} answers ${response.status} ${response.statusText}`.trimEnd();
  if (PASSING.has(response.status)) throw new Error(text);
  throw new SetupError(`${text}.`);
}

function unreachable(url: string, error: unknown): SetupError {
  const told = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const reason = told instanceof Error ? told.message || told.name : String(told);
  return new SetupError(
    `${url} could not be fetched: ${reason}.\n` +
      'The lab needs it once; it is kept afterwards. Check the connection and run this again: what has arrived is kept. ' +
      'Behind a proxy set HTTPS_PROXY, and NODE_USE_ENV_PROXY=1 so that it is used.',
  );
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    (found) => found.size,
    () => 0,
  );
}

function megabytes(bytes: number): string {
  return (bytes / MB).toFixed(bytes < 10 * MB ? 1 : 0);
}
