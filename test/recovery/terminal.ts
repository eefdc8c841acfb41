/** The terminal as a person in a lab has it: its own home, the lab's kubeconfig, and what its runs have written so far. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { stringify } from 'yaml';
import type { RecoveryJson } from '../../src/analysis/recovery/show/json.ts';
import type { JournalEvent } from '../../src/journal/events.ts';
import type { TestLab } from '../lab/use/lab.ts';

const root = join(import.meta.dirname, '../..');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class LabTerminal {
  readonly home: string;
  readonly #lab: TestLab;
  readonly #started: ChildProcess[] = [];
  readonly #isOwnHome: boolean;

  /** Without `home`: a folder of its own. */
  constructor(lab: TestLab, home?: string) {
    this.#lab = lab;
    this.#isOwnHome = home === undefined;
    this.home = home ?? mkdtempSync(join(tmpdir(), 'faultline-terminal-'));
  }

  start(...args: readonly string[]): ChildProcess {
    const child = spawn(process.execPath, [join(root, 'src/cli.ts'), ...args], {
      env: { ...process.env, FAULTLINE_HOME: this.home, KUBECONFIG: this.#lab.kubeconfig },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#started.push(child);
    return child;
  }

  async cli(...args: readonly string[]): Promise<Ended> {
    return ended(this.start(...args));
  }

  /** `faultline run` of this spec, in the lab's namespace; nobody is asked. */
  run(spec: object): ChildProcess {
    const file = join(this.home, 'test.faultline.yaml');
    writeFileSync(file, stringify({ faultline: 1, ...spec }));
    return this.start('run', file, '--namespace', this.#lab.namespace, '--yes');
  }

  async recovery(run = 'last'): Promise<RecoveryJson> {
    const { stdout, stderr } = await this.cli('recovery', run, '--json');
    assert.notEqual(stdout, '', stderr);
    return JSON.parse(stdout) as RecoveryJson;
  }

  /** Of the newest run, as far as it is written. */
  events(): readonly JournalEvent[] {
    const runs = join(this.home, 'runs');
    const [newest] = existsSync(runs) ? readdirSync(runs).sort().reverse() : [];
    const file = join(runs, newest ?? '', 'journal.ndjson');
    if (newest === undefined || !existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').split('\n');
    // The first is the header, the last is not whole yet.
    return lines.slice(1, -1).map((line) => JSON.parse(line) as JournalEvent);
  }

  /** The first event that is meant, once it is there. Fails when the run ends without it. */
  async event<K extends JournalEvent['kind']>(
    child: ChildProcess,
    kind: K,
    isMeant: (event: Extract<JournalEvent, { kind: K }>) => boolean,
  ): Promise<Extract<JournalEvent, { kind: K }>> {
    for (;;) {
      const isOver = child.exitCode !== null;
      for (const event of this.events()) if (isKind(event, kind) && isMeant(event)) return event;
      if (isOver) throw new Error(`The run ended without it: ${JSON.stringify(this.events().slice(-5))}`);
      await pause(100, undefined, { signal: this.#lab.signal });
    }
  }

  /** What still runs is stopped as by Ctrl+C, and waited for; then a home of its own is removed. */
  async close(): Promise<void> {
    for (const child of this.#started) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const over = once(child, 'exit');
      child.kill('SIGINT');
      await over;
    }
    if (this.#isOwnHome) rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }
}

export async function ended(child: ChildProcess): Promise<Ended> {
  assert.ok(child.stdout && child.stderr);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), child.exitCode === null ? once(child, 'exit') : []]);
  return { code: child.exitCode, stdout, stderr };
}

function isKind<K extends JournalEvent['kind']>(event: JournalEvent, kind: K): event is Extract<JournalEvent, { kind: K }> {
  return event.kind === kind;
}
