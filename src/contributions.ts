/**
 * Every command, view, setting and context key of the extension, with its types: the only place where their names stand.
 * A unit test compares this file with package.json, both ways. No `vscode` import.
 */
import type { EngineTarget } from './engine/engine.ts';

/** Where a statement stands: offsets are UTF-16 units in the document. */
export interface StatementRef {
  readonly uri: string;
  readonly start: number;
  readonly end: number;
}

/** Commands with their arguments. All are optional: a command started from the palette finds or asks for what it needs. */
export interface CommandArguments {
  'faultline.runStatement': [statement?: StatementRef];
  'faultline.runFile': [uri?: string];
  'faultline.explainStatement': [statement?: StatementRef];
  'faultline.exportStatement': [statement?: StatementRef];
  /** On the selected target and another one. */
  'faultline.compareEngines': [statement?: StatementRef, target?: EngineTarget];
  'faultline.stopQuery': [runId?: string];
  'faultline.selectEngine': [target?: EngineTarget];
  'faultline.showResults': [];
  'faultline.createDataSet': [scale?: number];
  'faultline.removeDataSet': [item?: unknown];
  'faultline.openDataFile': [];
  'faultline.forgetDataFile': [item?: unknown];
  'faultline.chooseKubeconfig': [];
  /** Items of a cluster's lines and contexts; without one a person is asked. */
  'faultline.filterClusters': [];
  'faultline.reconnectCluster': [item?: unknown];
  'faultline.disconnectCluster': [item?: unknown];
  'faultline.protectCluster': [item?: unknown];
  'faultline.logs': [item?: unknown];
  'faultline.previousLogs': [item?: unknown];
  'faultline.shell': [item?: unknown];
  'faultline.forwardPort': [item?: unknown];
  'faultline.stopForward': [item?: unknown];
  'faultline.describe': [item?: unknown];
  'faultline.copyName': [item?: unknown];
  'faultline.restart': [item?: unknown];
  'faultline.deletePod': [item?: unknown];
  'faultline.cordon': [item?: unknown];
  'faultline.uncordon': [item?: unknown];
  'faultline.drainNode': [item?: unknown];
  'faultline.drainTrinoWorker': [item?: unknown];
  /** On a line of a cluster; else a pod is chosen. Opens the page on which it is confirmed. */
  'faultline.break': [item?: unknown];
  /** What is broken now, and what an interrupted run may have left. */
  'faultline.showFaults': [];
  /** An item of the tree; else a person is asked. */
  'faultline.stopFault': [item?: unknown];
  'faultline.stopAllFaults': [];
  /** Of a context: removes what is ours and expired. */
  'faultline.sweepCluster': [item?: unknown];
  /** Tree items of examples, or names of their files. */
  'faultline.openExample': [item?: unknown];
  'faultline.previewExample': [item?: unknown];
  'faultline.kafkaLogin': [item?: unknown];
  'faultline.forgetKafkaLogin': [item?: unknown];
  /** Selects the engine of the item, and opens a SQL document. */
  'faultline.runSqlHere': [item?: unknown];
  /** Selects the engine of the item, and runs TPC-H on it once a person said yes. */
  'faultline.benchmarkEngine': [item?: unknown];
  /** On the item of a context; else a person is asked. Opens the values, which are previewed and carried out from there. */
  'faultline.deploy': [item?: unknown];
  'faultline.previewDeploy': [uri?: string];
  'faultline.carryOutDeploy': [uri?: string];
  'faultline.testRelease': [item?: unknown];
  'faultline.rollbackRelease': [item?: unknown];
  'faultline.uninstallRelease': [item?: unknown];
  'faultline.connectServer': [];
  'faultline.testConnection': [target?: unknown];
  'faultline.forgetServer': [item?: unknown];
  'faultline.openLibraryEntry': [path?: string];
  'faultline.addLibraryFolder': [];
  'faultline.removeLibraryFolder': [item?: unknown];
  'faultline.searchHistory': [];
  'faultline.openHistoryEntry': [id?: string];
  'faultline.clearHistory': [];
  /** On the selected target, at once. */
  'faultline.benchmarkStatement': [statement?: StatementRef];
  /** Tree items of the library, or a path in it ("tpch", "tpch/q06.sql"). */
  'faultline.benchmarkLibrary': [item?: unknown, items?: unknown];
  /** A statement or tree items of the library: opens the benchmark as text, to be changed and run. */
  'faultline.openBenchmarkSpec': [subject?: unknown, items?: unknown];
  'faultline.runSpec': [uri?: string];
  /** Runs are tree items of the Runs view, or ids. */
  'faultline.stopRun': [run?: unknown];
  'faultline.openRun': [run?: unknown];
  /** The recovery that came with the package. */
  'faultline.openRecordedRun': [];
  'faultline.compareRuns': [run?: unknown, runs?: unknown];
  'faultline.exportRun': [run?: unknown];
  'faultline.deleteRun': [run?: unknown, runs?: unknown];
  'faultline.revealRun': [run?: unknown];
  'faultline.copyRunId': [run?: unknown];
  'faultline.openRunSpec': [run?: unknown];
  'faultline.showMoreRuns': [];
  'faultline.openWalkthrough': [];
  'faultline.openLog': [];
}
export type CommandId = keyof CommandArguments;

export interface Settings {
  'faultline.editor.codeLens': boolean;
  'faultline.results.maxRows': number;
  'faultline.duckdb.memoryLimitMB': number;
  'faultline.duckdb.threads': number;
  'faultline.history.enabled': boolean;
  'faultline.history.maxEntries': number;
  'faultline.library.folders': readonly string[];
  'faultline.kubeconfigs': readonly string[];
  /** Empty: `helm` on PATH. */
  'faultline.helm.path': string;
  /** By the context's name. */
  'faultline.clusters.protection': Readonly<Record<string, 'open' | 'confirm' | 'readOnly'>>;
  /** Which a cluster can pull; of what is left out the default. */
  'faultline.faults.images': Readonly<Partial<Record<'helper' | 'node', string>>>;
}
export type SettingId = keyof Settings;

/** What a setting is when it is unset or of the wrong type; package.json shows the same. */
export const settingDefaults: { readonly [S in SettingId]: Settings[S] } = {
  'faultline.editor.codeLens': true,
  'faultline.results.maxRows': 20_000_000,
  'faultline.duckdb.memoryLimitMB': 0,
  'faultline.duckdb.threads': 0,
  'faultline.history.enabled': true,
  'faultline.history.maxEntries': 5_000,
  'faultline.library.folders': [],
  'faultline.kubeconfigs': [],
  'faultline.helm.path': '',
  'faultline.clusters.protection': {},
  'faultline.faults.images': {},
};

export interface ContextKeys {
  /** An engine is selected in this window: the run keys work in SQL files. */
  'faultline.engineSelected': boolean;
  'faultline.queryRunning': boolean;
  /** A run of this machine is known to be running, whoever started it. */
  'faultline.benchmarkRunning': boolean;
}
export type ContextKeyId = keyof ContextKeys;

export const views = {
  clusters: 'faultline.clusters',
  runs: 'faultline.runs',
  library: 'faultline.library',
} as const;

export const resultsPanelType = 'faultline.results';
export const latencyPanelType = 'faultline.latency';
export const recoveryPanelType = 'faultline.recovery';
export const faultPanelType = 'faultline.fault';
export const walkthroughId = 'faultline.start';

/** `viewItem` of tree items, as used in menus. */
export const treeItems = {
  engine: 'engine',
  tpchDataSet: 'tpchDataSet',
  dataFile: 'dataFile',
  kubeconfigHint: 'kubeconfigHint',
  context: 'context',
  openContext: 'openContext',
  server: 'server',
  forward: 'forward',
  libraryFolder: 'libraryFolder',
  ownLibraryFolder: 'ownLibraryFolder',
  libraryEntry: 'libraryEntry',
  examples: 'examples',
  example: 'example',
  activeFaults: 'activeFaults',
  activeFault: 'activeFault',
  history: 'history',
  historyEntry: 'historyEntry',
  runningRun: 'runningRun',
  /** With or without its end in the journal. */
  endedRun: 'endedRun',
  /** Newer than this version, or damaged. */
  unreadableRun: 'unreadableRun',
  moreRuns: 'moreRuns',
} as const;
