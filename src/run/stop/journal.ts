/** What a journal says of the end of its faults. Only disk. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { JournalHeader } from '../../journal/events.ts';
import type { FaultEvent } from '../../journal/fault-events.ts';
import type { PlannedFault } from '../../journal/fault-plan.ts';
import { readJournal } from '../../journal/reader.ts';
import { runFiles, type RunRecord } from '../../journal/runs.ts';
import type { OpenFault, StoppedFault } from './report.ts';

export interface FoundFaults {
  readonly header: JournalHeader;
  readonly ended: readonly StoppedFault[];
  readonly open: readonly OpenInJournal[];
}

export interface OpenInJournal {
  readonly shown: OpenFault;
  readonly planned: PlannedFault;
  readonly target: PlannedFault['targets'][number];
  /** As the runner wrote it where it could not verify the end. */
  readonly command?: string;
}

/** undefined: it breaks nothing, or nothing can be read of it. Fails: `storage`, `cancelled`, `notFound` (it was removed). */
export async function faultsOfRun(record: RunRecord, signal?: AbortSignal): Promise<FoundFaults | undefined> {
  const steps: FaultEvent[] = [];
  const path = join(record.folder, runFiles.journal);
  try {
    const { header } = await readJournal(
      path,
      (events) => {
        for (const event of events) if (event.kind === 'fault') steps.push(event);
      },
      signal,
    );
    return header.plan.fault === undefined ? undefined : foundIn(header, header.plan.fault.faults, steps);
  } catch (error) {
    // Another version, or none of ours.
    if (FaultlineError.is(error, 'unsupported') || FaultlineError.is(error, 'invalid')) return undefined;
    throw error;
  }
}

/** From the steps of a journal, in any order. */
export function foundIn(header: JournalHeader, faults: readonly PlannedFault[], steps: readonly FaultEvent[]): FoundFaults {
  const ended: StoppedFault[] = [];
  const open: OpenInJournal[] = [];
  const inOrder = steps.toSorted((a, b) => a.t - b.t);
  for (const [fault, planned] of faults.entries()) {
    for (const [index, target] of planned.targets.entries()) {
      const own = inOrder.filter((step) => step.fault === fault && (step.target ?? index) === index);
      // What its deadline was counted from, however long the beginning took.
      const begun = own.findLast(({ step }) => step === 'go') ?? own.findLast(({ step }) => step === 'applied');
      if (begun === undefined || isRefused(own)) continue;
      const which = { fault, target: index, kind: planned.kind, title: planned.title, targetName: target.name };
      const end = endOf(planned, own);
      if (end !== undefined) ended.push({ ...which, ...end, by: 'journal' });
      else {
        const last = own.findLast(({ step }) => step === 'unconfirmed');
        open.push({
          shown: { ...which, deadlineMs: header.startedAt + begun.t + (planned.durationMs ?? 0), isUnconfirmed: last !== undefined },
          ...{ planned, target },
          ...(last?.command === undefined ? {} : { command: last.command }),
        });
      }
    }
  }
  return { header, ended, open };
}

/** Nothing was injected, whatever was sent. */
function isRefused(own: readonly FaultEvent[]): boolean {
  return own.some(({ step }) => step === 'refused') && !own.some(({ step }) => step === 'applied');
}

function endOf({ kind, durationMs }: PlannedFault, own: readonly FaultEvent[]): Pick<StoppedFault, 'end' | 'text'> | undefined {
  if (kind === 'none' || durationMs === undefined) return { end: 'healed', text: t('It was over as soon as it had happened.') };
  // At its deadline, or early: that is what was told. Whoever was there has then looked, and written what was seen.
  const end = own.findLast(({ step }) => step === 'healed' || step === 'unconfirmed');
  if (end?.step !== 'healed') return undefined;
  const hasExpired = own.some(({ step }) => step === 'expired');
  return { end: hasExpired ? 'expired' : 'healed', text: end.text ?? t('Its end was verified.') };
}

/** Beside a journal all of whose faults have ended: it is not read again, and no cluster is asked. */
const endedFile = 'faults-ended.json';
const format = 1;
const endedShape = v.object({ format: v.literal(format), journalBytes: v.number() });

export async function hasEnded({ folder, journalBytes }: RunRecord): Promise<boolean> {
  try {
    const found = v.safeParse(endedShape, JSON.parse(await readFile(join(folder, endedFile), 'utf8')));
    return found.success && found.output.journalBytes === journalBytes;
  } catch {
    return false;
  }
}

/** Not being able to keep it costs time, nothing else. */
export async function keepEnded({ folder, journalBytes }: RunRecord): Promise<void> {
  const path = join(folder, endedFile);
  const draft = `${path}.${process.pid}`;
  try {
    await writeFile(draft, `${JSON.stringify({ format, journalBytes })}\n`, { mode: 0o600 });
    await rename(draft, path);
  } catch {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}
