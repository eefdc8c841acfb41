/** How a run goes, on one line of a terminal. Nothing where stderr is none. */
import { join } from 'node:path';
import { RunProjection } from '../analysis/run.ts';
import { planLength } from '../analysis/text.ts';
import type { RunView } from '../analysis/view.ts';
import { formatCount, formatDuration } from '../base/units.ts';
import { JournalText } from '../journal/parse.ts';
import { readWindow } from '../journal/reader.ts';
import { runFiles } from '../journal/runs.ts';
import { visible } from './format/width.ts';
import { faultLineOf } from './live-fault.ts';
import { StatusLine, type Terminal } from './terminal.ts';

const everyMs = 500;
const windowBytes = 4_000_000;

export class LiveStatus {
  readonly #status: StatusLine;
  readonly #journal: string;
  readonly #text = new JournalText();
  #projection: RunProjection | undefined;
  #offset = 0;
  #timer: NodeJS.Timeout | undefined;
  #isDisposed = false;

  constructor(terminal: Terminal, folder: string) {
    this.#status = new StatusLine(terminal);
    this.#journal = join(folder, runFiles.journal);
    if (this.#status.isVisible) this.#next();
  }

  dispose(): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
    this.#status.clear();
  }

  #next(afterMs = everyMs): void {
    this.#timer = setTimeout(() => {
      const beganMs = performance.now();
      // What can't be read now is read the next time, or by the outcome, which says why.
      void this.#show()
        .catch(() => undefined)
        .finally(() => {
          // A tenth of a core at most: the probes may be on this machine.
          if (!this.#isDisposed) this.#next(Math.max(everyMs, 9 * (performance.now() - beganMs)));
        });
    }, afterMs);
  }

  async #show(): Promise<void> {
    for (;;) {
      const { text, next } = await readWindow(this.#journal, this.#offset, windowBytes);
      if (next === this.#offset) break;
      this.#offset = next;
      const events = this.#text.push(text);
      const { header } = this.#text;
      if (header === undefined) continue;
      this.#projection ??= new RunProjection(header);
      for (const event of events) this.#projection.add(event);
    }
    const line = this.#line();
    if (line !== undefined && !this.#isDisposed) this.#status.show(visible(line));
  }

  #line(): string | undefined {
    const projection = this.#projection;
    if (projection === undefined) return undefined;
    const view = projection.view('running');
    const nowMs = Math.max(0, Date.now() - view.startedAt);
    const recovery = projection.recoveryView('running', nowMs);
    return recovery === null ? lineOf(view) : faultLineOf(view, recovery, projection.recovery?.samples('running') ?? [], nowMs);
  }
}

export function lineOf(view: RunView): string {
  const { phase, counts, response } = view;
  if (phase === null || phase.phase === 'preparing') return `preparing${phase?.text === undefined ? '' : `: ${phase.text}`}`;
  const names = { warmUp: 'warming up', measuring: 'measuring', draining: 'waiting for the last answers' } as const;
  const parts = [`${names[phase.phase]} ${formatDuration(view.durationMs)}`, `${formatCount(counts.ok)} ok`];
  if (counts.failed > 0) parts.push(`${formatCount(counts.failed)} failed`);
  if (counts.dropped > 0) parts.push(`${formatCount(counts.dropped)} dropped`);
  if (phase.planned !== undefined) parts.push(`of ${formatCount(phase.planned)}`);
  if (phase.phase === 'measuring' && phase.durationMs !== undefined && view.plan.load.kind === 'closed')
    parts.push(`at most ${planLength(phase.durationMs)}`);
  if (response.p50 !== null) parts.push(`median ${formatDuration(response.p50)}`);
  if (response.p99 !== null) parts.push(`p99 ${formatDuration(response.p99)}`);
  return parts.join(' · ');
}
