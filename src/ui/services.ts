/**
 * What the features of this window share, built in one place and passed to each. Building does no I/O:
 * files are read when a view asks, processes start with the first statement.
 */
import { randomUUID } from 'node:crypto';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { systemClock, type Clock } from '../base/clock.ts';
import { DisposableStore } from '../base/disposables.ts';
import { FaultlineError } from '../base/errors.ts';
import { faultlineHome } from '../base/home.ts';
import { t } from '../base/messages.ts';
import type { EngineTarget } from '../engine/engine.ts';
import { engineOf } from '../engine/target.ts';
import { holdsSecret } from '../engine/sql/secrets.ts';
import { Library } from '../workload/library.ts';
import { Commands, ContextKeyWriter, SettingsReader } from './contribute.ts';
import { Log } from './log.ts';
import { Notifier } from './notify.ts';
import { ResultTabs } from './panels/results/tabs.ts';
import type { RunRoom } from './runRoom.ts';
import { Clusters, type ClusterRoom } from './session/clusters.ts';
import { Catalogues } from './session/catalogues.ts';
import { defaultScale, WindowDataSets, type DataSetStore } from './session/dataSets.ts';
import { HistoryKeeper } from './session/historyKeeper.ts';
import { Passwords, type SecretStore } from './session/passwords.ts';
import { QueryLink, type MakeQueryHost, type PasswordOf } from './session/queryLink.ts';
import { RunList } from './session/runList.ts';
import { StatementRunner } from './session/runner.ts';
import { WindowRuns } from './session/runs.ts';
import { Session } from './session/session.ts';
import { targetName } from './session/targets.ts';

export interface Services {
  readonly context: vscode.ExtensionContext;
  readonly clock: Clock;
  readonly log: Log;
  readonly notifier: Notifier;
  readonly commands: Commands;
  readonly settings: SettingsReader;
  readonly contextKeys: ContextKeyWriter;
  readonly session: Session;
  readonly dataSets: WindowDataSets;
  readonly library: () => Library;
  readonly libraryFolders: () => readonly string[];
  readonly history: HistoryKeeper;
  readonly passwords: Passwords;
  readonly query: QueryLink;
  readonly tabs: ResultTabs;
  readonly runner: StatementRunner;
  readonly catalogues: Catalogues;
  readonly clusters: Clusters;
  readonly runRoom: RunRoom;
  /** Benchmarks that this window has started. */
  readonly runs: WindowRuns;
  /** Those of this machine. */
  readonly runList: RunList;
  readonly prepare: (target: EngineTarget, report: (what: string) => void, signal: AbortSignal) => Promise<void>;
  readonly newId: () => string;
  readonly isSecret: (sql: string) => boolean;
  /** Everything that has to be let go when the extension ends. */
  readonly store: DisposableStore;
}

/** What the window's paths and settings are made into: processes and files. */
export interface Edges {
  queryHost(facts: WindowFacts): MakeQueryHost;
  dataSets(facts: WindowFacts): DataSetStore;
  runs(facts: WindowFacts): RunRoom;
  clusters(facts: WindowFacts): ClusterRoom;
}

export interface WindowFacts {
  readonly extensionFolder: string;
  readonly home: string;
  /** Folder of this window in VS Code's storage; may not exist yet. */
  readonly windowFolder: string;
  /** The first one that is a folder of this machine. */
  readonly workspaceFolder: string | undefined;
  readonly settings: SettingsReader;
  readonly isTrusted: () => boolean;
  /** Of a server, by the name of its secret. */
  readonly passwordOf: PasswordOf;
  readonly secrets: SecretStore;
  readonly log: Log;
}

export function buildServices(context: vscode.ExtensionContext, edges: Edges): Services {
  const store = new DisposableStore();
  const log = new Log(store.add(vscode.window.createOutputChannel('Faultline', { log: true })));
  const notifier = new Notifier(log);
  const settings = new SettingsReader((message, id) => {
    notifier.warn(message, {
      title: t('Open Settings'),
      run: () => vscode.commands.executeCommand('workbench.action.openSettings', id),
    });
  });
  const passwords = new Passwords(context.secrets);
  const facts: WindowFacts = {
    extensionFolder: context.extensionUri.fsPath,
    home: faultlineHome(),
    workspaceFolder: vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri.fsPath,
    windowFolder: (context.storageUri ?? context.globalStorageUri).fsPath,
    settings,
    isTrusted: () => vscode.workspace.isTrusted,
    passwordOf: (secret) => passwords.of(secret),
    secrets: context.secrets,
    log,
  };
  const newId = (): string => randomUUID();
  const dataSets = new WindowDataSets(edges.dataSets(facts));
  const session = new Session({
    memory: context.workspaceState,
    initial: { kind: 'tpch', scale: defaultScale, path: dataSets.pathOf(defaultScale) },
    isTrusted: facts.isTrusted,
  });
  const query = new QueryLink(edges.queryHost(facts), facts.passwordOf);
  // `deactivate` waits for its end; what ends the extension without waiting ends the process all the same.
  store.add({ dispose: () => void query.dispose() });
  const tabs = new ResultTabs((result) => {
    query.api.release(result).catch((error: unknown) => log.error(`result ${result} could not be released`, error));
  });
  const prepare = preparing(dataSets);
  const runner = new StatementRunner({ host: query.api, tabs, clock: systemClock, newId, prepare });
  const catalogues = store.add(
    new Catalogues({
      load: async (target) => {
        await prepare(target, () => {}, new AbortController().signal);
        await query.api.open(target);
        return query.api.catalogue(target);
      },
      finished: runner.finished,
      ended: query.ended,
      onError: (error) => log.error('the catalogue could not be read', error),
    }),
  );
  const history = new HistoryKeeper({
    folder: join(facts.home, 'history'),
    isEnabled: () => settings.read('faultline.history.enabled'),
    maxEntries: () => settings.read('faultline.history.maxEntries'),
    onError: onlyFirst((error) => notifier.report(error, 'history')),
  });
  const clusters = store.add(new Clusters(edges.clusters(facts)));
  const runRoom = edges.runs(facts);
  const onError = (what: string, error: unknown): void => log.error(what, error);
  const runs = store.add(new WindowRuns({ edge: runRoom, memory: context.workspaceState, wallMs: systemClock.wallMs, onError }));
  const runList = store.add(new RunList({ store: runRoom.store, summary: (record) => runRoom.summary(record), onError }));
  // Own folders are named by settings of the workspace, so they wait for its trust.
  const libraryFolders = (): readonly string[] => (facts.isTrusted() ? [...new Set(settings.read('faultline.library.folders'))] : []);
  return {
    context,
    clock: systemClock,
    log,
    notifier,
    commands: new Commands(notifier),
    settings,
    contextKeys: new ContextKeyWriter(),
    session,
    dataSets,
    library: () => new Library(join(facts.extensionFolder, 'snippets'), libraryFolders()),
    libraryFolders,
    history,
    passwords,
    query,
    tabs,
    runner,
    catalogues,
    clusters,
    runRoom,
    runs,
    runList,
    prepare,
    newId,
    isSecret: (sql) => holdsSecret(sql, engineOf(session.target)),
    store,
  };
}

/** TPC-H 0.01 is made without a question. A larger set that is gone is not: it takes minutes and gigabytes. */
function preparing(dataSets: WindowDataSets): Services['prepare'] {
  return async (target, report, signal) => {
    if (target.kind !== 'tpch') return;
    const isThere = await access(target.path).then(
      () => true,
      () => false,
    );
    if (isThere) return;
    if (target.scale !== defaultScale) {
      throw new FaultlineError('notFound', {
        what: t('{0} is no longer there', targetName(target)),
        remedy: t('Make it again with "Make a TPC-H Data Set…", or select another one in the status bar.'),
      });
    }
    report(t('making {0}', targetName(target)));
    await dataSets.ensure(target.scale, signal, ({ fraction }) => {
      if (fraction !== undefined) report(t('making {0}, {1} %', targetName(target), Math.floor(fraction * 100)));
    });
  };
}

/** A disk that is full fails with every statement; one message is enough. */
function onlyFirst(report: (error: unknown) => void): (error: unknown) => void {
  let told = false;
  return (error) => {
    if (!told) report(error);
    told = true;
  };
}
