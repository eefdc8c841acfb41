/** *Break…* on an item of the tree, and the preview of a spec that breaks something: each opens a page, and only that begins a run. */
import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { Disposable } from '../../../base/disposables.ts';
import { FaultlineError, invalid } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';
import type { Reach, ServerTarget } from '../../../base/target.ts';
import type { KubeContext } from '../../../cluster/connect/kubeconfig.ts';
import type { EngineInstance, LineSubject } from '../../../cluster/recognise/model.ts';
import { serverOf } from '../../../cluster/sqlServer.ts';
import { factsOf } from '../../../fault/catalogue.ts';
import type { PlannedImages } from '../../../journal/fault-plan.ts';
import type { DraftCluster } from '../../../fault/draft.ts';
import { roomOf, type PreviewedRun } from '../../../run/prepare/prepare.ts';
import type { ReadSpec } from '../../../run/spec/spec.ts';
import type { SpecRoom } from '../benchmark.ts';
import { placeOf } from '../../editor/spec/documents.ts';
import type { Log } from '../../log.ts';
import { needsTrust } from '../../notify.ts';
import { FaultPanel } from '../../panels/fault/panel.ts';
import { engineTitle, feelsOf } from '../../session/break/feel.ts';
import { firstValues, type FormOffers } from '../../session/break/form.ts';
import { whyNot } from '../../session/break/rights.ts';
import { BreakSession, type BreakSource } from '../../session/break/session.ts';
import { namespaceOf, observersOf, subjectKey, subjectOf, subjectTitle, type BreakSubject } from '../../session/break/subject.ts';
import { whomOf } from '../../session/break/whom.ts';
import { contextKey, type OpenCluster } from '../../session/clusters.ts';
import type { Session } from '../../session/session.ts';
import { sameTarget } from '../../session/targets.ts';
import { isLineArgument, podOf, protectionOfCluster, type ClusterCommandParts } from '../cluster/lines.ts';

export interface BreakCommandParts extends ClusterCommandParts {
  readonly extensionUri: vscode.Uri;
  readonly log: Log;
  readonly session: Session;
  readonly specs: SpecRoom;
  readonly reach: () => Promise<Reach>;
  readonly wallMs: () => number;
  /** Starts the run and shows its panel. */
  readonly begin: (run: NonNullable<PreviewedRun['run']>) => Promise<void>;
  /** An unsaved document of this text. */
  readonly openText: (text: string, name: string) => Promise<vscode.Uri>;
}

/** What a page shows that was not opened on an item of the tree. */
export interface SpecToBreak {
  /** Of the page: the same spec has one. */
  readonly key: string;
  /** "kafka-leader-kill.faultline.yaml" */
  readonly file: string;
  readonly uri?: vscode.Uri;
  readonly text: () => Promise<string>;
  readonly open: () => Promise<void>;
}

/** The watches are there, and engines were asked, or that takes too long. */
const settleMs = 15_000;

export class Breaks implements Disposable {
  readonly #parts: BreakCommandParts;
  readonly #open = new Map<string, FaultPanel>();

  constructor(parts: BreakCommandParts) {
    this.#parts = parts;
  }

  /** Pages that are open, newest last. */
  get open(): readonly FaultPanel[] {
    return [...this.#open.values()];
  }

  /** On the item that a menu stands on; else a person chooses a pod. */
  async onItem(argument: unknown): Promise<void> {
    const { clusters } = this.#parts;
    if (!vscode.workspace.isTrusted) throw needsTrust(t('Clusters are not changed'));
    const meant = isLineArgument(argument)
      ? { cluster: await clusters.use(argument.context), line: argument.line.subject }
      : await this.#choose();
    if (meant === undefined) return;
    const { cluster, line } = meant;
    const subject = subjectOf(line, cluster.live.model());
    if (subject === undefined) throw invalid(t('Nothing of this can be broken'), t('Choose a pod, a workload, a broker or a node.'));
    const offers = this.#offers(subject, cluster);
    await this.#show({
      key: `${contextKey(cluster.context)} ${subjectKey(subject)}`,
      title: subjectTitle(subject),
      source: { kind: 'form', offers, values: firstValues(offers) },
      cluster,
      where: whereText(cluster, namespaceOf(subject), subject.kind === 'node' ? undefined : subject.instance),
      openSpec: async () => undefined,
    });
  }

  /** Nothing is begun by it. The spec's cluster is opened, or a person says which. */
  async onSpec(spec: SpecToBreak, meant: DraftCluster): Promise<void> {
    if (!vscode.workspace.isTrusted) throw needsTrust(t('Specs that break something are not run'));
    const context = await this.#contextFor(meant, spec.file);
    if (context === undefined) return;
    const cluster = await this.#parts.clusters.use(context);
    await this.#show({
      key: `${contextKey(context)} ${spec.key}`,
      title: spec.file.replace(/\.faultline\.ya?ml$/, ''),
      source: { kind: 'file', file: spec.file, text: spec.text },
      cluster,
      where: whereText(cluster, meant.namespace, undefined),
      ...(spec.uri === undefined ? {} : { uri: spec.uri }),
      openSpec: spec.open,
    });
  }

  /** Those that show this document are told that it is another. */
  touched(uri: vscode.Uri): void {
    for (const [key, panel] of this.#open) if (key.endsWith(` ${uri.toString()}`)) panel.session.touched();
  }

  dispose(): void {
    for (const panel of this.open) panel.dispose();
  }

  async #show(page: {
    readonly key: string;
    readonly title: string;
    readonly source: BreakSource;
    readonly cluster: OpenCluster;
    readonly where: string;
    readonly uri?: vscode.Uri;
    readonly openSpec: () => Promise<void>;
  }): Promise<void> {
    const { key, title, source, cluster, where, uri, openSpec } = page;
    const before = this.#open.get(key);
    if (before !== undefined) {
      before.reveal();
      await before.session.renew();
      return;
    }
    const { extensionUri, log, clusters, settings, specs, reach, begin, openText, wallMs } = this.#parts;
    // The engines are asked as long as the page is there, whatever the tree does.
    const looking = clusters.lookWhile();
    const room = roomOf(cluster.connection, () => cluster.live.model(), {
      reach: await reach(),
      images: imagesOf(settings.read('faultline.faults.images')),
    });
    const read = (text: string): Promise<ReadSpec> => specs.readSpec(text, placeOf(uri));
    const session = new BreakSession({
      source,
      where,
      read,
      room,
      protection: async () => protectionOfCluster(cluster, await clusters.identify(cluster), { settings }),
      begin,
      wallMs,
      onError: (what, error) => log.error(what, error),
    });
    const panel = new FaultPanel({
      extensionUri,
      log,
      session,
      title,
      onCluster: (listener) => cluster.live.changed.listen(listener),
      saveSpec: async (text, name) => void (await openText(text, name.replace(/\.faultline\.yaml$/, ''))),
      openSpec,
      onClose: () => {
        looking.dispose();
        this.#open.delete(key);
      },
    });
    this.#open.set(key, panel);
    // What a watch has not told yet would be refused as not known.
    const patience = AbortSignal.timeout(settleMs);
    await cluster.live.settled(patience).catch(() => undefined);
    await cluster.live.asked(patience).catch(() => undefined);
    await session.look();
  }

  #offers(subject: BreakSubject, cluster: OpenCluster): FormOffers {
    const { context } = cluster;
    const whom = whomOf(subject);
    const kinds = [...new Set(whom.map(({ of }) => of))];
    const namespace = namespaceOf(subject);
    // Of a cluster that is only seen in part, that part: lists of all of it would be refused.
    const { namespace: seen } = cluster.live.model();
    return {
      subject,
      cluster: {
        context: context.name,
        ...(context.inCluster === true ? {} : { kubeconfig: context.file }),
        ...(seen === undefined ? {} : { namespace: seen }),
      },
      whom,
      feel: feelsOf(observersOf(subject, cluster.live.model()), (instance) => this.#server(context, instance)),
      whyNot: (kind) => (factsOf(kind).mechanism === 'none' ? undefined : whyNot(kind, kinds, namespace, cluster)),
    };
  }

  /** As a person has connected it, with their login; else as anybody would. */
  #server(context: KubeContext, instance: EngineInstance): ServerTarget | undefined {
    try {
      const server = serverOf(context, instance);
      return this.#parts.session.servers.find((known) => sameTarget(known, server)) ?? server;
    } catch (error) {
      if (FaultlineError.is(error, 'invalid')) return undefined;
      throw error;
    }
  }

  async #choose(): Promise<{ readonly cluster: OpenCluster; readonly line: LineSubject } | undefined> {
    const chosen = await podOf(undefined, t('Break which pod?'), this.#parts);
    return chosen && { cluster: chosen.cluster, line: { kind: 'pod', pod: chosen.pod } };
  }

  async #contextFor({ context, kubeconfig }: DraftCluster, file: string): Promise<KubeContext | undefined> {
    const { clusters } = this.#parts;
    const { contexts } = await clusters.contexts();
    const known = contexts.filter(
      (each) => (context === undefined || each.name === context) && (kubeconfig === undefined || each.file === kubeconfig),
    );
    if (context !== undefined) {
      const [first] = known;
      if (first !== undefined) return first;
      if (kubeconfig === undefined)
        throw new FaultlineError('notFound', {
          what: t('No kubeconfig names the context {0}', context),
          meaning: t('{0} is to break something there.', file),
          remedy: t('Choose the kubeconfig that does, or change the spec.'),
        });
      const { readContexts } = await import('../../../cluster/connect/kubeconfig.ts');
      const own = (await readContexts({ KUBECONFIG: kubeconfig }, [])).contexts.find((each) => each.name === context);
      if (own !== undefined) return own;
      throw new FaultlineError('notFound', { what: t('{0} names no context {1}', kubeconfig, context) });
    }
    const open = clusters.open.map((cluster) => cluster.context);
    const [only, another] = open.length > 0 ? open : contexts;
    if (only === undefined)
      throw invalid(t('There is no cluster to break something in'), t('Choose a kubeconfig in the Clusters view first.'));
    if (another === undefined && open.length > 0) return only;
    const items = contexts.map((each) => ({
      label: each.name,
      description: open.some((one) => contextKey(one) === contextKey(each)) ? t('open') : t('not contacted'),
      detail: each.file,
      chosen: each,
    }));
    return (await vscode.window.showQuickPick(items, { title: t('Preview {0} in which cluster?', file), matchOnDetail: true }))?.chosen;
  }
}

function imagesOf({ helper, node }: Partial<Record<'helper' | 'node', string>>): Partial<PlannedImages> {
  return { ...(helper === undefined || helper === '' ? {} : { helper }), ...(node === undefined || node === '' ? {} : { node }) };
}

function whereText({ context }: OpenCluster, namespace: string | undefined, instance: EngineInstance | undefined): string {
  const engine = instance === undefined ? undefined : `${engineTitle(instance.engine)} ${instance.version ?? ''}`.trim();
  return [
    context.name,
    ...(namespace === undefined ? [] : [t('namespace {0}', namespace)]),
    ...(engine === undefined ? [] : [engine]),
  ].join(', ');
}

/** Of a document: its text as it is in the editor, or on the disk when that was closed. */
export function documentToBreak(document: vscode.TextDocument): SpecToBreak {
  const { uri } = document;
  return {
    key: uri.toString(),
    file: basename(uri.path),
    uri,
    text: async () => (await vscode.workspace.openTextDocument(uri)).getText(),
    open: async () => void (await vscode.window.showTextDocument(uri, { preview: false })),
  };
}
