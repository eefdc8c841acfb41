/** `faultline runs`: what was run on this machine, from any window or terminal. */
import { formatSeconds } from '../analysis/recovery/judge/metric-text.ts';
import type { RunSummary } from '../analysis/view.ts';
import { FaultlineError } from '../base/errors.ts';
import { faultlineHome } from '../base/home.ts';
import { formatDuration } from '../base/units.ts';
import type { RunRecord } from '../journal/runs.ts';
import { RunStore } from '../journal/store.ts';
import { summaryOfRun } from '../run/summaries.ts';
import { columnsText, minute } from './columns.ts';
import { fit } from './format/width.ts';
import { exitCodes, StatusLine, write, type Terminal } from './terminal.ts';

export interface RunsOptions {
  readonly json: boolean;
  /** The newest so many. */
  readonly limit: number;
}

/** A run whose journal tells nothing: a newer format, or damaged. */
interface UnreadableRun {
  readonly run: string;
  readonly status: 'newer' | 'damaged';
  readonly reason: string;
}

export function runStore(terminal: Terminal): RunStore {
  return new RunStore({ home: faultlineHome(terminal.env) });
}

export async function runRuns({ json, limit }: RunsOptions, terminal: Terminal): Promise<number> {
  const records = await runStore(terminal).list(limit);
  const runs = await readAll(records, terminal);
  if (json) await write(terminal, `${JSON.stringify(runs, null, 2)}\n`);
  else if (runs.length === 0) await write(terminal, 'No runs yet. “faultline bench tpch --engine duckdb” makes one.\n');
  else await write(terminal, tableOf(runs, terminal));
  return exitCodes.done;
}

export async function runRunsRemove(names: readonly string[], terminal: Terminal): Promise<number> {
  const store = runStore(terminal);
  // All are found before the first is removed: "last" means one run, and a wrong name removes nothing.
  const found = await Promise.all(names.map((name) => store.find(name)));
  for (const run of new Set(found.map((record) => record.run))) {
    await store.remove(run);
    await write(terminal, `Run ${run} removed\n`);
  }
  return exitCodes.done;
}

async function readAll(records: readonly RunRecord[], terminal: Terminal): Promise<readonly (RunSummary | UnreadableRun)[]> {
  const status = new StatusLine(terminal);
  const runs: (RunSummary | UnreadableRun)[] = [];
  try {
    for (const record of records) {
      terminal.signal.throwIfAborted();
      if (runs.length > 0 && runs.length % 20 === 0) status.show(`Reading runs: ${runs.length} of ${records.length}`);
      const run = await readOne(record);
      if (run !== undefined) runs.push(run);
    }
  } finally {
    status.clear();
  }
  return runs;
}

/** Undefined: it was removed meanwhile. */
async function readOne(record: RunRecord): Promise<RunSummary | UnreadableRun | undefined> {
  try {
    return await summaryOfRun(record);
  } catch (error) {
    if (FaultlineError.is(error, 'notFound')) return undefined;
    if (!FaultlineError.is(error, 'unsupported') && !FaultlineError.is(error, 'invalid')) throw error;
    return { run: record.run, status: error.reason === 'unsupported' ? 'newer' : 'damaged', reason: error.facts.what };
  }
}

function tableOf(runs: readonly (RunSummary | UnreadableRun)[], terminal: Terminal): string {
  const text = (title: string): { title: string; isNumber: boolean } => ({ title, isNumber: false });
  const number = (title: string): { title: string; isNumber: boolean } => ({ title, isNumber: true });
  // Who never breaks anything has nothing to recover from.
  const breaks = runs.some((run) => 'verdict' in run && run.recovery !== undefined);
  const [what, figures] = breaks ? ['Engine or fault', [number('Recovered'), number('Unavailable')]] : ['Engine', []];
  const columns = [
    text('Run'),
    text('Started'),
    text('Verdict'),
    text(what),
    number('Duration'),
    ...figures,
    number('p99'),
    text('Reason'),
  ];
  return columnsText(
    {
      columns,
      // When it began is in its id.
      spare: ['Started', ...(breaks ? ['Duration', 'p99', 'Unavailable', what] : [what, 'Duration'])],
      rows: runs.map((run) =>
        'verdict' in run
          ? summaryCells(run, breaks)
          : columns.map((_, index) => (index === 0 ? run.run : index === 2 ? run.status : index === columns.length - 1 ? run.reason : '')),
      ),
    },
    terminal,
  );
}

/** As much of a fault's name as leaves room for its reason. */
const titleWidth = 40;

function summaryCells(summary: RunSummary, breaks: boolean): readonly string[] {
  const { run, startedAt, verdict, status, engine, scale, durationMs, latencyMs, reason, recovery } = summary;
  return [
    run,
    minute(startedAt),
    verdictCell(status, verdict),
    recovery !== undefined ? fit(recovery.title, titleWidth) : scale === null ? engine : `${engine}, TPC-H ${scale}`,
    formatDuration(durationMs),
    ...(breaks ? recoveryCells(recovery) : []),
    latencyMs.p99 === null ? '–' : formatDuration(latencyMs.p99),
    reason,
  ];
}

/** What never came has no number. */
function recoveryCells(recovery: RunSummary['recovery']): readonly string[] {
  if (recovery === undefined) return ['', ''];
  const { recovered, unavailableMs, unavailableGoesOn } = recovery;
  const unavailable = unavailableMs === null ? '–' : `${unavailableGoesOn === true ? '≥ ' : ''}${formatSeconds(unavailableMs)}`;
  switch (recovered.kind) {
    case 'value':
      return [formatSeconds(recovered.ms), unavailable];
    case 'never':
      return ['never', unavailable];
    case 'none':
      return ['no impact', unavailable];
    case 'unknown':
      return ['–', unavailable];
  }
}

/** An interrupted run is inconclusive, and so is one that never began: how it ended is what a person looks for. */
function verdictCell(status: RunSummary['status'], verdict: RunSummary['verdict']): string {
  if (status === 'running' || status === 'interrupted') return status;
  return status === 'failed' && verdict !== 'failed' ? 'not carried out' : (verdict ?? status);
}
