/**
 * Charts into a cluster: what would change and which pods restart, then the change with its progress, and the way back. Helm does the
 * work; what it is at, and why something is stuck, is read from the cluster.
 */
import type { Disposable } from '../base/disposables.ts';
import type { Consent } from '../cluster/act/protection.ts';
import type { PasswordSecret } from '../cluster/sqlLogin.ts';
import type { WorkloadProgress } from './progress/progress.ts';
import type { ReleaseName, ReleaseState } from './release.ts';
import type { PlannedObject } from './plan/diff.ts';
import type { PodRestart } from './plan/restarts.ts';
import type { BuiltInChart } from './chart.ts';
import type { Manifest } from './objects.ts';
import type { LintWarning } from './lint/warning.ts';

export interface DeployRequest extends ReleaseName {
  /** Name of a built-in chart, folder, .tgz, `repo/name`, `oci://…`, `https://…`. */
  readonly chart: string;
  /** Of the chart, where it comes from a repository. */
  readonly version?: string;
  /** URL of the repository in which `chart` is a name. */
  readonly repo?: string;
  /** `values-PROFILE.yaml` of the chart. */
  readonly profile?: string;
  /** Paths of the person's own values; later ones win. */
  readonly valuesFiles?: readonly string[];
  /** Values that are no file (an editor's text), after the files. */
  readonly valuesTexts?: readonly ValuesText[];
  /** `key=value` as Helm's `--set`; last of all. Never reaches a command line. */
  readonly sets?: readonly string[];
}

export interface ValuesText {
  /** What people call it. */
  readonly name: string;
  readonly text: string;
}

export interface DeployPlan {
  readonly request: DeployRequest;
  readonly chart: { readonly name: string; readonly version: string; readonly appVersion?: string };
  readonly cluster: ClusterIdentity;
  /** Of the release now; absent: it is installed anew. */
  readonly current?: ReleaseState;
  /** Every object, those without a change too. */
  readonly objects: readonly PlannedObject[];
  readonly restarts: readonly PodRestart[];
  readonly warnings: readonly LintWarning[];
  /** What the API server would not take: a run would fail with it. */
  readonly refusals: readonly Refusal[];
  /** `helm test` hooks that the chart has. */
  readonly tests: readonly string[];
  /** As they will be sent. */
  readonly manifests: readonly Manifest[];
  /** What runs before and after, and is no part of the release. */
  readonly hooks: readonly Manifest[];
  /** With what is in it until `dispose`. */
  readonly chartFolder: string;
  readonly valuesFile: string;
}

export interface Refusal {
  /** `Deployment/web` */
  readonly object: string;
  /** The server's words. */
  readonly text: string;
}

/** A plan holds files: let it go when it was carried out or is not wanted. */
export interface HeldPlan extends DeployPlan, Disposable {}

export interface ClusterIdentity {
  readonly context: string;
  /** Name in the kubeconfig. */
  readonly cluster: string;
  /** `https://host:port` */
  readonly server: string;
  /** `v1.34.4` */
  readonly version: string;
  readonly nodes?: number;
}

export interface ReleaseHealth {
  readonly state: ReleaseState;
  /** A deploy that goes on now, in this or another process. */
  readonly held?: LockHolder;
  /** A deploy that ended in the middle: the next one goes on from there. */
  readonly interrupted: boolean;
  readonly workloads: readonly WorkloadProgress[];
  /** Where the passwords are that it made or was given; never what they are. */
  readonly passwords: readonly PasswordSecret[];
}

export interface LockHolder {
  /** `user@host, process 4711` */
  readonly who: string;
  /** ISO 8601. */
  readonly since: string;
}

export type DeployEvent =
  | { readonly kind: 'step'; readonly text: string }
  /** Something that a person should know of, such as what an interrupted deploy left and how it is taken up. */
  | { readonly kind: 'note'; readonly text: string }
  /** Told whenever it changed: all workloads of the release. */
  | { readonly kind: 'progress'; readonly workloads: readonly WorkloadProgress[]; readonly elapsedMs: number }
  | { readonly kind: 'log'; readonly source: string; readonly line: string }
  | { readonly kind: 'done'; readonly state: ReleaseState; readonly durationMs: number };

export interface RunOptions {
  readonly signal: AbortSignal;
  /** How long all of it may take. */
  readonly deadlineMs: number;
}

export interface DeployOptions extends RunOptions {
  /** Go back by itself when it fails; off: the error says how. */
  readonly rollbackOnFailure?: boolean;
  /** Objects whose changed fields can't be changed are deleted and made anew; off: such a plan is refused. */
  readonly recreate?: boolean;
}

export interface UninstallOptions extends RunOptions {
  /** The claims with the data go too: the release's own name, typed by the person. */
  readonly purgeData?: string;
}

/** What an uninstall takes and what it leaves. */
export interface UninstallPlan {
  readonly state: ReleaseState;
  readonly removed: readonly string[];
  /** Claims of StatefulSets, definitions, objects that say `helm.sh/resource-policy: keep`. */
  readonly kept: readonly { readonly name: string; readonly why: string }[];
  readonly claims: readonly { readonly name: string; readonly size: string }[];
}

/**
 * Every call fails with a FaultlineError: `notFound` (Helm, chart, release), `invalid` (values, references), `forbidden`, `unreachable`,
 * `timedOut`, `cancelled`, `refusedByProtection` (another deploy of the release goes on), `engine` (Helm or the API refused the change).
 */
export interface Deployer {
  /** Those of the package. */
  charts(): Promise<readonly BuiltInChart[]>;
  /** What the person has to know before anything changes. */
  identity(signal: AbortSignal): Promise<ClusterIdentity>;
  /** Nothing in the cluster is changed. */
  plan(request: DeployRequest, signal: AbortSignal): Promise<HeldPlan>;
  /** For changes, each of which takes a consent: see `cluster/act/protection.ts`. Ends with `done`, or throws. Aborted it leaves a state that the next run goes on from. */
  run(plan: DeployPlan, consent: Consent, options: DeployOptions): AsyncIterable<DeployEvent>;
  /** The chart's test hooks; throws `engine` with the last log lines of the one that failed. */
  test(name: ReleaseName, consent: Consent, options: RunOptions): AsyncIterable<DeployEvent>;
  /** Fails: `notFound`. */
  status(name: ReleaseName, signal: AbortSignal): Promise<ReleaseHealth>;
  /** Newest first. */
  history(name: ReleaseName, signal: AbortSignal): Promise<readonly ReleaseState[]>;
  /** Of one namespace, or of all that may be read. */
  list(namespace: string | undefined, signal: AbortSignal): Promise<readonly ReleaseState[]>;
  /** Without a revision: to the last one that was deployed before this. */
  rollback(name: ReleaseName & { readonly revision?: number }, consent: Consent, options: RunOptions): AsyncIterable<DeployEvent>;
  uninstallPlan(name: ReleaseName, signal: AbortSignal): Promise<UninstallPlan>;
  uninstall(name: ReleaseName, consent: Consent, options: UninstallOptions): AsyncIterable<DeployEvent>;
}
