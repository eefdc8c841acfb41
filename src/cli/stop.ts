/** `faultline stop`: ends runs, and says of each fault that they left whether it is healed. */
import type { StoppedFault, StoppedRun, StopReport } from '../run/stop/report.ts';
import { isAllWell } from '../run/stop/report.ts';
import { canBeStopped, stopAll } from '../run/stop/stop.ts';
import { invalid } from '../base/errors.ts';
import { openPlanned } from '../run/cluster.ts';
import type { RunRecord } from '../journal/runs.ts';
import type { RunStore } from '../journal/store.ts';
import { visible } from './format/width.ts';
import { runStore } from './runs.ts';
import { signsFor } from './signs.ts';
import { exitCodes, StatusLine, write, type Terminal } from './terminal.ts';

export interface StopOptions {
  readonly runs: readonly string[];
  readonly all: boolean;
  readonly json: boolean;
}

/** Answers 3 where something is unconfirmed. Fails: `notFound`, `invalid` (there is nothing of it to stop), `storage`. */
export async function runStop({ runs, all, json }: StopOptions, terminal: Terminal): Promise<number> {
  if (all && runs.length > 0) throw invalid('Both runs and --all are given', 'Give one of the two.');
  if (!all && runs.length === 0)
    throw invalid('No run is named', 'Name one, or give --all: each run that breaks something, and each fault that none heals any more.');
  const store = runStore(terminal);
  const records = all ? undefined : await named(runs, store);
  const status = new StatusLine(terminal);
  let report: StopReport;
  try {
    report = await stopAll(
      {
        ...{ store, connect: (cluster) => openPlanned(cluster, terminal.env), onStep: (text) => status.show(visible(text)) },
        ...(records === undefined ? {} : { runs: records }),
      },
      terminal.signal,
    );
  } finally {
    status.clear();
  }
  await write(terminal, json ? `${JSON.stringify(report, null, 2)}\n` : describeStop(report, terminal));
  return isAllWell(report) ? exitCodes.done : exitCodes.failed;
}

/** A wrong name stops nothing. */
async function named(names: readonly string[], store: RunStore): Promise<readonly RunRecord[]> {
  const found = await Promise.all(names.map((name) => store.find(name)));
  const records = [...new Map(found.map((record) => [record.run, record])).values()];
  for (const record of records) {
    if (await canBeStopped(record)) continue;
    throw invalid(`The run ${record.run} is not running: there is nothing to stop`, '“faultline runs” shows those that are.');
  }
  return records;
}

/** Ends with a line feed. */
export function describeStop({ runs, clusters }: StopReport, terminal: Pick<Terminal, 'env'>): string {
  if (runs.length === 0) return 'Nothing is broken: no run that breaks something goes on, and no journal has a fault without its end.\n';
  const lines = runs.flatMap((run) => [titleOf(run), ...run.faults.flatMap((fault) => faultLines(fault, terminal))]);
  for (const { context, problem } of clusters) if (problem !== undefined) lines.push(`Cluster ${context}: ${problem}`);
  const open = runs.flatMap(({ faults }) => faults).filter(({ end }) => end === 'unconfirmed').length;
  if (open > 0)
    lines.push(
      `${open === 1 ? '1 fault is' : `${open} faults are`} UNCONFIRMED: type the commands above, then “faultline stop --all” once more.`,
    );
  return `${lines.map(visible).join('\n')}\n`;
}

function titleOf({ run, process, text }: StoppedRun): string {
  switch (process) {
    case 'stopped':
      return `Run ${run} stopped; “faultline report ${run} --format md” shows its figures so far.`;
    case 'notRunning':
      return `Run ${run} had no process any more.`;
    case 'noAnswer':
      return `Run ${run} was NOT stopped: ${text ?? 'its process does not answer.'}`;
  }
}

function faultLines({ title, targetName, end, text, command }: StoppedFault, terminal: Pick<Terminal, 'env'>): readonly string[] {
  const signs = signsFor(terminal.env);
  const words = { healed: `${signs.met} healed`, expired: `${signs.met} expired by itself`, unconfirmed: `${signs.broken} UNCONFIRMED` };
  const whom = title.includes(targetName) ? title : `${title} (${targetName})`;
  return [`  ${words[end]}: ${whom}`, `      ${text}`, ...(command === undefined ? [] : [`      ${command}`])];
}
