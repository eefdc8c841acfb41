/** The commands of Helm that a deploy needs, on one cluster. */
import * as v from 'valibot';
import type { ReleaseName, ReleaseState, ReleaseStatusWord } from '../release.ts';
import type { HelmProgram } from './find.ts';
import type { KubeContext } from '../../cluster/connect/kubeconfig.ts';
import { clusterFor } from './cluster.ts';
import { speaksNoTls } from './failure.ts';
import { runHelm } from './run.ts';
import type { HelmRun } from './run.ts';
import { FaultlineError } from '../../base/errors.ts';

export interface HelmPlace {
  readonly program: HelmProgram;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly context: KubeContext;
}

export interface Render extends ReleaseName {
  /** Folder or .tgz. */
  readonly chart: string;
  readonly valuesFile: string;
  readonly isUpgrade: boolean;
}

export interface Upgrade extends ReleaseName {
  readonly chart: string;
  readonly valuesFile: string;
  readonly timeoutMs: number;
  readonly description: string;
}

/** A chart that is no file here. */
export interface ChartSource {
  /** `repo/name`, `oci://…`, `https://…`; a name where `repo` is given. */
  readonly chart: string;
  readonly version?: string;
  readonly repo?: string;
}

export interface Helm {
  readonly program: HelmProgram;
  /** Manifests as the server would get them, hooks and definitions too; nothing is changed. */
  template(render: Render, signal: AbortSignal): Promise<string>;
  /** Does not wait for readiness, but for hooks. */
  upgrade(upgrade: Upgrade, signal: AbortSignal, onStart: (pid: number) => void): Promise<void>;
  rollback(name: ReleaseName, revision: number, timeoutMs: number, signal: AbortSignal, onStart: (pid: number) => void): Promise<void>;
  uninstall(name: ReleaseName, timeoutMs: number, signal: AbortSignal): Promise<void>;
  test(name: ReleaseName, timeoutMs: number, signal: AbortSignal): Promise<void>;
  manifest(name: ReleaseName, signal: AbortSignal, revision?: number): Promise<string>;
  hooks(name: ReleaseName, signal: AbortSignal): Promise<string>;
  /** Newest first; empty when there is no such release. */
  history(name: ReleaseName, signal: AbortSignal): Promise<readonly ReleaseState[]>;
  list(namespace: string | undefined, signal: AbortSignal): Promise<readonly ReleaseState[]>;
  /** Brings a chart into `folder`, unpacked. A registry on this machine may do without TLS. */
  pull(chart: ChartSource, folder: string, signal: AbortSignal): Promise<void>;
  /** Fetches the charts that it depends on. */
  dependencies(folder: string, signal: AbortSignal): Promise<void>;
}

const historyRows = v.array(
  v.object({
    revision: v.number(),
    updated: v.string(),
    status: v.string(),
    chart: v.string(),
    app_version: v.optional(v.string(), ''),
    description: v.optional(v.string(), ''),
  }),
);
const listRows = v.array(
  v.object({
    name: v.string(),
    namespace: v.string(),
    // A text in `helm list`, a number in `helm history`.
    revision: v.pipe(v.union([v.string(), v.number()]), v.transform(Number)),
    updated: v.string(),
    status: v.string(),
    chart: v.string(),
    app_version: v.optional(v.string(), ''),
  }),
);
const words: readonly ReleaseStatusWord[] = [
  'deployed',
  'failed',
  'superseded',
  'uninstalled',
  'uninstalling',
  'pending-install',
  'pending-upgrade',
  'pending-rollback',
];
const HISTORY_MAX = 256;
/** For what Helm does besides waiting. */
const SLACK_MS = 20_000;

export function helmOn(place: HelmPlace): Helm {
  const { program, env, context } = place;
  const { args: cluster, env: more } = clusterFor(context, env);
  const run = (args: readonly string[], signal: AbortSignal, bounds: Pick<HelmRun, 'onStart' | 'limitMs'> = {}): Promise<string> =>
    runHelm({ path: program.path, args, env, more, signal, ...bounds });
  const on = (namespace: string): readonly string[] => [...cluster, '--namespace', namespace];
  const four = program.major === 4;
  return {
    program,
    template: ({ release, namespace, chart, valuesFile, isUpgrade }, signal) =>
      run(
        [
          'template',
          release,
          chart,
          ...on(namespace),
          '--values',
          valuesFile,
          '--include-crds',
          // With the cluster's own version, kinds and objects, which `lookup` asks for. Helm 3 needs both words for it.
          '--dry-run=server',
          ...(four ? [] : ['--validate']),
          ...(isUpgrade ? ['--is-upgrade'] : []),
        ],
        signal,
      ),
    upgrade: async ({ release, namespace, chart, valuesFile, timeoutMs, description }, signal, onStart) => {
      // The namespace is there: for --create-namespace, Helm 3 wants to be allowed to make namespaces all the same.
      const args = ['upgrade', release, chart, ...on(namespace), '--install', '--reset-values'];
      await run(
        [...args, '--values', valuesFile, '--timeout', seconds(timeoutMs), '--description', description, '--output', 'json'],
        signal,
        { onStart, limitMs: timeoutMs + SLACK_MS },
      );
    },
    rollback: async ({ release, namespace }, revision, timeoutMs, signal, onStart) => {
      await run(['rollback', release, String(revision), ...on(namespace), '--timeout', seconds(timeoutMs)], signal, {
        onStart,
        limitMs: timeoutMs + SLACK_MS,
      });
    },
    uninstall: async ({ release, namespace }, timeoutMs, signal) => {
      await run(['uninstall', release, ...on(namespace), '--timeout', seconds(timeoutMs)], signal, { limitMs: timeoutMs + SLACK_MS });
    },
    test: async ({ release, namespace }, timeoutMs, signal) => {
      await run(['test', release, ...on(namespace), '--timeout', seconds(timeoutMs)], signal, { limitMs: timeoutMs + SLACK_MS });
    },
    manifest: ({ release, namespace }, signal, revision) =>
      run(['get', 'manifest', release, ...on(namespace), ...(revision === undefined ? [] : ['--revision', String(revision)])], signal),
    hooks: ({ release, namespace }, signal) => run(['get', 'hooks', release, ...on(namespace)], signal),
    history: async ({ release, namespace }, signal) => {
      try {
        const args = ['history', release, ...on(namespace), '--max', String(HISTORY_MAX), '--output', 'json'];
        const rows = v.parse(historyRows, JSON.parse(await run(args, signal)));
        return rows
          .map(({ status, app_version, ...row }) => ({ ...row, release, namespace, appVersion: app_version, status: wordOf(status) }))
          .sort((a, b) => b.revision - a.revision);
      } catch (error) {
        if (FaultlineError.is(error, 'notFound')) return [];
        throw error;
      }
    },
    list: async (namespace, signal) => {
      const where = namespace === undefined ? ['--all-namespaces'] : ['--namespace', namespace];
      // Helm 4 lists every state by itself, and calls `--all` unknown.
      const args = ['list', ...cluster, ...where, ...(four ? [] : ['--all']), '--max', '0', '--output', 'json'];
      const rows = v.parse(listRows, JSON.parse(await run(args, signal)));
      return rows.map(({ name, status, app_version, ...row }) => ({
        ...row,
        release: name,
        appVersion: app_version,
        status: wordOf(status),
        description: '',
      }));
    },
    pull: async ({ chart, version, repo }, folder, signal) => {
      const where = [...(repo === undefined ? [] : ['--repo', repo]), ...(version === undefined ? [] : ['--version', version])];
      const args = ['pull', chart, ...where, '--untar', '--untardir', folder];
      try {
        await run(args, signal);
      } catch (error) {
        // Helm 3 tries it without by itself, Helm 4 does not.
        if (!isLoopback(chart) || !speaksNoTls(error)) throw error;
        await run([...args, '--plain-http'], signal);
      }
    },
    dependencies: async (folder, signal) => {
      await run(['dependency', 'build', folder], signal);
    },
  };
}

function isLoopback(chart: string): boolean {
  return /^oci:\/\/(?:localhost|127(?:\.\d+){3}|\[::1\])[:/]/.test(chart);
}

function wordOf(status: string): ReleaseStatusWord {
  return words.find((word) => word === status) ?? 'unknown';
}

/** At least one: Helm takes 0 for no limit. */
function seconds(durationMs: number): string {
  return `${Math.max(1, Math.ceil(durationMs / 1000))}s`;
}
