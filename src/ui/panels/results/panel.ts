/** The results panel: one webview beside the editors. It shows the tabs' snapshots and asks for rows in windows. */
import * as vscode from 'vscode';
import { connect, type Remote } from '../../../base/rpc.ts';
import type { Disposable } from '../../../base/disposables.ts';
import { t } from '../../../base/messages.ts';
import { resultsPanelType } from '../../../contributions.ts';
import type { Log } from '../../log.ts';
import { pageHtml } from '../html.ts';
import { portOf } from '../port.ts';
import type { ResultsHostApi, ResultsPageApi } from './protocol.ts';
import type { ResultTabs } from './tabs.ts';

/** A page redraws from a snapshot; more than ten a second no eye can follow. */
const snapshotEveryMs = 100;
/** A statement that has just begun waits so long for its first rows: one redraw then, and no flash of an empty tab. */
const beforeRowsMs = 30;

export interface PanelParts {
  readonly extensionUri: vscode.Uri;
  readonly tabs: ResultTabs;
  /** Answers the page's calls. */
  readonly calls: ResultsHostApi;
  readonly log: Log;
  /** Brings tabs of an earlier window back. */
  readonly restore: () => void;
}

interface OpenPanel {
  readonly panel: vscode.WebviewPanel;
  readonly page: Remote<ResultsPageApi, ResultsHostApi>;
  readonly registrations: Disposable;
}

export class ResultsPanel implements Disposable {
  readonly #parts: PanelParts;
  readonly #registrations: Disposable;
  #open: OpenPanel | undefined;
  #due: NodeJS.Timeout | undefined;
  #lastSentMs = 0;
  /** Whose rows the page has been told of last. */
  #sentRows: string | undefined;

  constructor(parts: PanelParts) {
    this.#parts = parts;
    this.#registrations = vscode.Disposable.from(
      parts.tabs.changed.listen(() => this.#send()),
      vscode.window.registerWebviewPanelSerializer(resultsPanelType, {
        deserializeWebviewPanel: async (panel) => {
          parts.restore();
          this.#adopt(panel);
        },
      }),
    );
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Opens it beside the active editor, or shows the open one where it is. The focus stays unless it is asked for. */
  show(takeFocus: boolean): void {
    if (!this.#open) {
      const waiting = waitingPanels();
      // Before the tabs are written again: what the earlier window kept would be lost.
      if (waiting.length > 0) this.#parts.restore();
      const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: !takeFocus };
      this.#adopt(vscode.window.createWebviewPanel(resultsPanelType, t('Results'), place));
      vscode.window.tabGroups.close(waiting, true).then(undefined, (error: unknown) => {
        this.#parts.log.error('the results panel of the earlier window could not be closed', error);
      });
    } else if (takeFocus || !this.#open.panel.visible) {
      this.#open.panel.reveal(undefined, !takeFocus);
    }
    if (takeFocus && this.#open?.panel.visible) this.#tell(this.#open.page.focusGrid.asEvent());
  }

  dispose(): void {
    clearTimeout(this.#due);
    this.#registrations.dispose();
    this.#open?.panel.dispose();
  }

  #adopt(panel: vscode.WebviewPanel): void {
    this.#open?.panel.dispose();
    const { extensionUri, calls } = this.#parts;
    const { webview } = panel;
    const folder = vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
    webview.options = { enableScripts: true, localResourceRoots: [folder] };
    panel.iconPath = new vscode.ThemeIcon('table');
    const page = connect<ResultsPageApi, ResultsHostApi>(portOf(webview), calls);
    const registrations = vscode.Disposable.from(
      panel.onDidDispose(() => {
        page.$close();
        registrations.dispose();
        if (this.#open?.panel === panel) this.#open = undefined;
      }),
      panel.onDidChangeViewState(() => this.#send()),
    );
    this.#open = { panel, page, registrations };
    webview.html = pageHtml({
      title: t('Results'),
      script: webview.asWebviewUri(vscode.Uri.joinPath(folder, 'results.js')).toString(),
      style: webview.asWebviewUri(vscode.Uri.joinPath(folder, 'results.css')).toString(),
      source: webview.cspSource,
      language: vscode.env.language,
    });
  }

  /**
   * The newest snapshot, at most ten a second; only the first rows of a run don't wait for their turn.
   * A hidden page gets none: it asks for one when it is shown again.
   */
  #send(): void {
    if (!this.#open?.panel.visible) return;
    if (this.#runWithRows() !== this.#sentRows && this.#runWithRows() !== undefined) {
      clearTimeout(this.#due);
      this.#sendNow();
      return;
    }
    if (this.#due !== undefined) return;
    const wait = Math.max(beforeRowsMs, this.#lastSentMs + snapshotEveryMs - performance.now());
    this.#due = setTimeout(() => this.#sendNow(), wait);
  }

  #sendNow(): void {
    this.#due = undefined;
    this.#lastSentMs = performance.now();
    this.#sentRows = this.#runWithRows();
    if (this.#open?.panel.visible) this.#tell(this.#open.page.show.asEvent(this.#parts.tabs.snapshot()));
  }

  /** The run in the active tab, once it has rows. */
  #runWithRows(): string | undefined {
    const { tabs } = this.#parts;
    const tab = tabs.active === null ? undefined : tabs.get(tabs.active);
    return tab !== undefined && tab.state.rowCount > 0 ? tab.runId : undefined;
  }

  #tell(sent: Promise<void>): void {
    sent.catch((error: unknown) => this.#parts.log.error('the results page could not be told', error));
  }
}

/** Results panels of an earlier window behind other editors: VS Code hands one over only when it is looked at. */
function waitingPanels(): readonly vscode.Tab[] {
  return vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(
      ({ input, isActive }) => !isActive && input instanceof vscode.TabInputWebview && input.viewType.endsWith(`-${resultsPanelType}`),
    );
}
