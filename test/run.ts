// npm test [-- LAYER… [--grep PATTERN] [--quick]]: the layers one after another, a table, and last the line "N passed, N failed".
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SharedLab } from './lab/use/shared.ts';
import { outcomeOf, summary } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { readReport } from './reporter.ts';
import type { Report } from './reporter.ts';
import { chromiumPath } from './workbench/browser.ts';
import { Progress, SetupError } from './workbench/cache.mjs';
import { codeServer, NEWEST, OLDEST } from './workbench/code-server.ts';
import { kill, leftBehind, MARK, marked } from './workbench/processes.ts';

const root = join(import.meta.dirname, '..');
const LAYERS = ['check', 'unit', 'webview', 'host', 'e2e', 'package', 'lab', 'soak', 'recovery'] as const;
/** More than a landing has time for. By name: `npm test -- recovery` (each kind, whole runs, the examples to their verdicts). */
const BY_NAME: readonly LayerName[] = ['recovery'];
const IN_LAB: readonly LayerName[] = ['lab', 'soak', 'recovery'];
type LayerName = (typeof LAYERS)[number];

/** One row of the table. */
interface Step {
  readonly label: string;
  /** false: the exit code alone tells. */
  readonly counted: boolean;
  /** Runs in the lab that all files of the layer share. */
  readonly inLab?: true;
  /** A step that takes longer hangs; LAYER_LIMIT_MS unless said. */
  readonly limitMs?: number;
  /** Program and arguments after the pinned Node, with the report's path in it. */
  command(report: string): readonly string[];
}

const MINUTE_MS = 60_000;
const LAYER_LIMIT_MS = 50 * MINUTE_MS;
/** As many as the smallest machine has processors. */
const UNIT_JOBS = 2;
/** Files of the lab that run at the same time: they mostly wait. */
const LAB_JOBS = 3;

function stepsOf(layer: LayerName, grep: string | undefined): Step[] {
  const last = grep === undefined ? [] : ['--grep', grep];
  const mocha = (timeoutMs: number, jobs?: number, folder: string = layer): Step => ({
    label: layer,
    counted: true,
    command: (report) => [
      process.execPath,
      'test/mocha.ts',
      folder,
      report,
      String(timeoutMs),
      ...(jobs === undefined ? [] : ['--jobs', String(jobs)]),
      ...last,
    ],
  });
  switch (layer) {
    case 'check':
      return [{ label: 'check', counted: false, command: () => ['npm', 'run', '--silent', 'check'] }];
    case 'unit':
      return [mocha(20_000, UNIT_JOBS)];
    case 'webview':
      return [mocha(MINUTE_MS)];
    case 'e2e':
      return [mocha(2 * MINUTE_MS)];
    case 'package':
      return [mocha(5 * MINUTE_MS)];
    case 'recovery':
      return [
        { ...mocha(5 * MINUTE_MS, 2), inLab: true },
        { ...mocha(10 * MINUTE_MS, 1, 'recovery/alone'), label: 'recovery alone', inLab: true, limitMs: 120 * MINUTE_MS },
      ];
    case 'soak':
      return [{ ...mocha(30 * MINUTE_MS), inLab: true }];
    case 'lab':
      return [
        { ...mocha(5 * MINUTE_MS, LAB_JOBS), inLab: true },
        // They take nodes, or the processors, away from whoever is beside them.
        { ...mocha(10 * MINUTE_MS, 1, 'lab/alone'), label: 'lab alone', inLab: true },
      ];
    case 'host':
      return [OLDEST, NEWEST].map((version) => ({
        label: `host ${version.replace(/^4/, '1')}`,
        counted: true,
        command: (report) => [process.execPath, 'test/host/runTests.ts', version, report, ...(grep === undefined ? [] : [grep])],
      }));
  }
}

class Runner {
  /** Nothing is started any more. */
  stopped = false;
  private readonly mark = randomUUID();
  private readonly lab: SharedLab;
  private current: ChildProcess | undefined;

  constructor(lab: SharedLab) {
    this.lab = lab;
  }

  async run(step: Step, grep: string | undefined): Promise<Outcome> {
    console.log(`\n── ${step.label} ──`);
    const report = join(root, '.test', 'report', `${step.label.replaceAll(' ', '-')}.json`);
    rmSync(report, { force: true });
    const started = performance.now();
    const code = await this.spawn(step, report);
    const seconds = (performance.now() - started) / 1000;
    const left = await leftBehind(this.mark, undefined, this.lab.mark);
    kill(left);
    return outcomeOf({
      label: step.label,
      counted: step.counted,
      code,
      seconds,
      left,
      report: this.read(report),
      filtered: grep !== undefined,
    });
  }

  stop(): void {
    this.stopped = true;
    this.endCurrent();
  }

  /** Ends what runs now and everything that it started. */
  private endCurrent(): void {
    this.current?.kill('SIGTERM');
    kill(marked(this.mark, this.lab.mark));
  }

  private read(path: string): Report | undefined {
    try {
      return readReport(path);
    } catch {
      return undefined;
    }
  }

  private spawn(step: Step, report: string): Promise<number | string> {
    const [program = '', ...args] = step.command(report);
    const { limitMs = LAYER_LIMIT_MS } = step;
    const extra = step.inLab === true ? this.lab.env : {};
    return new Promise((resolve) => {
      const child = spawn(program, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...extra, [MARK]: this.mark } });
      this.current = child;
      const timer = setTimeout(() => {
        console.error(`The layer did not end in ${limitMs / MINUTE_MS} minutes.`);
        this.endCurrent();
      }, limitMs);
      const settle = (how: number | string): void => {
        clearTimeout(timer);
        resolve(how);
      };
      child.once('error', (error) => settle(error.message));
      child.once('exit', (code, signal) => settle(code ?? signal ?? 'nothing'));
    });
  }
}

function isLayer(name: string): name is LayerName {
  return LAYERS.some((layer) => layer === name);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { grep: { type: 'string' }, quick: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const unknown = positionals.filter((name) => !isLayer(name));
  if (unknown.length > 0) {
    console.error(`There is no layer ${unknown.join(', ')}. The layers are ${LAYERS.join(', ')}.`);
    process.exit(2);
  }
  const layers = LAYERS.filter((layer) =>
    positionals.length === 0 ? !BY_NAME.includes(layer) && !(values.quick && IN_LAB.includes(layer)) : positionals.includes(layer),
  );
  const progress = new Progress('lines');
  const lab = new SharedLab(progress);
  const runner = new Runner(lab);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // A terminal's Ctrl+C comes twice: from it, and from the process that started this one.
      if (runner.stopped) return;
      runner.stop();
      void lab
        .down()
        .catch(tell)
        .finally(() => process.exit(130));
    });
  }
  // Fetched before any test, so that no test's patience is spent on it.
  if (layers.some((layer) => ['webview', 'host', 'e2e', 'package'].includes(layer))) await chromiumPath(progress);
  if (layers.some((layer) => layer === 'host' || layer === 'e2e' || layer === 'package')) await codeServer(NEWEST, progress);
  if (layers.includes('host')) await codeServer(OLDEST, progress);

  const outcomes: Outcome[] = [];
  for (const [index, layer] of layers.entries()) {
    outcomes.push(...(await runLayer(runner, lab, layer, values.grep)));
    const next = layers[index + 1];
    if (IN_LAB.includes(layer) && (next === undefined || !IN_LAB.includes(next))) outcomes.push(...(await labDown(lab)));
  }
  if (runner.stopped) return;
  const { text, passed, failed } = summary(outcomes);
  console.log(`\n${text}`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}

/** One outcome a step. A lab that does not come up is a failure of its layer; it stays up for the next one. */
async function runLayer(runner: Runner, lab: SharedLab, layer: LayerName, grep: string | undefined): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const began = performance.now();
  if (IN_LAB.includes(layer)) {
    if (runner.stopped) return [];
    console.log('\n── the lab ──');
    rmSync(join(root, '.test', 'report', layer), { recursive: true, force: true });
    if (!(await lab.up())) {
      await lab.down().catch(tell);
      return [failure(layer, began, 'the lab did not come up: see above')];
    }
  }
  for (const step of stepsOf(layer, grep)) if (!runner.stopped) outcomes.push(await runner.run(step, grep));
  return outcomes;
}

/** Nothing to tell when it went. */
async function labDown(lab: SharedLab): Promise<Outcome[]> {
  const began = performance.now();
  try {
    await lab.down();
    return [];
  } catch (error) {
    tell(error);
    return [failure('lab down', began, 'the lab did not go down: see above')];
  }
}

function failure(label: string, began: number, note: string): Outcome {
  return { label, passed: 0, failed: 1, seconds: (performance.now() - began) / 1000, notes: [note] };
}

function tell(error: unknown): void {
  console.error(error instanceof SetupError ? error.message : error);
}

await main();
