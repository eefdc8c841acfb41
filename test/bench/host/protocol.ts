/** What the benchmark asks of its probe inside the extension host. JSON lines over a socket of this machine. */
import type { Socket } from 'node:net';
import type { Port } from '../../../src/base/rpc.ts';
import type { ExportFormat } from '../../../src/query/results.ts';

export const portVariable = 'FAULTLINE_BENCH_PORT';

export interface Activation {
  readonly id: string;
  readonly tookMs: number;
}

export interface Gap {
  /** How much later than due the event loop came round. */
  readonly lateMs: number;
  /** What its thread computed meanwhile: far less than `lateMs` when the machine was busy with something else. */
  readonly computedMs: number;
  readonly phase: string;
}

export interface LoopFacts {
  readonly ticks: number;
  /** The latest first. */
  readonly worst: readonly Gap[];
  /** The one in which the thread computed most. */
  readonly busiest: Gap;
}

export interface StartedRun {
  readonly tab: string;
  readonly result: string;
  readonly rows: number;
  /** By the wall clock, milliseconds. */
  readonly askedAt: number;
  /** When the first word of rows was heard. */
  readonly firstRowsAt: number;
  /** When the page asked for its first window of them, and when that had been read. 0: after the run's end. */
  readonly windowAskedAt: number;
  readonly windowReadAt: number;
  readonly endedAt: number;
}

export interface ComputedSoFar {
  /** When: on the clock of the extension host, and by the wall clock. */
  readonly atMs: number;
  readonly wallMs: number;
  /** Processor time of all threads of the extension host, and of its main thread. */
  readonly processMs: number;
  readonly threadMs: number;
}

export interface ProbeApi {
  /** Answers when the extension host has had nothing to do for a second, or after ten. */
  calm(): Promise<void>;
  /** Activates in this order. Fails when one is active already. */
  activate(ids: readonly string[]): Promise<readonly Activation[]>;
  /** Runs a statement as the editor does, into a tab of its own; answers at its end. */
  run(sql: string): Promise<StartedRun>;
  /** Sorts a tab's result as a click on a header does. */
  sort(tab: string, column: number, descending: boolean): Promise<void>;
  /** Writes a result to a file as the panel's export does. */
  exportResult(result: string, format: ExportFormat, path: string): Promise<void>;
  /** Windows as the page asks for them, one after the other. */
  page(tab: string, windows: number, rows: number): Promise<number>;
  /** Closes all tabs of the results. */
  closeResults(): Promise<void>;
  /** Runs the text of a benchmark file as a person does; answers the run's id once its panel is there. */
  runSpec(name: string, text: string): Promise<string>;
  /** The run's panel, as a click on it in *Runs* opens it. */
  openPanel(run: string): Promise<void>;
  /** Closes all latency panels. */
  closePanels(): Promise<void>;
  stopRun(run: string): Promise<void>;
  /** Since the extension host began. */
  computedSoFar(): Promise<ComputedSoFar>;
  watchLoop(phase: string): Promise<void>;
  loopFacts(): Promise<LoopFacts>;
}

export function portOf(socket: Socket): Port {
  return {
    post: (message) => void socket.write(`${JSON.stringify(message)}\n`),
    listen: (onMessage) => {
      let rest = '';
      const hear = (data: Buffer): void => {
        const lines = `${rest}${data.toString()}`.split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) onMessage(JSON.parse(line));
      };
      socket.on('data', hear);
      return () => socket.off('data', hear);
    },
  };
}
