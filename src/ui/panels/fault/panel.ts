/** The pages on which something is broken: a webview each, beside nothing. What is typed lives in its session, the page only draws it. */
import * as vscode from 'vscode';
import type { Disposable } from '../../../base/disposables.ts';
import { t } from '../../../base/messages.ts';
import { connect, type Remote } from '../../../base/rpc.ts';
import { faultPanelType } from '../../../contributions.ts';
import type { Log } from '../../log.ts';
import type { BreakSession } from '../../session/break/session.ts';
import { checkedCalls } from '../checked.ts';
import { pageHtml } from '../html.ts';
import { portOf } from '../port.ts';
import { faultCalls, type FaultHostApi, type FaultPageApi, type PageState } from './protocol.ts';

export interface FaultPanelParts {
  readonly extensionUri: vscode.Uri;
  readonly log: Log;
  readonly session: BreakSession;
  /** "kafka-1": stands on the tab. */
  readonly title: string;
  /** Tells, often, that the cluster may be another than it was. */
  readonly onCluster: (listener: () => void) => Disposable;
  readonly saveSpec: (text: string, name: string) => Promise<void>;
  readonly openSpec: () => Promise<void>;
  /** The page was closed, by whomever. */
  readonly onClose: () => void;
}

/** While somebody looks: what a watch does not tell is seen after so long at the latest. */
const renewEveryMs = 20_000;
/** A watch tells of every change of a pod's status. */
const renewAfterMs = 2_000;

export class FaultPanel implements Disposable {
  readonly #panel: vscode.WebviewPanel;
  readonly #page: Remote<FaultPageApi, FaultHostApi>;
  readonly #parts: FaultPanelParts;
  readonly #registrations: Disposable;
  #soon: NodeJS.Timeout | undefined;

  constructor(parts: FaultPanelParts) {
    const { extensionUri, session, title } = parts;
    this.#parts = parts;
    this.#panel = vscode.window.createWebviewPanel(faultPanelType, t('Break: {0}', title), vscode.ViewColumn.Active);
    const { webview } = this.#panel;
    const folder = vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
    webview.options = { enableScripts: true, localResourceRoots: [folder] };
    this.#panel.iconPath = new vscode.ThemeIcon('zap');
    this.#page = connect<FaultPageApi, FaultHostApi>(portOf(webview), this.#calls());
    const renewing = setInterval(() => {
      if (this.#panel.visible) void session.renew();
    }, renewEveryMs);
    this.#registrations = vscode.Disposable.from(
      { dispose: () => clearInterval(renewing) },
      { dispose: () => clearTimeout(this.#soon) },
      session.changed.listen(() => this.#tell(session.state)),
      parts.onCluster(() => {
        if (!this.#panel.visible) return;
        this.#soon ??= setTimeout(() => {
          this.#soon = undefined;
          void session.renew();
        }, renewAfterMs);
      }),
      this.#panel.onDidChangeViewState(() => {
        if (this.#panel.visible) void session.renew();
      }),
      this.#panel.onDidDispose(() => {
        this.#page.$close();
        this.#registrations.dispose();
        session.dispose();
        parts.onClose();
      }),
    );
    webview.html = pageHtml({
      title: t('Break {0}', title),
      script: webview.asWebviewUri(vscode.Uri.joinPath(folder, 'fault.js')).toString(),
      style: webview.asWebviewUri(vscode.Uri.joinPath(folder, 'fault.css')).toString(),
      source: webview.cspSource,
      language: vscode.env.language,
    });
  }

  get session(): BreakSession {
    return this.#parts.session;
  }

  /** What the page calls. */
  get calls(): FaultHostApi {
    return this.#calls();
  }

  get visible(): boolean {
    return this.#panel.visible;
  }

  reveal(): void {
    this.#panel.reveal();
  }

  dispose(): void {
    this.#panel.dispose();
  }

  #tell(state: PageState): void {
    // A hidden page is gone until it is shown again; then it asks.
    if (!this.#panel.visible) return;
    this.#page.show.asEvent(state).catch((error: unknown) => this.#parts.log.error('the page of a fault could not be told', error));
  }

  #calls(): FaultHostApi {
    const { session, log, saveSpec, openSpec } = this.#parts;
    const api: FaultHostApi = {
      ready: async () => session.state,
      change: async (values) => session.change(values),
      look: () => session.look(),
      confirm: async (confirmation) => {
        const begun = await session.confirm(confirmation);
        if (begun) this.dispose();
        return begun;
      },
      cancel: async () => this.dispose(),
      saveSpec: async () => {
        const { text } = session;
        if (text !== undefined) await saveSpec(text, session.fileName);
      },
      openSpec,
      copyText: async (text) => vscode.env.clipboard.writeText(text),
      openLog: async () => log.show(),
    };
    return checkedCalls(api, faultCalls, 'page of a fault', log);
  }
}
