/** What Helm makes of our charts, as objects. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { Progress } from '../../workbench/cache.mjs';
import { program } from '../../lab/build/programs.ts';
import { DEFAULT_MINOR } from '../../lab/versions.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../../media/charts');

export const CHARTS = ['trino', 'clickhouse', 'kafka'] as const;
export type Chart = (typeof CHARTS)[number];
export const HELMS = ['helm', 'helm3'] as const;
export type Helm = (typeof HELMS)[number];

/** Any object of the cluster, read with `at`. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export function folderOf(chart: Chart): string {
  return join(ROOT, chart);
}

export function profilesOf(chart: Chart): readonly string[] {
  return readdirSync(folderOf(chart)).flatMap((file) => /^values-(.+)\.yaml$/.exec(file)?.[1] ?? []);
}

export function fileOf(chart: Chart, name: string): string {
  return readFileSync(join(folderOf(chart), name), 'utf8');
}

/** Standard output of Helm. Throws with what it says when it refuses. */
export async function helm(version: Helm, ...args: readonly string[]): Promise<string> {
  const path = await program(version, DEFAULT_MINOR, new Progress('lines'));
  const { stdout } = await run(path, args, { maxBuffer: 50_000_000 });
  return stdout;
}

/** All objects of a profile under the release `x`, hooks and tests among them. */
export async function render(version: Helm, chart: Chart, profile: string, ...sets: readonly string[]): Promise<readonly Json[]> {
  const values = join(folderOf(chart), `values-${profile}.yaml`);
  const text = await helm(version, 'template', 'x', folderOf(chart), '--values', values, ...sets.flatMap((one) => ['--set', one]));
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Json)
    .filter((object) => object !== null);
}

/** What is at the end of the path; undefined where it does not lead anywhere. */
export function at(object: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  let here = object;
  for (const key of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = Array.isArray(here) ? (here as readonly Json[])[Number(key)] : (here as Record<string, Json>)[key];
  }
  return here;
}

export function list(object: Json | undefined): readonly Json[] {
  return Array.isArray(object) ? (object as readonly Json[]) : [];
}

/** "Deployment/x-trino-worker" */
export function nameOf(object: Json): string {
  return `${String(at(object, 'kind'))}/${String(at(object, 'metadata', 'name'))}`;
}

/** The pod inside of a workload, or the pod itself. */
export function podOf(object: Json): Json | undefined {
  const kind = at(object, 'kind');
  if (kind === 'Pod') return object;
  return kind === 'Deployment' || kind === 'StatefulSet' || kind === 'Job' ? at(object, 'spec', 'template') : undefined;
}

/** Whether the labels have all that the selector asks for. */
export function matches(selector: Json | undefined, labels: Json | undefined): boolean {
  if (typeof selector !== 'object' || selector === null) return false;
  return Object.entries(selector).every(([key, value]) => at(labels, key) === value);
}
