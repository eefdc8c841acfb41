/** A chart of ours as a release in a test's namespace, by Helm itself. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Progress } from '../../workbench/cache.mjs';
import { program } from '../build/programs.ts';
import { DEFAULT_MINOR } from '../versions.ts';
import type { TestLab } from './lab.ts';

const run = promisify(execFile);
const CHARTS = join(import.meta.dirname, '../../../media/charts');
const HELM_LIMIT_MS = 400_000;

export type ChartName = 'trino' | 'clickhouse' | 'kafka';

export interface Release {
  /** Instance label of everything that belongs to it. */
  readonly selector: string;
  /** Installs or upgrades, and ends when all of it is ready and the hooks are through. `values` are `key=value`, as for `--set`. */
  deploy(...values: readonly string[]): Promise<void>;
  /** What Helm says against these values; throws when it says nothing. */
  refusal(...values: readonly string[]): Promise<string>;
  rollback(revision: number): Promise<void>;
  /** Output of the test hooks; throws with their logs when one fails. */
  test(): Promise<string>;
  /** Ends when everything is deleted; pods may still be on their way. */
  uninstall(): Promise<void>;
  /** Names of releases in the namespace. */
  list(): Promise<readonly string[]>;
  /** What the API server says to all objects of a profile when it only looks at them: a line each. */
  dryRun(profile: string): Promise<readonly string[]>;
}

/** `chart` with the profile `lab`; the release has the chart's name. */
export async function chartRelease(lab: TestLab, chart: ChartName): Promise<Release> {
  const progress = new Progress('lines');
  const [helmPath, kubectlPath] = [await program('helm', DEFAULT_MINOR, progress), await program('kubectl', DEFAULT_MINOR, progress)];
  const folder = join(CHARTS, chart);
  const helm = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await run(helmPath, [...args, '--kubeconfig', lab.kubeconfig, '--namespace', lab.namespace], {
      timeout: HELM_LIMIT_MS,
      signal: lab.signal,
      maxBuffer: 50_000_000,
    });
    return stdout;
  };
  const values = (profile: string): string[] => ['--values', join(folder, `values-${profile}.yaml`)];
  const sets = (given: readonly string[]): string[] => given.flatMap((one) => ['--set', one]);
  const WAIT = ['--wait', '--timeout', '6m'];
  return {
    selector: `app.kubernetes.io/instance=${chart}`,
    deploy: async (...given) => {
      await helm('upgrade', '--install', chart, folder, ...values('lab'), ...sets(given), ...WAIT);
    },
    refusal: async (...given) => {
      try {
        await helm('upgrade', '--install', chart, folder, ...values('lab'), ...sets(given), ...WAIT);
      } catch (error) {
        return String(Reflect.get(Object(error), 'stderr'));
      }
      throw new Error(`Helm took ${given.join(' ')}.`);
    },
    rollback: async (revision) => {
      await helm('rollback', chart, String(revision), ...WAIT);
    },
    test: () => helm('test', chart, '--logs', '--timeout', '5m'),
    uninstall: async () => {
      await helm('uninstall', chart, '--wait', '--timeout', '5m');
    },
    list: async () => (await helm('list', '--short')).split('\n').filter((name) => name !== ''),
    dryRun: async (profile) => {
      const rendered = await helm('template', chart, folder, ...values(profile), '--no-hooks');
      const child = run(kubectlPath, ['apply', '--dry-run=server', '--kubeconfig', lab.kubeconfig, '-n', lab.namespace, '-f', '-'], {
        timeout: HELM_LIMIT_MS,
        signal: lab.signal,
      });
      child.child.stdin?.end(rendered);
      return (await child).stdout.trim().split('\n');
    },
  };
}
