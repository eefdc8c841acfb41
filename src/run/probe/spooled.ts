/** Spooled lines as events of the journal. */
import * as v from 'valibot';
import type { LagEvent, ProbeSource, SampleEvent } from '../../journal/fault-events.ts';
import { SpoolLine } from './protocol.ts';

export interface Spooled {
  readonly events: readonly (SampleEvent | LagEvent)[];
  readonly notes: readonly string[];
  /** Of messages; `atMs`: on the program's clock. */
  readonly findings: readonly { readonly atMs: number; readonly finding: Readonly<Record<string, unknown>> }[];
  /** Nothing comes after it. */
  readonly ended: boolean;
}

/** What they are is checked; what can't be read is passed over, and is missing then. */
export function spooledEvents(lines: readonly string[], src: ProbeSource): Spooled {
  const events: (SampleEvent | LagEvent)[] = [];
  const notes: string[] = [];
  const findings: Spooled['findings'][number][] = [];
  let ended = false;
  for (const text of lines) {
    const line = parsed(text);
    if (line === undefined) continue;
    if (line[1] === 'end') ended = true;
    else if (line[1] === 'note') notes.push(line[3]);
    else if (line[1] === 'messages') findings.push({ atMs: line[2], finding: line[3] });
    else if (line[1] === 'lag') events.push({ t: line[2], src, kind: 'lag', ms: line[3] });
    else {
      const [, kind, t, wait, service, outcome, failure] = line;
      const { reason, text: said, code } = failure ?? { reason: '', text: '', code: undefined };
      const error = failure === undefined ? {} : { error: { reason, text: said, ...(code === undefined ? {} : { code }) } };
      events.push({ t, src, kind: 'sample', wait, service, outcome, ...error, ...(kind === 'control' ? { control: true as const } : {}) });
    }
  }
  return { events, notes, findings, ended };
}

function parsed(text: string): v.InferOutput<typeof SpoolLine> | undefined {
  try {
    const line = v.safeParse(SpoolLine, JSON.parse(text));
    return line.success ? line.output : undefined;
  } catch {
    return undefined;
  }
}
