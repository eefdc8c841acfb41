/** Where this window's services meet processes and files. What is on the disk is looked at when it is needed, not at the start. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Disposable } from '../base/disposables.ts';
import { packagePaths } from '../base/package.ts';
import { kubeconfigPaths } from '../cluster/connect/kubeconfig.ts';
import { runFiles } from '../journal/runs.ts';
import type { RunStore } from '../journal/store.ts';
import { QueryHost } from '../query/host/client.ts';
import type { QueryHostSettings } from '../query/host/protocol.ts';
import { DataSets } from '../workload/tpch/datasets.ts';
import type { SpecRoom } from './commands/benchmark.ts';
import type { RunRoom } from './runRoom.ts';
import type { ClusterRoom } from './session/clusters.ts';
import type { Edges, WindowFacts } from './services.ts';
import type { DataSetStore } from './session/dataSets.ts';

export const edges: Edges = {
  queryHost: (facts) => (listeners) => {
    const log = facts.log.named('query host');
    return new QueryHost({
      entry: join(facts.extensionFolder, 'dist', 'query-host.js'),
      settings: () => queryHostSettings(facts),
      log: (line) => log.info(line),
      ...listeners,
    });
  },

  dataSets: ({ home, settings }): DataSetStore => {
    // To know the path of a data set, the files that make it need not be looked for.
    const named = new DataSets({ home, generator: '' });
    const making = (): DataSets => {
      const { datagen, extensionFolder } = packagePaths();
      const memoryLimitBytes = settings.read('faultline.duckdb.memoryLimitMB') * 1e6;
      return new DataSets({ home, generator: datagen, memoryLimitBytes, ...(extensionFolder === undefined ? {} : { extensionFolder }) });
    };
    return {
      pathOf: (scale) => named.pathOf(scale),
      list: () => named.list(),
      estimate: (scale) => named.estimate(scale),
      remove: (scale) => named.remove(scale),
      ensure: (scale, options) => making().ensure(scale, options),
    };
  },

  clusters: ({ settings, secrets }): ClusterRoom => ({
    contexts: async () =>
      (await import('../cluster/connect/kubeconfig.ts')).readContexts(process.env, settings.read('faultline.kubeconfigs')),
    open: async (context) => {
      const [{ connectCluster }, { identityReader }, { openLiveCluster }, { permissionCache }, { openKafkaView }, { KeptKafkaLogins }] =
        await Promise.all([
          import('../cluster/connect/connection.ts'),
          import('../cluster/connect/identity.ts'),
          import('../cluster/live.ts'),
          import('../cluster/act/permissions.ts'),
          import('../kafka/view.ts'),
          import('./session/kafkaLogins.ts'),
        ]);
      const connection = await connectCluster(context, { env: process.env });
      const kafkaLogins = new KeptKafkaLogins(secrets, connection);
      const live = openLiveCluster(connection, { kafka: openKafkaView, kafkaLogins });
      const permissions = permissionCache(connection, () => performance.now());
      return { context, connection, live, permissions, kafkaLogins, identity: identityReader(connection) };
    },
  }),

  runs: (facts): RunRoom => {
    const { home, log } = facts;
    const runLog = log.named('runs');
    const recorded = join(facts.extensionFolder, 'media', 'recorded');
    // Reading journals is no small code, and nobody reads one before the window is there.
    let loading: Promise<RunStore> | undefined;
    const store = (): Promise<RunStore> =>
      (loading ??= import('../journal/store.ts').then(({ RunStore: Store }) => new Store({ home, recorded })));
    return {
      store: {
        list: async (limit) => (await store()).list(limit),
        record: async (run) => (await store()).record(run),
        recorded: async () => (await store()).recorded(),
        remove: async (run) => (await store()).remove(run),
        watch: (listener) => whenThere(store(), (there) => there.watch(listener)),
      },
      record: async (run) => (await store()).record(run),
      // What follows is no small code: it is loaded with the first run, spec or export.
      start: async (plan, confirmed) => {
        const { startRun } = await import('../run/supervise/start.ts');
        const { passwordsOf } = await import('../run/passwords.ts');
        return startRun({
          plan,
          ...(confirmed === undefined ? {} : { confirmed }),
          passwords: await passwordsOf(plan, facts.passwordOf),
          store: await store(),
          home,
          paths: packagePaths(),
          ...(facts.workspaceFolder === undefined ? {} : { workingFolder: facts.workspaceFolder }),
          externalAccess: facts.isTrusted(),
          log: (line) => runLog.info(line),
        });
      },
      connect: async (record) => (await import('../run/supervise/connect.ts')).connectRun(record),
      summary: async (record) => (await import('../run/summaries.ts')).summaryOfRun(record),
      read: async ({ folder }, offset) => {
        const { readWindow } = await import('../journal/reader.ts');
        return readWindow(join(folder, runFiles.journal), offset, windowBytes);
      },
      report: async (request) => {
        const { runReport } = await import('./commands/runReports.ts');
        return runReport({ ...request, pageFolder: packagePaths().webview });
      },
      specs: specRoom(join(facts.extensionFolder, 'snippets'), () =>
        kubeconfigPaths(process.env, facts.settings.read('faultline.kubeconfigs')),
      ),
    };
  },
};

/** Begins when it is there, unless it was ended before. */
function whenThere<T>(coming: Promise<T>, begin: (there: T) => Disposable): Disposable {
  let begun: Disposable | undefined;
  let isOver = false;
  coming.then(
    (there) => {
      if (!isOver) begun = begin(there);
    },
    // Whoever asks it for something is told.
    () => undefined,
  );
  return {
    dispose: () => {
      isOver = true;
      begun?.dispose();
    },
  };
}

/** A page asks for the next one as soon as it has read this one. */
const windowBytes = 1_000_000;

function specRoom(library: string, kubeconfigs: () => readonly string[]): SpecRoom {
  return {
    readSpec: async (text, options) =>
      (await import('../run/spec/spec.ts')).readSpec(text, { ...options, library, kubeconfigs: kubeconfigs() }),
    planOf: async (text, options) =>
      (await import('../run/spec/spec.ts')).planOf(text, { ...options, library, kubeconfigs: kubeconfigs() }),
    specText: async (subject, options) => (await import('../run/spec/write.ts')).specText(subject, options),
  };
}

/** As the settings are now: they take effect with the next query host. */
function queryHostSettings({ windowFolder, settings, isTrusted }: WindowFacts): QueryHostSettings {
  const { extensionFolder } = packagePaths();
  return {
    // Two windows on one workspace share its storage folder, and a folder of rows ends with its process.
    storeFolder: join(windowFolder, 'results', randomUUID()),
    memoryLimitBytes: settings.read('faultline.duckdb.memoryLimitMB') * 1e6,
    threads: settings.read('faultline.duckdb.threads'),
    maxRows: settings.read('faultline.results.maxRows'),
    externalAccess: isTrusted(),
    ...(extensionFolder === undefined ? {} : { extensionFolder }),
  };
}
