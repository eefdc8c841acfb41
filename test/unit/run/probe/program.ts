/** The real program of a vantage in a process of its own, and a conversation with it as the runner has it, over a socket that can be cut. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { LagEvent, SampleEvent } from '../../../../src/journal/fault-events.ts';
import type { OpenPodLines } from '../../../../src/run/probe/podLines.ts';
import { WholeLines } from '../../../../src/cluster/act/wholeLines.ts';
import { VantageLink } from '../../../../src/run/probe/link.ts';
import { settingsVariable, type ProgramProbe, type ProgramSettings } from '../../../../src/run/probe/protocol.ts';
import { spooledEvents } from '../../../../src/run/probe/spooled.ts';

export const main = join(import.meta.dirname, '../../../../src/run/probe/program/main.ts');

export interface Ports {
  readonly talk: number;
  readonly echo: number;
}

export class RunningProgram {
  readonly child: ChildProcess;
  readonly ports: Ports;
  readonly link: VantageLink;
  readonly lines: string[] = [];
  readonly notes: string[] = [];
  readonly sockets: Socket[] = [];
  whyGone: string | undefined;
  readonly #folder: string;

  private constructor(child: ChildProcess, ports: Ports, folder: string) {
    this.child = child;
    this.ports = ports;
    this.#folder = folder;
    this.link = new VantageLink({
      open: overSocket(ports.talk, this.sockets),
      nowMs: () => performance.now(),
      onSpooled: (lines) => void this.lines.push(...lines),
      onCompared: () => undefined,
      onJumped: () => undefined,
      whyGone: async () => this.whyGone,
      onGone: (why) => void this.notes.push(why),
      note: (text) => void this.notes.push(text),
    });
  }

  static async start(
    probe: (Partial<ProgramProbe> & Pick<ProgramProbe, 'engine' | 'address'>) | undefined,
    over: Partial<ProgramSettings> = {},
    env: Readonly<Record<string, string>> = {},
  ): Promise<RunningProgram> {
    const folder = await mkdtemp(join(tmpdir(), 'faultline-probe-'));
    const settings: ProgramSettings = {
      ...(probe === undefined ? {} : { probe: { id: 'a', connection: 'pooled', asks: 'select 1', perSecond: 50, ...probe } }),
      // What is not about a limit is not to fail on a busy machine.
      ...{ answerWithinMs: 5000, deadlineMs: Date.now() + 60_000, longestMs: 60_000, folder, mostSpoolBytes: 10_000_000 },
      ...{ talkPort: 0, echoPort: 0 },
      ...over,
    };
    const child = spawn(process.execPath, ['--input-type=module', '-e', `await (await import(${JSON.stringify(main)})).main()`], {
      env: { PATH: process.env['PATH'] ?? '', [settingsVariable]: JSON.stringify(settings), ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    return new RunningProgram(child, JSON.parse(line) as Ports, folder);
  }

  /** Echoes where no other is named: its own. */
  async begin(echoes: readonly { host: string; port: number }[] = [{ host: '127.0.0.1', port: this.ports.echo }]): Promise<void> {
    await this.link.ask({ do: 'begin', echoes: [...echoes] }, patience());
    await this.link.read(patience());
  }

  /** The connection breaks, as when the API server goes. */
  cut(): void {
    for (const socket of this.sockets.splice(0)) socket.destroy();
  }

  get told(): readonly (SampleEvent | LagEvent)[] {
    return spooledEvents(this.lines, 'probe-a').events;
  }

  get saidNotes(): readonly string[] {
    return spooledEvents(this.lines, 'probe-a').notes;
  }

  get samples(): readonly SampleEvent[] {
    return this.told.filter((event) => event.kind === 'sample').filter(({ control }) => control !== true);
  }

  get controls(): readonly SampleEvent[] {
    return this.told.filter((event) => event.kind === 'sample').filter(({ control }) => control === true);
  }

  async until(isSo: () => boolean, what = 'what is waited for'): Promise<void> {
    const limit = performance.now() + 45_000;
    while (!isSo()) {
      if (performance.now() > limit) throw new Error(`${what} did not come: ${this.lines.slice(-5).join(' ')}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** All that it has seen is fetched. */
  async finish(): Promise<void> {
    await this.link.ask({ do: 'stop' }, patience());
    await this.until(() => spooledEvents(this.lines, 'probe-a').ended, 'the end');
  }

  async stop(): Promise<void> {
    this.link.close();
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGKILL');
      await once(this.child, 'exit');
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export function patience(): AbortSignal {
  return AbortSignal.timeout(45_000);
}

function overSocket(port: number, sockets: Socket[]): OpenPodLines {
  return async (onLines) => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    sockets.push(socket);
    const lines = new WholeLines();
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => onLines(lines.of(bytes)));
    const closed = once(socket, 'close').then(() => undefined);
    return { send: (line) => void socket.write(`${line}\n`), closed, terminate: () => void socket.destroy() };
  };
}
