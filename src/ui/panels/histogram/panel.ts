/**
 * The panels of runs, beside the editors: of a run that breaks something its recovery, of any other its latency; of a load beside a
 * fault both. Each tells its page how long the journal is; the page reads it.
 */
import * as vscode from 'vscode';
import * as v from 'valibot';
import type { Disposable } from '../../../base/disposables.ts';
import { t } from '../../../base/messages.ts';
import { connect } from '../../../base/rpc.ts';
import { latencyPanelType, recoveryPanelType, resultsPanelType } from '../../../contributions.ts';
import { breaksSomething, type RunRecord } from '../../../journal/runs.ts';
import type { Log } from '../../log.ts';
import { markWord, runName, type RunMark } from '../../session/runWords.ts';
import { Signal } from '../../signal.ts';
import { checkedCalls } from '../checked.ts';
import { pageHtml } from '../html.ts';
import { portOf } from '../port.ts';
import { recoveryCallsOf, type RecoveryActions } from '../timeline/calls.ts';
import type { RecoveryHostApi, RecoveryPageApi } from '../timeline/protocol.ts';
import { pageCalls, type LatencyHostApi, type LatencyPageApi } from './protocol.ts';
import { savedRuns, type JournalWindow, type PanelFacts } from '../journal.ts';
import { JournalTail } from './tail.ts';

/** What a click in the page starts outside of it, for the run that the panel shows. */
export interface LatencyActions extends RecoveryActions {
  /** Asks for another run; nothing when the person chose none. */
  chooseOther(run: string): Promise<string | undefined>;
  export(run: string, format: 'csv' | 'json' | 'html' | 'md' | 'junit'): Promise<void>;
  openStatement(run: string, index: number): Promise<void>;
}

export interface LatencyParts {
  readonly extensionUri: vscode.Uri;
  readonly log: Log;
  /** Fails with `notFound` when the run is gone. */
  readonly record: (run: string) => Promise<RunRecord>;
  readonly read: (record: RunRecord, offset: number) => Promise<JournalWindow>;
  /** How the run stands, for title and icon. */
  readonly mark: (record: RunRecord) => Promise<RunMark>;
  readonly actions: LatencyActions;
}

interface Side {
  readonly record: RunRecord;
  readonly tail: JournalTail;
}

export type RunPage = 'latency' | 'recovery';

/** Of each page: its type in the workbench, its files, the words of its document. */
const pages: Readonly<Record<RunPage, { readonly type: string; readonly file: string; readonly title: (run: string) => string }>> = {
  latency: { type: latencyPanelType, file: 'histogram', title: (run) => t('Latency of {0}', run) },
  recovery: { type: recoveryPanelType, file: 'timeline', title: (run) => t('Recovery of {0}', run) },
};
/** The first is a run's own, where it has both. */
const kinds: readonly RunPage[] = ['recovery', 'latency'];

interface OpenPanel {
  readonly panel: vscode.WebviewPanel;
  readonly kind: RunPage;
  readonly page: ToldPage;
  readonly a: Side;
  b: Side | undefined;
  readonly registrations: Disposable;
}

/** What both pages hear. */
interface ToldPage {
  changed(facts: PanelFacts): Promise<unknown>;
  close(): void;
}

export class LatencyPanels implements Disposable {
  readonly #parts: LatencyParts;
  /** By page and run. */
  readonly #open = new Map<string, OpenPanel>();
  readonly #tails = new Set<JournalTail>();
  readonly #serializers: Disposable;
  /** A panel was opened, closed, or has told its page something. */
  readonly changed = new Signal();

  constructor(parts: LatencyParts) {
    this.#parts = parts;
    const restoring = kinds.map((kind) =>
      vscode.window.registerWebviewPanelSerializer(pages[kind].type, {
        deserializeWebviewPanel: async (panel, state: unknown) => this.#restore(kind, panel, state),
      }),
    );
    this.#serializers = vscode.Disposable.from(...restoring);
  }

  /** Runs with an open panel. */
  get open(): readonly string[] {
    return [...new Set([...this.#open.values()].map(({ a }) => a.record.run))];
  }

  /** Journals that are followed now. */
  get following(): number {
    return [...this.#tails].filter(({ isFollowing }) => isFollowing).length;
  }

  /** What the page of a run's panel is told. */
  factsOf(run: string): PanelFacts | undefined {
    const [open] = this.#of(run);
    return open && factsOf(open);
  }

  /** Which page a run's panel shows; undefined: it has none. */
  pageOf(run: string): RunPage | undefined {
    return this.#of(run)[0]?.kind;
  }

  /** What the page of a run's panel calls. */
  callsOf(run: string): LatencyHostApi {
    return this.#calls(run, this.pageOf(run) ?? 'latency');
  }

  /** What a run's recovery page calls. */
  recoveryCallsOf(run: string): RecoveryHostApi {
    return this.#recoveryCalls(run);
  }

  isVisible(run: string): boolean {
    return this.#of(run).some(({ panel }) => panel.visible);
  }

  /**
   * Opens the run's panel beside the active editor, or shows it where it is. With `other` the latencies of the two are compared. Without
   * `page` a run that breaks something shows its recovery.
   */
  async show(run: string, options: { readonly takeFocus?: boolean; readonly other?: string; readonly page?: RunPage } = {}): Promise<void> {
    const record = await this.#parts.record(run);
    const other = options.other === undefined ? undefined : await this.#parts.record(options.other);
    const preserveFocus = options.takeFocus !== true;
    const breaks = breaksSomething(record);
    const kind = options.page ?? (breaks && other === undefined ? 'recovery' : 'latency');
    const open = this.#open.get(keyOf(kind, run));
    if (open) open.panel.reveal(undefined, preserveFocus);
    else {
      const place = { viewColumn: panelColumn(), preserveFocus };
      this.#adopt(kind, vscode.window.createWebviewPanel(pages[kind].type, runName(record), place), record, other);
    }
    if (open && other) this.#compare(open, other);
  }

  /** The run has ended: its page learns it at once. */
  async runEnded(run: string): Promise<void> {
    const sides = [...this.#open.values()].flatMap(({ a, b }) => (b ? [a, b] : [a]));
    await Promise.all(sides.filter(({ record }) => record.run === run).map(({ tail }) => tail.lookNow()));
  }

  close(run: string): void {
    for (const { panel } of this.#of(run)) panel.dispose();
    for (const open of this.#open.values()) if (open.b?.record.run === run) this.#compare(open, undefined);
  }

  dispose(): void {
    this.#serializers.dispose();
    for (const { panel } of this.#open.values()) panel.dispose();
  }

  #of(run: string): readonly OpenPanel[] {
    return kinds.flatMap((kind) => this.#open.get(keyOf(kind, run)) ?? []);
  }

  async #restore(kind: RunPage, panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const saved = v.safeParse(savedRuns, state);
    if (!saved.success || this.#open.has(keyOf(kind, saved.output.a))) {
      panel.dispose();
      return;
    }
    const { a, b } = saved.output;
    const { record, log } = this.#parts;
    try {
      const other = b === null ? undefined : await record(b).catch(() => undefined);
      this.#adopt(kind, panel, await record(a), other);
    } catch (error) {
      // It was deleted since: there is nothing that the panel could show.
      log.error(`run ${a} of the earlier window`, error);
      panel.dispose();
    }
  }

  #adopt(kind: RunPage, panel: vscode.WebviewPanel, record: RunRecord, other: RunRecord | undefined): void {
    const { extensionUri } = this.#parts;
    const { webview } = panel;
    const folder = vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
    webview.options = { enableScripts: true, localResourceRoots: [folder] };
    const { run } = record;
    const key = keyOf(kind, run);
    const { file, title } = pages[kind];
    const page = this.#connect(kind, webview, run);
    const registrations = vscode.Disposable.from(
      panel.onDidDispose(() => {
        page.close();
        registrations.dispose();
        this.#drop(open.a);
        this.#drop(open.b);
        this.#open.delete(key);
        this.changed.fire();
      }),
    );
    const sides = { a: this.#follow(record, key), b: other && this.#follow(other, key) };
    const open: OpenPanel = { panel, kind, page, registrations, ...sides };
    this.#open.set(key, open);
    this.#entitle(open);
    webview.html = pageHtml({
      title: title(runName(record)),
      script: webview.asWebviewUri(vscode.Uri.joinPath(folder, `${file}.js`)).toString(),
      style: webview.asWebviewUri(vscode.Uri.joinPath(folder, `${file}.css`)).toString(),
      source: webview.cspSource,
      language: vscode.env.language,
    });
    this.changed.fire();
  }

  #follow(record: RunRecord, shownIn: string): Side {
    const { log } = this.#parts;
    const tail = new JournalTail({
      record,
      // Deleted under our eyes: no more of it will come.
      look: (run) => this.#parts.record(run).catch((): RunRecord => ({ ...record, state: 'interrupted' })),
      onChange: () => this.#changed(shownIn),
      onError: (error) => log.error(`journal of run ${record.run}`, error),
    });
    this.#tails.add(tail);
    return { record, tail };
  }

  #drop(side: Side | undefined): void {
    if (!side) return;
    side.tail.dispose();
    this.#tails.delete(side.tail);
  }

  #changed(key: string): void {
    const open = this.#open.get(key);
    if (!open) return;
    this.#tell(open);
    if (open.a.tail.facts.state !== 'live') this.#entitle(open);
    this.changed.fire();
  }

  #compare(open: OpenPanel, other: RunRecord | undefined): void {
    this.#drop(open.b);
    open.b = other && this.#follow(other, keyOf(open.kind, open.a.record.run));
    this.#tell(open);
    this.changed.fire();
  }

  #tell(open: OpenPanel): void {
    // A hidden page is gone until it is shown again; then it asks.
    if (!open.panel.visible) return;
    open.page.changed(factsOf(open)).catch((error: unknown) => this.#parts.log.error(`the ${open.kind} page could not be told`, error));
  }

  /** Name and state; the shape of the icon says the same. */
  #entitle(open: OpenPanel): void {
    const { record } = open.a;
    const set = (mark: RunMark): void => {
      open.panel.title = t('{0} · {1}', runName(record), markWord(mark));
      open.panel.iconPath = new vscode.ThemeIcon(mark === 'running' ? 'pulse' : 'graph');
    };
    const { state } = open.a.tail.facts;
    if (state === 'live') {
      set('running');
      return;
    }
    const { log, mark } = this.#parts;
    this.#parts
      .record(record.run)
      .then(mark)
      .then(
        (found) => {
          if (this.#open.get(keyOf(open.kind, record.run)) === open) set(found);
        },
        (error: unknown) => log.error(`run ${record.run}`, error),
      );
  }

  #connect(kind: RunPage, webview: vscode.Webview, run: string): ToldPage {
    const port = portOf(webview);
    if (kind === 'latency') {
      const page = connect<LatencyPageApi, LatencyHostApi>(port, this.#calls(run, kind));
      return { changed: (facts) => page.changed.asEvent(facts), close: () => page.$close() };
    }
    const page = connect<RecoveryPageApi, RecoveryHostApi>(port, this.#recoveryCalls(run));
    return { changed: (facts) => page.changed.asEvent(facts), close: () => page.$close() };
  }

  #recoveryCalls(run: string): RecoveryHostApi {
    const { actions, log, read } = this.#parts;
    const here = (): OpenPanel => this.#here('recovery', run);
    return recoveryCallsOf(run, {
      ...{ actions, log },
      facts: () => factsOf(here()),
      read: (offset) => read(here().a.record, offset),
      openLatency: () => this.show(run, { takeFocus: true, page: 'latency' }),
    });
  }

  #here(kind: RunPage, run: string): OpenPanel {
    const open = this.#open.get(keyOf(kind, run));
    if (open) return open;
    throw new Error(`the panel of run ${run} is closed`);
  }

  #calls(run: string, kind: RunPage): LatencyHostApi {
    const { actions, log, read, record } = this.#parts;
    const here = (): OpenPanel => this.#here(kind, run);
    const api: LatencyHostApi = {
      ready: async () => factsOf(here()),
      read: async (side, offset) => {
        const { a, b } = here();
        const from = side === 'a' ? a : b;
        return from ? read(from.record, offset) : { text: '', next: offset };
      },
      stop: () => actions.stop(run),
      compare: async () => {
        const other = await actions.chooseOther(run);
        if (other !== undefined) this.#compare(here(), await record(other));
      },
      endCompare: async () => this.#compare(here(), undefined),
      export: (format) => actions.export(run, format),
      openSpec: () => actions.openSpec(run),
      openStatement: (index) => actions.openStatement(run, index),
      runAgain: () => actions.runAgain(run),
      copyText: (text) => actions.copyText(text),
      openLog: async () => actions.openLog(),
    };
    return checkedCalls(api, pageCalls, 'latency page', log);
  }
}

function keyOf(kind: RunPage, run: string): string {
  return `${kind} ${run}`;
}

function factsOf({ a, b }: OpenPanel): PanelFacts {
  return { a: a.tail.facts, b: b?.tail.facts ?? null, place: 'editor' };
}

/**
 * Beside the text that is being looked at, where our panels are already: two of them must not make three columns, and none may cover the
 * statement that it came from. A group that a panel has locked takes another one only when it is named.
 */
function panelColumn(): vscode.ViewColumn {
  const { activeTextEditor, tabGroups, visibleTextEditors } = vscode.window;
  const texts = new Set(visibleTextEditors.map(({ viewColumn }) => viewColumn));
  const hasOurs = ({ tabs }: vscode.TabGroup): boolean =>
    tabs.some(({ input }) => input instanceof vscode.TabInputWebview && isOurs(input.viewType));
  const ours = tabGroups.all.find((group) => hasOurs(group) && !texts.has(group.viewColumn));
  if (ours) return ours.viewColumn;
  const text = activeTextEditor?.viewColumn ?? visibleTextEditors[0]?.viewColumn;
  return text === undefined ? vscode.ViewColumn.Active : text + 1;
}

function isOurs(viewType: string): boolean {
  return [latencyPanelType, recoveryPanelType, resultsPanelType].some((type) => viewType.endsWith(`-${type}`));
}
