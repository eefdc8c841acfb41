/**
 * Test files side by side, each in a process of its own: one that crashes or can't be loaded costs its own tests and no other's, and
 * what a file sets up for all of its tests is not shared with its neighbours. Mocha's own parallel mode ends as a whole there.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { BESIDE_VARIABLE } from './lab/use/running.ts';
import { readReport } from './reporter.ts';
import type { Report } from './reporter.ts';
import { eachOf } from './workbench/parallel.ts';

export interface FilesRun {
  readonly files: readonly string[];
  /** How many at a time. */
  readonly jobs: number;
  readonly reportPath: string;
  readonly timeoutMs: number;
  readonly grep?: string;
  /** Where the lines go; each file's come together, when it has ended. */
  readonly print?: (text: string) => void;
}

const FOLDER = import.meta.dirname;

/** Writes one report of all files; gives the number of failures. */
export async function runFiles(options: FilesRun): Promise<number> {
  const started = performance.now();
  const reports: Report[] = [];
  mkdirSync(dirname(options.reportPath), { recursive: true });
  await eachOf([...options.files.entries()], options.jobs, async ([at, file]) => {
    reports[at] = await runFile(file, `${options.reportPath}.${at}`, options);
  });
  const failures = reports.flatMap((report) => report.failures);
  const titles = reports.flatMap((report) => report.titles);
  const durationMs = performance.now() - started;
  const report: Report = { passed: titles.length, failed: failures.length, durationMs, titles, failures };
  writeFileSync(options.reportPath, JSON.stringify(report, null, 2));
  return report.failed;
}

async function runFile(file: string, reportPath: string, options: FilesRun): Promise<Report> {
  const { timeoutMs, grep, jobs, print = (text) => process.stdout.write(text) } = options;
  const name = relative(FOLDER, file);
  const args = [join(FOLDER, 'mocha.ts'), name, reportPath, String(timeoutMs), ...(grep === undefined ? [] : ['--grep', grep])];
  // Also where these files run in a test that is itself beside others.
  const { [BESIDE_VARIABLE]: _beside, ...alone } = process.env;
  const env = jobs > 1 ? { ...alone, [BESIDE_VARIABLE]: '1' } : alone;
  const began = performance.now();
  const { how, output } = await spawned(args, env);
  print(`\n${name}, ${((performance.now() - began) / 1000).toFixed(1)} s\n${output}`);
  const report = taken(reportPath);
  if (report === undefined) return failedAs(name, `${name} ended with ${how}, without a report.\n${output}`);
  if (how === 0 || report.failed > 0) return report;
  return { ...report, failures: failedAs(name, `${name} ended with ${how} though no test failed.\n${output}`).failures };
}

function failedAs(title: string, text: string): Report {
  return { passed: 0, failed: 1, durationMs: 0, titles: [], failures: [{ title, text }] };
}

function taken(path: string): Report | undefined {
  try {
    return readReport(path);
  } catch {
    return undefined;
  } finally {
    rmSync(path, { force: true });
  }
}

function spawned(args: readonly string[], env: NodeJS.ProcessEnv): Promise<{ readonly how: number | string; readonly output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
    const settle = (how: number | string): void => resolve({ how, output: Buffer.concat(output).toString() });
    child.once('error', (error) => settle(error.message));
    child.once('close', (code, signal) => settle(code ?? signal ?? 'nothing'));
    // What it left behind may hold its output open; what it wrote itself is here by then.
    child.once('exit', (code, signal) => setTimeout(() => settle(code ?? signal ?? 'nothing'), 2000).unref());
  });
}
