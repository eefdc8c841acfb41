// npm test [-- LAYER… [--grep PATTERN]]: the layers one after another, a table, and last the line "N passed, N failed".
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { outcomeOf, summary } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { readReport } from './reporter.ts';
import type { Report } from './reporter.ts';
import { chromiumPath } from './workbench/browser.ts';
import { Progress } from './workbench/cache.mjs';
import { codeServer, NEWEST, OLDEST } from './workbench/code-server.ts';
import { kill, leftBehind, MARK, marked } from './workbench/processes.ts';

const root = join(import.meta.dirname, '..');
const LAYERS = ['check', 'unit', 'webview', 'host', 'e2e', 'package'] as const;
type LayerName = (typeof LAYERS)[number];

/** One row of the table. */
interface Step {
  readonly label: string;
  /** false: the exit code alone tells. */
  readonly counted: boolean;
  /** Program and arguments after the pinned Node, with the report's path in it. */
  command(report: string): readonly string[];
}

const MINUTE_MS = 60_000;
/** A layer that takes longer hangs. */
const LAYER_LIMIT_MS = 20 * MINUTE_MS;

function stepsOf(layer: LayerName, grep: string | undefined): Step[] {
  const last = grep === undefined ? [] : [grep];
  const mocha = (timeoutMs: number): Step => ({
    label: layer,
    counted: true,
    command: (report) => [process.execPath, 'test/mocha.ts', layer, report, String(timeoutMs), ...last],
  });
  switch (layer) {
    case 'check':
      return [{ label: 'check', counted: false, command: () => ['npm', 'run', '--silent', 'check'] }];
    case 'unit':
      return [mocha(20_000)];
    case 'webview':
      return [mocha(MINUTE_MS)];
    case 'e2e':
      return [mocha(2 * MINUTE_MS)];
    case 'package':
      return [mocha(5 * MINUTE_MS)];
    case 'host':
      return [OLDEST, NEWEST].map((version) => ({
        label: `host ${version.replace(/^4/, '1')}`,
        counted: true,
        command: (report) => [process.execPath, 'test/host/runTests.ts', version, report, ...last],
      }));
  }
}

class Runner {
  private readonly mark = randomUUID();
  private current: ChildProcess | undefined;

  async run(step: Step, grep: string | undefined): Promise<Outcome> {
    console.log(`\n── ${step.label} ──`);
    const report = join(root, '.test', 'report', `${step.label.replaceAll(' ', '-')}.json`);
    rmSync(report, { force: true });
    const started = performance.now();
    const code = await this.spawn(step.command(report));
    const seconds = (performance.now() - started) / 1000;
    const left = await leftBehind(this.mark);
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

  /** Ends what runs now and everything that it started. */
  stop(): void {
    this.current?.kill('SIGTERM');
    kill(marked(this.mark));
  }

  private read(path: string): Report | undefined {
    try {
      return readReport(path);
    } catch {
      return undefined;
    }
  }

  private spawn(command: readonly string[]): Promise<number | string> {
    const [program = '', ...args] = command;
    return new Promise((resolve) => {
      const child = spawn(program, args, { cwd: root, stdio: 'inherit', env: { ...process.env, [MARK]: this.mark } });
      this.current = child;
      const timer = setTimeout(() => {
        console.error(`The layer did not end in ${LAYER_LIMIT_MS / MINUTE_MS} minutes.`);
        this.stop();
      }, LAYER_LIMIT_MS);
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
  const { values, positionals } = parseArgs({ options: { grep: { type: 'string' } }, allowPositionals: true });
  const unknown = positionals.filter((name) => !isLayer(name));
  if (unknown.length > 0) {
    console.error(`There is no layer ${unknown.join(', ')}. The layers are ${LAYERS.join(', ')}.`);
    process.exit(2);
  }
  const layers = LAYERS.filter((layer) => positionals.length === 0 || positionals.includes(layer));
  const runner = new Runner();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      runner.stop();
      process.exit(130);
    });
  }
  // Fetched before any test, so that no test's patience is spent on it.
  const progress = new Progress('lines');
  if (layers.some((layer) => layer !== 'check' && layer !== 'unit')) await chromiumPath(progress);
  if (layers.some((layer) => layer === 'host' || layer === 'e2e' || layer === 'package')) await codeServer(NEWEST, progress);
  if (layers.includes('host')) await codeServer(OLDEST, progress);

  const outcomes: Outcome[] = [];
  for (const step of layers.flatMap((layer) => stepsOf(layer, values.grep))) outcomes.push(await runner.run(step, values.grep));
  const { text, passed, failed } = summary(outcomes);
  console.log(`\n${text}`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}

await main();
