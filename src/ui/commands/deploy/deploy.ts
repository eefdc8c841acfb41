/** Deploying a chart: chosen, its values written with completion, previewed as a diff, confirmed, followed until it is ready. */
import * as vscode from 'vscode';
import type { Disposable } from '../../../base/disposables.ts';
import { cancelled, invalid } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';
import type { KubeContext } from '../../../cluster/connect/kubeconfig.ts';
import type { Deployer, HeldPlan } from '../../../deploy/deploy.ts';
import { commandLink } from '../../contribute.ts';
import { contextKey, type OpenCluster } from '../../session/clusters.ts';
import { askConsent, isContextArgument, type ClusterCommandParts } from '../cluster/lines.ts';
import { draftOf, isDnsLabel, type Draft } from './draft.ts';
import { draftLines } from './mark.ts';
import { followDeploy } from './progress.ts';
import { previewText, summaryText } from './words.ts';

export interface DeployParts extends ClusterCommandParts {
  /** Helm looked for on PATH. Fails: `notFound` with how to get it. */
  readonly deployer: (cluster: OpenCluster) => Promise<Deployer>;
}

const previewScheme = 'faultline-deploy';
const deadlineMs = 900_000;

/** What is made with the first deploy of the window: the documents of its previews among it. */
export function deployCommands(parts: DeployParts) {
  const previews = new Previews();
  const registered = vscode.Disposable.from(
    previews,
    vscode.workspace.registerTextDocumentContentProvider(previewScheme, previews),
    vscode.languages.registerCodeLensProvider({ scheme: previewScheme }, previews),
  );
  return {
    deploy: async (argument: unknown): Promise<void> => {
      const draft = await askDraft(argument, parts);
      if (draft !== undefined) await openValues(draft, parts);
    },
    previewDeploy: async (argument: unknown): Promise<void> => {
      const document = await valuesDocument(argument);
      const draft = draftOf(document.getText());
      if (draft === undefined) throw invalid(t('This document deploys nothing'), t('Begin with “Deploy…” in the menu of a cluster.'));
      await previews.show(draft, document.getText(), parts);
    },
    carryOutDeploy: async (argument: unknown): Promise<void> => {
      const key = typeof argument === 'string' ? argument : vscode.window.activeTextEditor?.document.uri.toString();
      await previews.carryOut(key ?? '', parts);
    },
    dispose: () => void registered.dispose(),
  };
}

async function askDraft(argument: unknown, parts: DeployParts): Promise<Draft | undefined> {
  const context = isContextArgument(argument) ? argument.context : await chooseContext(parts);
  if (context === undefined) return undefined;
  const cluster = await parts.clusters.use(context);
  const deployer = await parts.deployer(cluster);
  const charts = await deployer.charts();
  const other = t('Another chart…');
  const items = charts.map(({ name, description = '', version, profiles }) => ({
    label: name,
    description: version,
    detail: description,
    profiles,
  }));
  const chosen = await vscode.window.showQuickPick(
    [...items, { label: other, description: t('a folder, an archive, repo/name, oci://…'), profiles: [] }],
    {
      title: t('Deploy to {0}: chart', context.name),
      matchOnDetail: true,
    },
  );
  if (chosen === undefined) return undefined;
  const chart =
    chosen.label === other
      ? await vscode.window.showInputBox({ title: t('Chart'), placeHolder: 'oci://registry/charts/name', ignoreFocusOut: true })
      : chosen.label;
  if (chart === undefined || chart.trim() === '') return undefined;
  const profiles = [...chosen.profiles];
  const profile =
    profiles.length === 0
      ? undefined
      : (
          await vscode.window.showQuickPick(
            profiles.map((label) => ({ label })),
            { title: t('Deploy {0}: profile', chart) },
          )
        )?.label;
  if (profiles.length > 0 && profile === undefined) return undefined;
  const release = await askName(t('Deploy {0}: name of the release', chart), nameOf(chart));
  if (release === undefined) return undefined;
  const namespace = await askName(t('Deploy {0}: namespace', chart), cluster.connection.defaultNamespace);
  if (namespace === undefined) return undefined;
  return { chart, ...(profile === undefined ? {} : { profile }), release, namespace, context: context.name, kubeconfig: context.file };
}

function askName(title: string, value: string): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title,
    value,
    ignoreFocusOut: true,
    validateInput: (text) => (isDnsLabel(text) ? undefined : t('Lower-case letters, digits and dashes, 53 at most.')),
  });
}

function nameOf(chart: string): string {
  const last = chart.split('/').at(-1) ?? chart;
  const name = last
    .replace(/\.tgz$/, '')
    .replace(/[^a-z0-9-]+/gi, '-')
    .toLowerCase();
  return isDnsLabel(name) ? name : '';
}

async function chooseContext({ clusters }: DeployParts): Promise<KubeContext | undefined> {
  const { contexts } = await clusters.contexts();
  if (contexts.length === 0) throw invalid(t('There is no cluster to deploy to'), t('Choose a kubeconfig in the Clusters view.'));
  const items = contexts.map((context) => ({ label: context.name, description: context.cluster, context }));
  return (await vscode.window.showQuickPick(items, { title: t('Deploy to which cluster?') }))?.context;
}

/** A document with the values of the person's own: empty takes what chart and profile say. */
async function openValues(draft: Draft, parts: DeployParts): Promise<void> {
  const { chart, profile, release, namespace, context } = draft;
  const content = [
    draftLines(release, namespace, JSON.stringify(draft)),
    profile === undefined
      ? `# ${t('Chart {0} as release {1} in namespace {2} of {3}.', chart, release, namespace, context)}`
      : `# ${t('Chart {0}, profile {1}, as release {2} in namespace {3} of {4}.', chart, profile, release, namespace, context)}`,
    `# ${t('Values of your own go below: Ctrl+Space shows what the chart takes.')}`,
    `# ${t('Without any, all is as chart and profile say.')}`,
    '',
  ].join('\n');
  const document = await vscode.workspace.openTextDocument({ language: 'yaml', content });
  const editor = await vscode.window.showTextDocument(document, { preview: false });
  const end = document.lineAt(document.lineCount - 1).range.end;
  editor.selection = new vscode.Selection(end, end);
  parts.notifier.tell(t('Values of {0}: leave them as they are, or write your own.', release), {
    title: t('Preview'),
    run: () => parts.commands.run('faultline.previewDeploy', document.uri.toString()),
  });
}

async function valuesDocument(argument: unknown): Promise<vscode.TextDocument> {
  if (typeof argument === 'string') return vscode.workspace.openTextDocument(vscode.Uri.parse(argument, true));
  const active = vscode.window.activeTextEditor?.document;
  if (active === undefined) throw invalid(t('There are no values to deploy'), t('Begin with “Deploy…” in the menu of a cluster.'));
  return active;
}

/** Above the values of a deploy. */
export function valuesLenses(document: vscode.TextDocument): vscode.CodeLens[] {
  const draft = draftOf(document.getText());
  if (draft === undefined) return [];
  const preview = {
    ...commandLink('faultline.previewDeploy', t('Preview: what changes in {0}', draft.context), document.uri.toString()),
    tooltip: t('Compare with what runs; nothing is changed yet'),
  };
  return [new vscode.CodeLens(new vscode.Range(0, 0, 0, 0), preview)];
}

interface Held {
  readonly plan: HeldPlan;
  readonly cluster: OpenCluster;
  readonly deployer: Deployer;
  readonly text: string;
}

/** Plans that were made and not carried out yet, each a document. */
class Previews implements vscode.TextDocumentContentProvider, vscode.CodeLensProvider, Disposable {
  readonly #held = new Map<string, Held>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #closing: Disposable;
  readonly onDidChange = this.#changed.event;

  constructor() {
    // A plan holds files until nobody looks at it.
    this.#closing = vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#drop(uri.toString()));
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#held.get(uri.toString())?.text ?? t('This preview is over. Make a new one from the values.');
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const held = this.#held.get(document.uri.toString());
    if (held === undefined) return [];
    const { plan } = held;
    const deploy = {
      ...commandLink(
        'faultline.carryOutDeploy',
        t('Deploy {0} to {1}…', plan.request.release, plan.cluster.context),
        document.uri.toString(),
      ),
      tooltip: summaryText(plan),
    };
    const summary = { title: summaryText(plan), command: '' };
    const top = new vscode.Range(0, 0, 0, 0);
    return plan.refusals.length > 0
      ? [new vscode.CodeLens(top, summary)]
      : [new vscode.CodeLens(top, deploy), new vscode.CodeLens(top, summary)];
  }

  async show(draft: Draft, values: string, parts: DeployParts): Promise<void> {
    const { contexts } = await parts.clusters.contexts();
    const context = contexts.find((one) => one.name === draft.context && one.file === draft.kubeconfig);
    if (context === undefined) throw invalid(t('No kubeconfig names the context {0} any more', draft.context), draft.kubeconfig);
    const cluster = await parts.clusters.use(context);
    const deployer = await parts.deployer(cluster);
    const { chart, profile, version, release, namespace } = draft;
    const request = {
      chart,
      release,
      namespace,
      ...(profile === undefined ? {} : { profile }),
      ...(version === undefined ? {} : { version }),
      valuesTexts: [{ name: t('the values in the editor'), text: values }],
    };
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: t('Comparing {0} with what runs', release),
      cancellable: true,
    };
    const plan = await vscode.window.withProgress(options, (_, token) => deployer.plan(request, signalOf(token)));
    const uri = vscode.Uri.from({ scheme: previewScheme, path: `/${release}.diff`, query: contextKey(context) });
    this.#drop(uri.toString());
    this.#held.set(uri.toString(), { plan, cluster, deployer, text: previewText(plan) });
    this.#changed.fire(uri);
    const document = await vscode.languages.setTextDocumentLanguage(await vscode.workspace.openTextDocument(uri), 'diff');
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preview: false });
  }

  async carryOut(key: string, parts: DeployParts): Promise<void> {
    const held = this.#held.get(key);
    if (held === undefined) throw invalid(t('There is no preview to deploy'), t('Make one with “Preview” above the values.'));
    const { plan, cluster, deployer } = held;
    const question = {
      what: t('Deploy {0} to {1}?', plan.request.release, plan.cluster.context),
      detail: summaryText(plan),
      button: t('Deploy'),
    };
    const consent = await askConsent(cluster, 'install', question, parts);
    // It was replaced by a newer preview while a person thought.
    if (this.#held.get(key) !== held) throw cancelled();
    const name = { release: plan.request.release, namespace: plan.request.namespace };
    try {
      await followDeploy(t('Deploying {0}', name.release), (signal) => deployer.run(plan, consent, { signal, deadlineMs }), parts, {
        cluster,
        deployer,
        name,
        // What was never there has nothing to go back to.
        back: plan.current === undefined ? 'uninstall' : 'rollback',
      });
    } finally {
      this.#drop(key);
      this.#changed.fire(vscode.Uri.parse(key));
    }
  }

  dispose(): void {
    this.#closing.dispose();
    for (const key of [...this.#held.keys()]) this.#drop(key);
  }

  #drop(key: string): void {
    this.#held.get(key)?.plan.dispose();
    this.#held.delete(key);
  }
}

export function signalOf(token: vscode.CancellationToken): AbortSignal {
  const stop = new AbortController();
  token.onCancellationRequested(() => stop.abort());
  return stop.signal;
}
