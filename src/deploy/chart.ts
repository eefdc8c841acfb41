/** A chart by whatever name a person has for it, as a folder with what a deploy reads of it. */
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { parse } from 'yaml';
import { FaultlineError, invalid } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import { nearest } from '../base/nearest.ts';
import type { ChartSource, Helm } from './helm/helm.ts';
import { readValues } from './values/sources.ts';
import type { ValuesSource } from './values/sources.ts';

export interface ChartFacts {
  readonly name: string;
  readonly version: string;
  readonly appVersion?: string;
  readonly description?: string;
  /** Names under which values of dependencies stand. */
  readonly dependencies: readonly string[];
}

export interface LoadedChart extends ChartFacts {
  readonly folder: string;
  readonly defaults: ValuesSource;
  /** Of `values.schema.json`; absent: the chart takes anything. */
  readonly schema?: unknown;
  readonly profiles: readonly string[];
}

export interface BuiltInChart extends ChartFacts {
  readonly folder: string;
  readonly profiles: readonly string[];
}

const chartFile = v.object({
  name: v.string(),
  version: v.string(),
  // YAML reads 476 as a number.
  appVersion: v.optional(v.pipe(v.union([v.string(), v.number()]), v.transform(String))),
  description: v.optional(v.string()),
  dependencies: v.optional(v.array(v.object({ name: v.string(), alias: v.optional(v.string()) })), []),
});

/** The charts of the package, by name. */
export async function builtInCharts(chartsFolder: string): Promise<readonly BuiltInChart[]> {
  const names = await readdir(chartsFolder).catch(() => []);
  const charts = await Promise.all(
    names
      .toSorted((a, b) => a.localeCompare(b))
      .map(async (name) => {
        const folder = join(chartsFolder, name);
        if (!(await isFile(join(folder, 'Chart.yaml')))) return [];
        return [{ ...(await readFacts(folder)), folder, profiles: await profilesOf(folder) }];
      }),
  );
  return charts.flat();
}

export interface ChartPlace {
  readonly helm: Helm;
  readonly chartsFolder: string;
  /** Where a fetched or unpacked one goes. */
  readonly scratch: string;
}

/** Fails: `notFound`, `invalid` (no chart), `unreachable`, `unauthorised`. */
export async function loadChart(
  source: ChartSource,
  { helm, chartsFolder, scratch }: ChartPlace,
  signal: AbortSignal,
): Promise<LoadedChart> {
  const folder = await withDependencies(await folderOf(source, { helm, chartsFolder, scratch }, signal), helm, scratch, signal);
  const facts = await readFacts(folder);
  const schema = await readFile(join(folder, 'values.schema.json'), 'utf8').catch(() => undefined);
  return {
    ...facts,
    folder,
    defaults: (await isFile(join(folder, 'values.yaml')))
      ? await readValues(join(folder, 'values.yaml'))
      : { name: 'values.yaml', values: {}, placeOf: () => undefined },
    profiles: await profilesOf(folder),
    ...(schema === undefined ? {} : { schema: parseSchema(schema, facts.name) }),
  };
}

/** Fails: `invalid` with the profiles that there are. */
export async function readProfile({ name, folder, profiles }: LoadedChart, profile: string): Promise<ValuesSource> {
  if (!profiles.includes(profile)) {
    const meant = nearest(profile, profiles);
    throw invalid(
      t('The chart {0} has no profile “{1}”', name, profile),
      profiles.length === 0
        ? t('It has none: leave --profile out.')
        : meant === undefined
          ? t('There are: {0}.', profiles.join(', '))
          : t('Did you mean “{0}”? There are: {1}.', meant, profiles.join(', ')),
    );
  }
  const source = await readValues(join(folder, `values-${profile}.yaml`));
  return { ...source, name: t('profile {0}', profile) };
}

async function folderOf(source: ChartSource, { helm, chartsFolder, scratch }: ChartPlace, signal: AbortSignal): Promise<string> {
  const { chart: reference, repo } = source;
  const pulled = async (): Promise<string> => {
    const target = join(scratch, 'pulled');
    await helm.pull(source, target, signal);
    return onlyFolder(target, reference);
  };
  if (repo !== undefined) {
    if (!/^https?:\/\//.test(repo))
      throw invalid(t('“{0}” is no repository', repo), t('Give its URL: the folder in which its index.yaml is.'));
    return pulled();
  }
  if (/^[\w-]+$/.test(reference)) {
    const builtIn = join(chartsFolder, reference);
    if (await isFile(join(builtIn, 'Chart.yaml'))) return builtIn;
  }
  const local = resolve(reference.startsWith('~/') ? join(homedir(), reference.slice(2)) : reference);
  if (await isFile(join(local, 'Chart.yaml'))) return local;
  if (await isFile(local)) return unpack(local, scratch);
  if (/^[./~]/.test(reference) || /^[\w-]+$/.test(reference)) throw await missing(reference, chartsFolder);
  return pulled();
}

async function missing(reference: string, chartsFolder: string): Promise<FaultlineError> {
  const names = (await builtInCharts(chartsFolder)).map(({ name }) => name);
  const meant = nearest(reference, names);
  return new FaultlineError('notFound', {
    what: t('There is no chart “{0}”', reference),
    ...(meant === undefined ? {} : { meaning: t('Did you mean “{0}”?', meant) }),
    remedy: t(
      'Built in are: {0}. Others are named by a folder with a Chart.yaml, a .tgz file, repo/name, oci://… or https://….',
      names.join(', ') || t('none'),
    ),
  });
}

/** By the system's own tar, which every platform has; it refuses names that lead out of the folder. */
async function unpack(file: string, scratch: string): Promise<string> {
  const target = join(scratch, 'unpacked');
  try {
    await cp(file, join(scratch, 'chart.tgz'));
    await mkdir(target);
    await promisify(execFile)('tar', ['-xzf', join(scratch, 'chart.tgz'), '-C', target]);
  } catch (error) {
    throw new FaultlineError('invalid', { what: t('{0} is no packed chart', file), remedy: t('“helm package” makes one.') }, error);
  }
  return onlyFolder(target, file);
}

async function onlyFolder(parent: string, reference: string): Promise<string> {
  for (const name of await readdir(parent)) {
    if (await isFile(join(parent, name, 'Chart.yaml'))) return join(parent, name);
  }
  throw invalid(t('{0} holds no chart', reference), t('A chart is a folder with a Chart.yaml.'));
}

/** Dependencies that are not there are fetched into a copy: a person's folder is only read. */
async function withDependencies(folder: string, helm: Helm, scratch: string, signal: AbortSignal): Promise<string> {
  const { dependencies } = await readChartFile(folder);
  const there = await readdir(join(folder, 'charts')).catch(() => []);
  if (dependencies.every(({ name }) => there.some((entry) => entry === name || entry.startsWith(`${name}-`)))) return folder;
  const copy = join(scratch, 'complete', basename(folder));
  await cp(folder, copy, { recursive: true });
  await helm.dependencies(copy, signal);
  return copy;
}

async function readFacts(folder: string): Promise<ChartFacts> {
  const { name, version, appVersion, description, dependencies } = await readChartFile(folder);
  return {
    name,
    version,
    dependencies: dependencies.map((one) => one.alias ?? one.name),
    ...(appVersion === undefined ? {} : { appVersion }),
    ...(description === undefined ? {} : { description }),
  };
}

async function readChartFile(folder: string): Promise<v.InferOutput<typeof chartFile>> {
  const file = join(folder, 'Chart.yaml');
  try {
    return v.parse(chartFile, parse(await readFile(file, 'utf8')));
  } catch (error) {
    const meaning = error instanceof Error ? (error.message.split('\n')[0] ?? '') : '';
    throw new FaultlineError('invalid', { what: t('{0} is no Chart.yaml of Helm', file), meaning }, error);
  }
}

async function profilesOf(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder);
  return names.flatMap((name) => /^values-([\w.-]+)\.ya?ml$/.exec(name)?.[1] ?? []).sort();
}

function parseSchema(text: string, chart: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FaultlineError('invalid', { what: t('The values.schema.json of {0} is no JSON', chart) }, error);
  }
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
