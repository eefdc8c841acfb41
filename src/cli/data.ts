/** `faultline data`: TPC-H data sets on this machine. */
import { existsSync } from 'node:fs';
import { invalid } from '../base/errors.ts';
import { faultlineHome } from '../base/home.ts';
import { formatBytes, formatDuration } from '../base/units.ts';
import { DataSets } from '../workload/tpch/datasets.ts';
import { parseScale } from '../workload/tpch/scale.ts';
import { exitCodes, StatusLine, write, type Terminal } from './terminal.ts';

/** What the commands need of the package: see `packagePaths`. */
export interface CliPaths {
  readonly version: string;
  readonly datagen: string;
  readonly webview: string;
  readonly extensionFolder?: string;
}

export function dataSets(terminal: Terminal, paths: CliPaths): DataSets {
  return new DataSets({
    home: faultlineHome(terminal.env),
    generator: paths.datagen,
    ...(paths.extensionFolder === undefined ? {} : { extensionFolder: paths.extensionFolder }),
  });
}

/** Answers the path; progress on a terminal, and only for what takes a while. */
export async function makeDataSet(scale: number, sets: DataSets, terminal: Terminal): Promise<string> {
  const path = sets.pathOf(scale);
  if (existsSync(path)) return path;
  const status = new StatusLine(terminal);
  const { sizeBytes, durationMs } = await sets.estimate(scale);
  if (durationMs > 2000) status.show(`Making TPC-H ${scale}: about ${formatBytes(sizeBytes)}, ${formatDuration(durationMs)}`);
  const started = performance.now();
  try {
    return await sets.ensure(scale, {
      signal: terminal.signal,
      onProgress: ({ fraction, waiting }) => {
        if (waiting) status.show(`Waiting for TPC-H ${scale}, which another process makes`);
        else if (durationMs > 2000)
          status.show(`Making TPC-H ${scale}  ${bar(fraction ?? 0)}  ${left(fraction ?? 0, performance.now() - started)}`);
      },
    });
  } finally {
    status.clear();
  }
}

export async function runMake(scale: number, terminal: Terminal, paths: CliPaths): Promise<number> {
  const sets = dataSets(terminal, paths);
  const isThere = existsSync(sets.pathOf(scale));
  const started = performance.now();
  const path = await makeDataSet(scale, sets, terminal);
  const made = (await sets.list()).find((set) => set.scale === scale);
  const size = made === undefined ? '' : `, ${formatBytes(made.sizeBytes)}`;
  const took = isThere ? 'was there already' : `made in ${formatDuration(performance.now() - started)}`;
  await write(terminal, `TPC-H ${scale} ${took}${size}: ${path}\n`);
  return exitCodes.done;
}

export async function runList(asJson: boolean, terminal: Terminal, paths: CliPaths): Promise<number> {
  const sets = await dataSets(terminal, paths).list();
  if (asJson) {
    const rows = sets.map(({ scale, path, sizeBytes, madeAt }) => ({ scale, path, sizeBytes, madeAt: new Date(madeAt).toISOString() }));
    await write(terminal, `${JSON.stringify(rows, null, 2)}\n`);
    return exitCodes.done;
  }
  if (sets.length === 0) {
    await write(terminal, 'No data sets yet. “faultline data tpch --scale 1” makes one.\n');
    return exitCodes.done;
  }
  const lines = sets.map(({ scale, path, sizeBytes, madeAt }) => [String(scale), formatBytes(sizeBytes), day(madeAt), path]);
  const table = [['SCALE', 'SIZE', 'MADE', 'PATH'], ...lines];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((line) => line[column]?.length ?? 0)));
  for (const [scale = '', size = '', made = '', path = ''] of table) {
    const [first = 0, second = 0, third = 0] = widths;
    await write(terminal, `${scale.padStart(first)}  ${size.padStart(second)}  ${made.padEnd(third)}  ${path}\n`);
  }
  return exitCodes.done;
}

export async function runRemove(scale: string | undefined, all: boolean, terminal: Terminal, paths: CliPaths): Promise<number> {
  const sets = dataSets(terminal, paths);
  if (all && scale !== undefined) throw invalid('Both a scale factor and --all are given', 'Give one of the two.');
  if (!all && scale === undefined) throw invalid('No scale factor is given', 'Name one, such as “faultline data remove 1”, or give --all.');
  const scales = scale === undefined ? (await sets.list()).map((set) => set.scale) : [parseScale(scale)];
  for (const one of scales) {
    await sets.remove(one);
    await write(terminal, `TPC-H ${one} removed\n`);
  }
  return exitCodes.done;
}

function bar(fraction: number): string {
  const full = Math.round(fraction * 24);
  return `${'█'.repeat(full)}${'░'.repeat(24 - full)} ${String(Math.floor(fraction * 100)).padStart(3)} %`;
}

function left(fraction: number, elapsedMs: number): string {
  return fraction <= 0 ? '' : `${formatDuration((elapsedMs / fraction) * (1 - fraction))} left`;
}

function day(ms: number): string {
  const date = new Date(ms);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
