/** Faultline in VS Code: builds what the features share, then asks each to register. No I/O here: views and statements start it. */
import { join } from 'node:path';
import * as vscode from 'vscode';
import { useTranslation } from './base/messages.ts';
import { registerBenchmarks, type BenchmarkUi } from './ui/benchmarks.ts';
import { registerClusters, type ClusterUi } from './ui/clusters.ts';
import { registerCompareEngines } from './ui/commands/comparing.ts';
import { registerDataSetCommands } from './ui/commands/dataSets.ts';
import { registerEngineCommands } from './ui/commands/engines.ts';
import { registerHelpCommands } from './ui/commands/help.ts';
import { registerHistoryCommands } from './ui/commands/history.ts';
import { registerKubeconfigCommands } from './ui/commands/kubeconfig.ts';
import { registerLibraryCommands } from './ui/commands/library.ts';
import { registerEditor, type EditorParts } from './ui/editor/editor.ts';
import { registerSpecEditor } from './ui/editor/spec/register.ts';
import { edges } from './ui/edges.ts';
import { registerFaults, type FaultUi } from './ui/faults/register.ts';
import { registerResults, type ResultParts } from './ui/panels/results/register.ts';
import { buildServices, type Services } from './ui/services.ts';
import { registerStatusBar } from './ui/status/status.ts';
import { registerLibraryTree } from './ui/tree/library.ts';
import { provideTexts } from './ui/texts.ts';
import { historyTarget, registerWindow, releaseTarget } from './ui/window.ts';

/** What host tests look at; absent in an installed extension. */
export interface TestApi extends EditorParts, ResultParts, BenchmarkUi {
  readonly services: Services;
  readonly clusters: ClusterUi;
  readonly faults: FaultUi;
}

/** VS Code calls `deactivate` without an argument: this is where it finds what has to be ended. */
const ending: (() => Promise<void>)[] = [];

export function activate(context: vscode.ExtensionContext): TestApi | undefined {
  if (vscode.l10n.bundle) useTranslation(vscode.l10n.bundle);
  const services = buildServices(context, edges);
  const { store, commands, notifier, settings, session, dataSets, library, libraryFolders, history, query, runner, log } = services;
  context.subscriptions.push(store);
  ending.push(() => query.dispose());

  const editor = registerEditor(services);
  const results = registerResults(services, editor);
  const faults = registerFaults(services);
  const benchmarks = registerBenchmarks(services, editor, faults);
  const { statements } = editor;
  store.add(registerSpecEditor({ settings, library: join(context.extensionUri.fsPath, 'snippets'), log }));
  store.add(registerWindow(services));
  store.add(registerStatusBar({ session, runner, clock: services.clock, engineTitle: (target) => query.engineTitle(target) }));
  const clusters = store.add(registerClusters(services, faults));
  store.add(
    registerLibraryTree({
      library,
      history,
      examples: () => faults.exampleNodes(),
      folders: libraryFolders,
      foldersChanged: (listener) =>
        vscode.Disposable.from(
          settings.onDidChange(['faultline.library.folders'], listener),
          vscode.workspace.onDidGrantWorkspaceTrust(listener),
        ),
    }),
  );
  const parts = { commands, statements, session, dataSets, library, runner };
  store.add(registerCompareEngines({ ...parts, clusters: services.clusters, serverIn: clusters.serverIn }));
  store.add(registerEngineCommands({ commands, session, dataSets, open: (target) => query.api.open(target) }));
  store.add(registerDataSetCommands({ commands, notifier, session, dataSets, release: (target) => releaseTarget(target, services) }));
  store.add(registerKubeconfigCommands({ commands, settings, notifier }));
  store.add(registerLibraryCommands({ commands, settings, statements, library, session }));
  store.add(
    registerHistoryCommands({ commands, notifier, history, statements, runner, targetOf: (entry) => historyTarget(entry, services) }),
  );
  store.add(provideTexts());
  store.add(registerHelpCommands(commands, log, context.extension.id));
  return context.extensionMode === vscode.ExtensionMode.Production
    ? undefined
    : { services, clusters, faults, ...editor, ...results, ...benchmarks };
}

/** Answers when the query host has ended. */
export async function deactivate(): Promise<void> {
  await Promise.all(ending.splice(0).map((end) => end()));
}
