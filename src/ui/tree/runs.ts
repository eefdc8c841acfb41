/** The Runs view: every benchmark of this machine, whoever started it, with its verdict in shape, colour and word. */
import * as vscode from 'vscode';
import { closedLength, countsSum } from '../../analysis/text.ts';
import type { Disposable } from '../../base/disposables.ts';
import { normalise } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { engineNames, targetTitle } from '../../base/target.ts';
import { formatBytes, formatDuration } from '../../base/units.ts';
import { treeItems, views, type ContextKeys } from '../../contributions.ts';
import type { Environment } from '../../journal/events.ts';
import type { RunPlan } from '../../journal/plan.ts';
import { commandLink } from '../contribute.ts';
import { pageOfRuns, type RunList, type RunRow } from '../session/runList.ts';
import type { WindowRuns } from '../session/runs.ts';
import { asSentence, markOf, markWord, runFacts, runName, type RunMark } from '../session/runWords.ts';
import { NodeTree, plainMarkdown, treeItem, type TreeNode } from './provider.ts';

export interface RunsTreeParts {
  readonly list: RunList;
  readonly runs: WindowRuns;
  readonly setContext: (key: 'faultline.benchmarkRunning', value: ContextKeys['faultline.benchmarkRunning']) => void;
  readonly wallMs: () => number;
}

/** A tree item of a run, as commands get it. */
export interface RunNode extends TreeNode {
  readonly run: string;
}

/** With the summaries that are read by then the list is drawn; later ones are filled in. */
const waitForSummariesMs = 200;

export function registerRunsTree({ list, runs, setContext, wallMs }: RunsTreeParts): Disposable {
  let running: readonly RunNode[] = [];
  let stale = true;
  const tree = new NodeTree(async () => {
    list.follow();
    // The view is looked at: whatever this window left behind before a reload is taken up with it.
    void runs.adopt();
    if (stale) {
      stale = false;
      await list.read();
      await summariesOf(list);
    }
    const { rows, hasMore } = list.page;
    const nodes = rows.map((row) => runNode(row, wallMs));
    running = nodes.filter((_, index) => rows[index]?.record.state === 'running');
    setContext('faultline.benchmarkRunning', running.length > 0 || runs.active.length > 0);
    return hasMore ? [...nodes, moreNode()] : nodes;
  });
  const refresh = (): void => {
    stale = true;
    tree.refresh();
  };
  const view = vscode.window.createTreeView(views.runs, { treeDataProvider: tree, canSelectMany: true });
  const ticking = setInterval(() => {
    if (view.visible) for (const node of running) tree.update([node]);
  }, 1_000);
  ticking.unref();
  return vscode.Disposable.from(
    tree,
    view,
    { dispose: () => clearInterval(ticking) },
    list.changed.listen(refresh),
    list.filled.listen(() => tree.refresh()),
    runs.changed.listen(() => {
      setContext('faultline.benchmarkRunning', running.length > 0 || runs.active.length > 0);
      refresh();
    }),
    view.onDidChangeVisibility(({ visible }) => {
      if (visible) refresh();
    }),
  );
}

async function summariesOf(list: RunList): Promise<void> {
  const missing = (): boolean =>
    list.page.rows.some(({ record, summary, problem }) => isOver(record.state) && !summary && problem === undefined);
  if (!missing()) return;
  await new Promise<void>((resolve) => {
    const enough = setTimeout(done, waitForSummariesMs);
    const listening = list.filled.listen(() => {
      if (!missing()) done();
    });
    function done(): void {
      clearTimeout(enough);
      listening.dispose();
      resolve();
    }
  });
}

function isOver(state: RunRow['record']['state']): boolean {
  return state === 'ended' || state === 'interrupted';
}

function runNode(row: RunRow, wallMs: () => number): RunNode {
  const { record, summary } = row;
  const { run, state } = record;
  const mark = markOf(record, summary);
  const isReadable = state === 'running' || isOver(state);
  const item = (): vscode.TreeItem => {
    const description = runFacts(record, summary, wallMs());
    const made = treeItem({
      id: `run:${run}`,
      label: runName(record),
      description,
      icon: markIcon(mark),
      contextValue: state === 'running' ? treeItems.runningRun : isReadable ? treeItems.endedRun : treeItems.unreadableRun,
      ...(isReadable ? { command: commandLink('faultline.openRun', t('Open'), run) } : {}),
    });
    // Seconds that pass are not read out again and again.
    if (state === 'running') made.accessibilityInformation = { label: `${runName(record)}, ${markWord(mark)}` };
    return made;
  };
  return {
    run,
    get item() {
      return item();
    },
    tooltip: async () => plainMarkdown(tooltipOf(row)),
  };
}

function moreNode(): TreeNode {
  return {
    item: treeItem({
      id: 'runs:more',
      label: t('Show {0} more…', pageOfRuns),
      icon: new vscode.ThemeIcon('chevron-down'),
      contextValue: treeItems.moreRuns,
      command: commandLink('faultline.showMoreRuns', t('Show More Runs')),
    }),
  };
}

function markIcon(mark: RunMark): vscode.ThemeIcon {
  const icon = (name: string, colour: string): vscode.ThemeIcon => new vscode.ThemeIcon(name, new vscode.ThemeColor(colour));
  switch (mark) {
    case 'running':
    case 'stopping':
      return icon('loading~spin', 'charts.blue');
    case 'passed':
      return icon('pass-filled', 'charts.green');
    case 'failed':
      return icon('error', 'charts.red');
    case 'inconclusive':
      return icon('question', 'charts.yellow');
    case 'stopped':
      return icon('circle-slash', 'descriptionForeground');
    case 'interrupted':
      return icon('debug-disconnect', 'charts.yellow');
    case 'unable':
      return icon('circle-slash', 'charts.yellow');
    case 'newer':
      return icon('versions', 'descriptionForeground');
    case 'damaged':
      return icon('warning', 'charts.yellow');
    case 'unknown':
      return icon('circle-large-outline', 'descriptionForeground');
  }
}

/** Lines of plain text: names and messages may hold anything. */
export function tooltipOf({ record, summary, problem }: RunRow): readonly string[] {
  const { header, run, state } = record;
  if (state === 'newer') {
    return [run, t('This run was made by a newer version of Faultline. Update Faultline to open it; it can be deleted as it is.')];
  }
  if (state === 'damaged' || !header) {
    return [
      run,
      t('The beginning of its journal can’t be read, so nothing can be said about it. It can be shown in its folder, or deleted.'),
    ];
  }
  const { plan, environment, startedAt } = header;
  const lines = [plan.name];
  if (summary) {
    lines.push(asSentence(summary.reason));
    const { recovery } = summary;
    // Without a load there are no operations to count.
    lines.push(
      t(
        '{0}, in {1}',
        recovery !== undefined && summary.planned === 0 ? recovery.title : countsSum(summary),
        formatDuration(summary.durationMs),
      ),
    );
  }
  if (problem !== undefined) lines.push(normalise(problem).message);
  if (state === 'interrupted' && !summary) lines.push(t('It was interrupted: what was measured until then is there.'));
  lines.push(`${new Date(startedAt).toLocaleString()} · ${run}`);
  lines.push(loadText(plan));
  lines.push(...plan.arms.map((arm) => armText(arm, summary?.engine, environment)));
  lines.push(machineText(environment));
  return lines;
}

function loadText({ load, statements, fault }: RunPlan): string {
  if (load.kind === 'none') return fault?.faults.map(({ title }) => title).join(', ') ?? '';
  const of = statements.length === 1 ? t('1 statement') : t('{0} statements', statements.length);
  if (load.kind === 'open') {
    return t('{0}, {1} a second ({2}) for {3}', of, load.ratePerSecond, load.arrivals, formatDuration(load.durationMs));
  }
  const clients = load.clients === 1 ? t('1 client') : t('{0} clients', load.clients);
  return `${of}, ${clients}, ${closedLength(load)}`;
}

function armText(arm: RunPlan['arms'][number], engine: string | undefined, { processors, memoryBytes }: Environment): string {
  if (arm.target.kind === 'server') return t('{0} on {1}', engine ?? engineNames[arm.engine], targetTitle(arm.target));
  const target = arm.target.kind === 'tpch' ? t('TPC-H {0}', arm.target.scale) : arm.target.path;
  const threads = arm.threads === 0 ? processors : arm.threads;
  const memory = arm.memoryLimitBytes === 0 ? memoryBytes / 4 : arm.memoryLimitBytes;
  return t('{0} on {1}: {2} threads, {3} of memory', engine ?? 'DuckDB', target, threads, formatBytes(memory));
}

function machineText({ processor, processors, memoryBytes, system, node, faultline, gitRevision }: Environment): string {
  const machine = t(
    '{0} × {1}, {2}, {3}, Node {4}, Faultline {5}',
    processors,
    processor,
    formatBytes(memoryBytes),
    system,
    node,
    faultline,
  );
  return gitRevision === undefined ? machine : `${machine} · ${t('git {0}', gitRevision)}`;
}
