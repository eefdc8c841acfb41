/** The deployer of one cluster. */
import { systemClock } from '../base/clock.ts';
import type { Clock } from '../base/clock.ts';
import { faultlineHome } from '../base/home.ts';
import { Consent } from '../cluster/act/protection.ts';
import type { ClusterChange } from '../cluster/act/protection.ts';
import type { ClusterConnection } from '../cluster/connect/connection.ts';
import { mustLeadTo } from '../cluster/connect/moved.ts';
import type { KubeObject, ObjectList } from '../cluster/objects.ts';
import { noRelease } from './change.ts';
import type { Place } from './change.ts';
import { builtInCharts } from './chart.ts';
import type { ClusterIdentity, Deployer, ReleaseHealth, DeployEvent } from './deploy.ts';
import type { ReleaseName } from './release.ts';
import type { HelmProgram } from './helm/find.ts';
import { helmOn } from './helm/helm.ts';
import { isPending } from './interrupted.ts';
import { lockHolder } from './lock.ts';
import { ifAllowed, parseManifests } from './objects.ts';
import { passwordsOf } from './passwords.ts';
import { makePlan } from './plan/plan.ts';
import { Observer, workloadNames } from './progress/observe.ts';
import { rollback } from './rollback.ts';
import { runPlan } from './run.ts';
import { runTests } from './tests.ts';
import { uninstall, uninstallPlan } from './uninstall.ts';

export interface DeployerOptions {
  readonly connection: ClusterConnection;
  /** As `findHelm` found it. */
  readonly helm: HelmProgram;
  /** Helm gets what it needs of it, and it says where plans are kept while they are needed. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder of the built-in charts. */
  readonly chartsFolder: string;
  readonly clock?: Clock;
}

/** Holds nothing open: the connection is its maker's to close. */
export function openDeployer({ connection, helm: program, env, chartsFolder, clock = systemClock }: DeployerOptions): Deployer {
  const { context } = connection;
  const helm = helmOn({ program, env, context });
  const place: Place = { helm, requests: connection, chartsFolder, clock };
  const identity = (signal: AbortSignal): Promise<ClusterIdentity> => identify(connection, signal);
  const checked = (consent: Consent, change: ClusterChange): void => Consent.check(consent, connection, change);
  // Helm reads the kubeconfig for itself: what a person agreed to is for the cluster of the connection.
  async function* onlyThere(events: () => AsyncIterable<DeployEvent>): AsyncGenerator<DeployEvent> {
    await mustLeadTo(connection, env);
    yield* events();
  }
  return {
    charts: () => builtInCharts(chartsFolder),
    identity,
    plan: async (request, signal) => {
      await mustLeadTo(connection, env);
      return makePlan({ helm, requests: connection, chartsFolder, home: faultlineHome(env), identity }, request, signal);
    },
    run: (plan, consent, options) => {
      checked(consent, 'install');
      return onlyThere(() => runPlan(place, plan, consent, options));
    },
    test: (name, consent, options) => {
      checked(consent, 'install');
      return onlyThere(() => runTests(place, name, options));
    },
    status: (name, signal) => health(place, name, signal),
    history: (name, signal) => helm.history(name, signal),
    list: (namespace, signal) => helm.list(namespace, signal),
    rollback: (name, consent, options) => {
      checked(consent, 'rollback');
      return onlyThere(() => rollback(place, name, options));
    },
    uninstallPlan: (name, signal) => uninstallPlan(place, name, signal),
    uninstall: (name, consent, options) => {
      checked(consent, 'uninstall');
      return onlyThere(() => uninstall(place, name, options));
    },
  };
}

async function identify(connection: ClusterConnection, signal: AbortSignal): Promise<ClusterIdentity> {
  const [version, nodes] = await Promise.all([
    connection.request<{ readonly gitVersion?: string }>({ path: '/version', signal }),
    ifAllowed(connection.request<ObjectList<KubeObject>>({ path: '/api/v1/nodes', signal })),
  ]);
  const { context, server } = connection;
  return {
    context: context.name,
    cluster: context.cluster,
    server,
    version: version.gitVersion ?? '',
    ...(nodes === undefined ? {} : { nodes: (nodes.items ?? []).length }),
  };
}

async function health({ helm, requests, clock }: Place, name: ReleaseName, signal: AbortSignal): Promise<ReleaseHealth> {
  const [state] = await helm.history(name, signal);
  if (state === undefined) throw noRelease(name);
  const [text, held] = await Promise.all([helm.manifest(name, signal, state.revision), lockHolder(requests, name, clock.wallMs(), signal)]);
  const { objects } = parseManifests(text);
  const observer = new Observer(requests, workloadNames(objects, name.namespace), clock.monotonicMs);
  const workloads = await observer.look(signal);
  return {
    state,
    ...(held === undefined ? {} : { held }),
    interrupted: isPending(state) && held === undefined,
    workloads: workloads.map(({ exists: _exists, failed: _failed, inTheWay: _inTheWay, ...progress }) => progress),
    passwords: passwordsOf(objects, name.namespace),
  };
}
