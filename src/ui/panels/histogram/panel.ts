/** The latency panels: one webview a run, beside the editors. Each tells its page how long the journal is; the page reads it. */
import * as vscode from 'vscode';
import * as v from 'valibot';
import type { Disposable } from '../../../base/disposables.ts';
import { t } from '../../../base/messages.ts';
import { connect, type Remote } from '../../../base/rpc.ts';
import { latencyPanelType, resultsPanelType } from '../../../contributions.ts';
import type { RunRecord } from '../../../journal/runs.ts';
import type { Log } from '../../log.ts';
import { markWord, runName, type RunMark } from '../../session/runWords.ts';
import { Signal } from '../../signal.ts';
import { checkedCalls } from '../checked.ts';
import { pageHtml } from '../html.ts';
import { portOf } from '../port.ts';
import { pageCalls, savedRuns, type JournalWindow, type LatencyHostApi, type LatencyPageApi, type PanelFacts } from './protocol.ts';
import { JournalTail } from './tail.ts';

/** What a click in the page starts outside of it, for the run that the panel shows. */
export interface LatencyActions {
  stop(run: string): Promise<void>;
  /** Asks for another run; nothing when the person chose none. */
  chooseOther(run: string): Promise<string | undefined>;
  export(run: string, format: 'csv' | 'json' | 'html' | 'md'): Promise<void>;
  openSpec(run: string): Promise<void>;
  openStatement(run: string, index: number): Promise<void>;
  runAgain(run: string): Promise<void>;
  copyText(text: string): Promise<void>;
  openLog(): void;
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

interface OpenPanel {
  readonly panel: vscode.WebviewPanel;
  readonly page: Remote<LatencyPageApi, LatencyHostApi>;
  readonly a: Side;
  b: Side | undefined;
  readonly registrations: Disposable;
}

export class LatencyPanels implements Disposable {
  readonly #parts: LatencyParts;
  readonly #open = new Map<string, OpenPanel>();
  readonly #tails = new Set<JournalTail>();
  readonly #serializer: Disposable;
  /** A panel was opened, closed, or has told its page something. */
  readonly changed = new Signal();

  constructor(parts: LatencyParts) {
    this.#parts = parts;
    this.#serializer = vscode.window.registerWebviewPanelSerializer(latencyPanelType, {
      deserializeWebviewPanel: async (panel, state: unknown) => this.#restore(panel, state),
    });
  }

  /** Runs with an open panel. */
  get open(): readonly string[] {
    return [...this.#open.keys()];
  }

  /** Journals that are followed now. */
  get following(): number {
    return [...this.#tails].filter(({ isFollowing }) => isFollowing).length;
  }

  /** What the page of a run's panel is told. */
  factsOf(run: string): PanelFacts | undefined {
    const open = this.#open.get(run);
    return open && factsOf(open);
  }

  /** What the page of a run's panel calls. */
  callsOf(run: string): LatencyHostApi {
    return this.#calls(run);
  }

  isVisible(run: string): boolean {
    return this.#open.get(run)?.panel.visible ?? false;
  }

  /** Opens the run's panel beside the active editor, or shows it where it is. With `other` the two are compared. */
  async show(run: string, options: { readonly takeFocus?: boolean; readonly other?: string } = {}): Promise<void> {
    const record = await this.#parts.record(run);
    const other = options.other === undefined ? undefined : await this.#parts.record(options.other);
    const preserveFocus = options.takeFocus !== true;
    const open = this.#open.get(run);
    if (open) open.panel.reveal(undefined, preserveFocus);
    else {
      const place = { viewColumn: panelColumn(), preserveFocus };
      this.#adopt(vscode.window.createWebviewPanel(latencyPanelType, runName(record), place), record, other);
    }
    if (open && other) this.#compare(open, other);
  }

  /** The run has ended: its page learns it at once. */
  async runEnded(run: string): Promise<void> {
    const sides = [...this.#open.values()].flatMap(({ a, b }) => (b ? [a, b] : [a]));
    await Promise.all(sides.filter(({ record }) => record.run === run).map(({ tail }) => tail.lookNow()));
  }

  close(run: string): void {
    this.#open.get(run)?.panel.dispose();
    for (const open of this.#open.values()) if (open.b?.record.run === run) this.#compare(open, undefined);
  }

  dispose(): void {
    this.#serializer.dispose();
    for (const { panel } of this.#open.values()) panel.dispose();
  }

  async #restore(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const saved = v.safeParse(savedRuns, state);
    if (!saved.success || this.#open.has(saved.output.a)) {
      panel.dispose();
      return;
    }
    const { a, b } = saved.output;
    const { record, log } = this.#parts;
    try {
      const other = b === null ? undefined : await record(b).catch(() => undefined);
      this.#adopt(panel, await record(a), other);
    } catch (error) {
      // It was deleted since: there is nothing that the panel could show.
      log.error(`run ${a} of the earlier window`, error);
      panel.dispose();
    }
  }

  #adopt(panel: vscode.WebviewPanel, record: RunRecord, other: RunRecord | undefined): void {
    const { extensionUri } = this.#parts;
    const { webview } = panel;
    const folder = vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
    webview.options = { enableScripts: true, localResourceRoots: [folder] };
    const { run } = record;
    const page = connect<LatencyPageApi, LatencyHostApi>(portOf(webview), this.#calls(run));
    const registrations = vscode.Disposable.from(
      panel.onDidDispose(() => {
        page.$close();
        registrations.dispose();
        this.#drop(open.a);
        this.#drop(open.b);
        this.#open.delete(run);
        this.changed.fire();
      }),
    );
    const open: OpenPanel = { panel, page, registrations, a: this.#follow(record, run), b: other && this.#follow(other, run) };
    this.#open.set(run, open);
    this.#entitle(open);
    webview.html = pageHtml({
      title: t('Latency of {0}', runName(record)),
      script: webview.asWebviewUri(vscode.Uri.joinPath(folder, 'histogram.js')).toString(),
      style: webview.asWebviewUri(vscode.Uri.joinPath(folder, 'histogram.css')).toString(),
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

  #changed(run: string): void {
    const open = this.#open.get(run);
    if (!open) return;
    this.#tell(open);
    if (open.a.tail.facts.state !== 'live') this.#entitle(open);
    this.changed.fire();
  }

  #compare(open: OpenPanel, other: RunRecord | undefined): void {
    this.#drop(open.b);
    open.b = other && this.#follow(other, open.a.record.run);
    this.#tell(open);
    this.changed.fire();
  }

  #tell(open: OpenPanel): void {
    // A hidden page is gone until it is shown again; then it asks.
    if (!open.panel.visible) return;
    open.page.changed.asEvent(factsOf(open)).catch((error: unknown) => this.#parts.log.error('the latency page could not be told', error));
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
          if (this.#open.get(record.run) === open) set(found);
        },
        (error: unknown) => log.error(`run ${record.run}`, error),
      );
  }

  #calls(run: string): LatencyHostApi {
    const { actions, log, read, record } = this.#parts;
    const here = (): OpenPanel => {
      const open = this.#open.get(run);
      if (open) return open;
      throw new Error(`the panel of run ${run} is closed`);
    };
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
  return viewType.endsWith(`-${latencyPanelType}`) || viewType.endsWith(`-${resultsPanelType}`);
}
