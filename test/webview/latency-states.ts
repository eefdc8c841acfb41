/** Runs for the latency page's tests and pictures, and how their journals are served a window at a time. */
import type { JournalFacts, JournalState, JournalWindow, PanelFacts } from '../../src/ui/panels/histogram/protocol.ts';
import type { JournalEvent } from '../../src/journal/events.ts';
import { headerOf, opening, planOf, powerRun, sample, textOf, type SampleOptions } from './journals/sample.ts';

/** A journal as a host reads it: whole lines from a byte offset. */
export class ServedJournal {
  #bytes: Buffer;
  readonly run: string;
  state: JournalState;
  reads = 0;

  constructor(run: string, text: string, state: JournalState) {
    this.run = run;
    this.#bytes = Buffer.from(text);
    this.state = state;
  }

  get facts(): JournalFacts {
    return { run: this.run, state: this.state, sizeBytes: this.#bytes.length };
  }

  append(text: string): void {
    this.#bytes = Buffer.concat([this.#bytes, Buffer.from(text)]);
  }

  /** Has grown to what another one is, and stands as it does. */
  become(other: ServedJournal): void {
    const ours = this.#bytes.toString();
    const more = other.#bytes.toString();
    const lines = new Set(ours.split('\n'));
    this.append(
      more
        .split('\n')
        .filter((line) => line !== '' && !lines.has(line))
        .map((line) => `${line}\n`)
        .join(''),
    );
    this.state = other.state;
  }

  read(offset: number, most = 1_000_000): JournalWindow {
    this.reads++;
    let next = Math.min(this.#bytes.length, offset + most);
    if (next < this.#bytes.length) next = this.#bytes.lastIndexOf('\n', next - 1) + 1;
    return { text: this.#bytes.toString('utf8', offset, next), next };
  }
}

export interface Served {
  readonly a: ServedJournal;
  readonly b: ServedJournal | null;
}

export function factsOf({ a, b }: Served, place: PanelFacts['place'] = 'editor'): PanelFacts {
  return { a: a.facts, b: b?.facts ?? null, place };
}

export function reader({ a, b }: Served): (side: 'a' | 'b', offset: number) => JournalWindow {
  return (side, offset) => (side === 'a' ? a : (b ?? a)).read(offset);
}

export function served(options: SampleOptions = {}, state: JournalState = 'ended'): ServedJournal {
  const made = sample(options);
  return new ServedJournal(made.header.run, made.text, state);
}

const other: SampleOptions = {
  run: '20261120-090000-tpch-1-c3d4',
  startedAt: Date.UTC(2026, 10, 20, 9),
  seed: 7,
  factor: 1.05,
  stall: false,
  troubles: false,
};

const arms: SampleOptions['arms'] = [
  { label: 'A', engine: 'duckdb', target: { kind: 'tpch', scale: 1 }, threads: 4, memoryLimitBytes: 8_000_000_000 },
  { label: 'B', engine: 'duckdb', target: { kind: 'tpch', scale: 1 }, threads: 2, memoryLimitBytes: 8_000_000_000 },
];

/** Nothing was answered: preparing, or every operation an error. */
export function withEvents(events: readonly JournalEvent[], state: JournalState, options: SampleOptions = {}): Served {
  const header = headerOf(options);
  return { a: new ServedJournal(header.run, textOf(header, events), state), b: null };
}

export const scenes = {
  failed: () => ({ a: served(), b: null }),
  compared: () => ({ a: served(), b: served(other) }),
  passed: () => ({ a: served({ stall: false, troubles: false }), b: null }),
  live: () => ({ a: served({ until: 252_000, stall: false }, 'live'), b: null }),
  interrupted: () => ({ a: served({ until: 252_000, stall: false, troubles: false }, 'interrupted'), b: null }),
  arms: () => ({ a: served({ arms, stall: false, troubles: false }), b: null }),
  few: () => ({ a: served({ durationMs: 6000, ratePerSecond: 10, factor: 0.02, stall: false, troubles: false }), b: null }),
  short: () => ({
    a: served({ durationMs: 45_000, ratePerSecond: 100, factor: 0.03, stall: false, troubles: false, queries: 3 }),
    b: null,
  }),
  power: () => {
    const made = powerRun();
    return { a: new ServedJournal(made.header.run, made.text, 'ended'), b: null };
  },
  /** Clients with passes and a time, whichever ends first; its statement is slow. */
  timed: () => {
    const header = headerOf({ queries: 1 });
    const load = { kind: 'closed', clients: 1, iterations: 100, durationMs: 60_000, thinkTimeMs: 0, order: 'listed' } as const;
    const events: readonly JournalEvent[] = [
      { t: 1_000, src: 'runner', kind: 'phase', phase: 'measuring', planned: 100, durationMs: 60_000 },
      ...Array.from({ length: 7 }, (_, i): JournalEvent => {
        return { t: 1_000 + i * 3_000, src: 'runner', kind: 'op', q: 0, wait: 0, service: 3_000, rows: 1, answer: 'ok' };
      }),
    ];
    return { a: new ServedJournal(header.run, textOf({ ...header, plan: { ...header.plan, load } }, events), 'live'), b: null };
  },
  preparing: () => withEvents([{ t: 0, src: 'runner', kind: 'phase', phase: 'preparing', text: 'making TPC-H 1, 42 %' }], 'live'),
  broken: () => {
    const plan = planOf();
    const events: JournalEvent[] = [...opening(plan, 5000)];
    for (let i = 0; i < 100; i++)
      events.push({
        t: i * 50,
        src: 'runner',
        kind: 'op',
        q: i % 22,
        wait: 0.1,
        service: 2,
        error: { reason: 'engine', text: 'There is no table lineitem' },
      });
    events.push({ t: 5010, src: 'runner', kind: 'end', how: 'finished' });
    return withEvents(events, 'ended');
  },
} as const satisfies Record<string, () => Served>;

export type SceneName = keyof typeof scenes;
