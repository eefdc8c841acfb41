/** All that breaks something in this window, loaded when it is needed: pages, what is broken now, what was left behind, examples. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposables.ts';
import { faultlineHome } from '../../base/home.ts';
import { t } from '../../base/messages.ts';
import type { Reach } from '../../base/target.ts';
import type { ProtectionLevels } from '../../cluster/act/levels.ts';
import type { DraftCluster } from '../../fault/draft.ts';
import { RunStore } from '../../journal/store.ts';
import { unfinishedRuns } from '../../run/stop/stop.ts';
import { openText } from '../commands/benchmark.ts';
import { Breaks, documentToBreak } from '../commands/faults/break.ts';
import { exampleOf, faultExamples, type FaultExample } from '../commands/faults/examples.ts';
import { showFaults, stopFaults, type StopParts } from '../commands/faults/stop.ts';
import { sweepNow, type SweepCommandParts } from '../commands/faults/sweep.ts';
import { runOf } from '../commands/runs.ts';
import type { Services } from '../services.ts';
import type { OpenCluster } from '../session/clusters.ts';
import { FaultWatch } from '../session/faultWatch.ts';
import { sweepOpened } from '../session/sweep.ts';
import { showFaultStatus } from '../status/faults.ts';
import { exampleNode, type ExampleNode } from '../tree/examples.ts';

/** Of a machine that runs many at once. */
const listed = 50;

export class FaultRoom implements Disposable {
  readonly breaks: Breaks;
  readonly watch: FaultWatch;
  readonly status: ReturnType<typeof showFaultStatus>;
  readonly #services: Services;
  readonly #store = new RunStore({ home: faultlineHome() });
  readonly #registrations: Disposable;
  readonly #examples: string;

  constructor(services: Services) {
    const { context, commands, runs, runRoom, runList, clock, log } = services;
    this.#services = services;
    this.#examples = join(context.extensionUri.fsPath, 'media', 'examples');
    let reaching: Promise<Reach> | undefined;
    this.breaks = new Breaks({
      ...services,
      extensionUri: context.extensionUri,
      specs: runRoom.specs,
      reach: () => (reaching ??= import('../../cluster/reach.ts').then(({ reachWith }) => reachWith({ env: process.env }))),
      wallMs: clock.wallMs,
      begin: async ({ plan, confirmed }) => {
        const run = await runs.start(plan, confirmed);
        await commands.run('faultline.openRun', run);
        void this.watch.look();
      },
      openText,
    });
    this.watch = new FaultWatch({
      list: () => this.#store.list(listed),
      read: (record, offset) => runRoom.read(record, offset),
      unfinished: () => unfinishedRuns(this.#store),
      onError: (what, error) => log.error(what, error),
    });
    this.status = showFaultStatus(this.watch, clock.wallMs);
    const look = (): void => void this.watch.look();
    this.#registrations = vscode.Disposable.from(
      this.breaks,
      this.status,
      this.watch,
      runs.changed.listen(look),
      runList.changed.listen(look),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.breaks.touched(document.uri)),
    );
    // Runs of a terminal break things too.
    runList.follow();
  }

  dispose(): void {
    this.#registrations.dispose();
  }

  previewDocument(document: vscode.TextDocument, cluster: DraftCluster): Promise<void> {
    return this.breaks.onSpec(documentToBreak(document), cluster);
  }

  /** What runs of an earlier time have left, once. No cluster is contacted. */
  async tellLeft(): Promise<void> {
    await this.watch.look();
    const { left } = this.watch;
    const [first, another] = left;
    if (first === undefined) return;
    const { notifier } = this.#services;
    const what =
      another === undefined
        ? t(
            '{0} was interrupted while {1} in {2}: nobody has seen that end.',
            first.name,
            first.faults.map(({ title }) => title).join(', '),
            first.cluster.context,
          )
        : t('{0} runs were interrupted while something was broken: nobody has seen that end.', left.length);
    notifier.warn(
      what,
      { title: t('Look'), run: () => showFaults(this.#stopParts) },
      { title: t('Stop All'), run: () => stopFaults(this.#stopParts) },
    );
  }

  showFaults(): Promise<void> {
    return showFaults(this.#stopParts);
  }

  /** Of an item of the tree; else a person chooses. */
  stopOne(argument: unknown): Promise<void> {
    const run = runOf(argument);
    return run === undefined ? this.showFaults() : stopFaults(this.#stopParts, run);
  }

  stopAll(): Promise<void> {
    return stopFaults(this.#stopParts);
  }

  sweepOpened(cluster: OpenCluster): Promise<void> {
    return sweepOpened(cluster, this.#sweepParts);
  }

  sweep(argument: unknown): Promise<void> {
    return sweepNow(argument, this.#sweepParts);
  }

  async exampleNodes(): Promise<readonly ExampleNode[]> {
    return (await this.#list()).map(exampleNode);
  }

  /** A copy that is a person's own. */
  async openExample(argument: unknown): Promise<void> {
    const example = await this.#example(argument, t('Open which example?'));
    if (example !== undefined) await this.#open(example);
  }

  async previewExample(argument: unknown): Promise<void> {
    const example = await this.#example(argument, t('Run which example?'));
    if (example === undefined) return;
    const { file, path, spec } = example;
    const open = (): Promise<void> => this.#open(example);
    await this.breaks.onSpec({ key: path, file, text: () => readFile(path, 'utf8'), open }, spec.draft.cluster);
  }

  async #open({ file, path }: FaultExample): Promise<void> {
    await openText(await readFile(path, 'utf8'), file.replace(/\.faultline\.yaml$/, ''));
  }

  async #example(argument: unknown, title: string): Promise<FaultExample | undefined> {
    const file = exampleOf(argument);
    const all = await this.#list();
    const named = all.find((example) => example.file === file);
    if (named !== undefined) return named;
    const items = all.map((example) => ({
      label: example.spec.plan.name,
      description: example.file,
      ...(example.spec.purpose === undefined ? {} : { detail: example.spec.purpose }),
      example,
    }));
    return (await vscode.window.showQuickPick(items, { title, matchOnDescription: true, matchOnDetail: true }))?.example;
  }

  #list(): Promise<readonly FaultExample[]> {
    return faultExamples(this.#examples, this.#services.runRoom.specs);
  }

  get #stopParts(): StopParts {
    const { notifier, log, clock, commands } = this.#services;
    const openRun = (run: string): Promise<void> => commands.run('faultline.openRun', run);
    return { watch: this.watch, store: this.#store, notifier, log, wallMs: clock.wallMs, openRun };
  }

  get #sweepParts(): SweepCommandParts {
    const { notifier, settings, clusters, log, clock } = this.#services;
    const levels = (): ProtectionLevels => settings.read('faultline.clusters.protection');
    return { notifier, levels, clusters, log, store: this.#store, wallMs: clock.wallMs };
  }
}
