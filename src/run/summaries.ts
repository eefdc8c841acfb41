/** Runs on disk as figures: projected from their journals, one line of each kept beside it. */
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunProjection } from '../analysis/run.ts';
import { summaryOf } from '../analysis/summary.ts';
import type { RecoveryView } from '../analysis/recovery/view.ts';
import type { RunSummary, RunView } from '../analysis/view.ts';
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import { readJournal } from '../journal/reader.ts';
import { runFiles, type RunRecord } from '../journal/runs.ts';

export interface ProjectedRun {
  readonly projection: RunProjection;
  readonly skippedLines: number;
  readonly view: RunView;
}

/** What `summary.json` holds. Another format, or a journal of another length: it is made again. */
interface KeptSummary {
  readonly format: number;
  readonly journalBytes: number;
  readonly summary: RunSummary;
}

/** Goes up whenever a figure of a summary gets another meaning, or its verdict other words. */
const summaryFormat = 3;

/** Reads the whole journal. Fails: `invalid` and `unsupported` (damaged or newer), `notFound`, `cancelled`. */
export async function projectRun(record: RunRecord, signal?: AbortSignal): Promise<ProjectedRun> {
  let projection: RunProjection | undefined;
  const { header, skippedLines } = await readJournal(
    join(record.folder, runFiles.journal),
    (events, header) => {
      projection ??= new RunProjection(header);
      for (const event of events) projection.add(event);
    },
    signal,
  );
  projection ??= new RunProjection(header);
  return { projection, skippedLines, view: projection.view(stateOf(record), skippedLines) };
}

/** Of a run that breaks something; null: of any other. */
export function recoveryOfRun({ projection, view: { status } }: Pick<ProjectedRun, 'projection' | 'view'>): RecoveryView | null {
  return projection.recoveryView(status === 'running' || status === 'interrupted' ? status : 'ended');
}

/** One line about a run; kept beside the journal once the run has ended, and made again when it is not there. A recorded run keeps none. Fails as `projectRun`. */
export async function summaryOfRun(record: RunRecord): Promise<RunSummary> {
  if (record.state === 'running') return summaryOf((await projectRun(record)).view);
  const kept = await readKept(record);
  if (kept !== undefined) return kept;
  const journalBytes = await journalSize(record);
  const summary = summaryOf((await projectRun(record)).view);
  if (!record.isRecorded) await keep(record, { format: summaryFormat, journalBytes, summary });
  return summary;
}

function stateOf({ state, run }: RunRecord): 'running' | 'ended' | 'interrupted' {
  if (state === 'running' || state === 'ended' || state === 'interrupted') return state;
  throw new FaultlineError(state === 'newer' ? 'unsupported' : 'invalid', {
    what: state === 'newer' ? t('Run {0} was made by a newer Faultline', run) : t('The journal of run {0} can’t be read', run),
    remedy: state === 'newer' ? t('Update Faultline to open it.') : t('Nothing of it can be shown; it can be deleted.'),
  });
}

async function readKept(record: RunRecord): Promise<RunSummary | undefined> {
  try {
    const kept = JSON.parse(await readFile(join(record.folder, runFiles.summary), 'utf8')) as Partial<KeptSummary>;
    return kept.format === summaryFormat && kept.journalBytes === (await journalSize(record)) ? kept.summary : undefined;
  } catch {
    return undefined;
  }
}

async function journalSize({ folder }: RunRecord): Promise<number> {
  return (await stat(join(folder, runFiles.journal))).size;
}

/** Not being able to keep it costs time, nothing else. */
async function keep({ folder }: RunRecord, kept: KeptSummary): Promise<void> {
  const path = join(folder, runFiles.summary);
  const draft = `${path}.${process.pid}`;
  try {
    await writeFile(draft, `${JSON.stringify(kept)}\n`);
    await rename(draft, path);
  } catch {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}
