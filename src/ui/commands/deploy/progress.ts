/** A deploy that goes on: in a terminal line by line, in a message with its stop; and what can be done when it failed. */
import * as vscode from 'vscode';
import { normalise } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';
import type { Deployer, DeployEvent } from '../../../deploy/deploy.ts';
import type { ReleaseName } from '../../../deploy/release.ts';
import type { OpenCluster } from '../../session/clusters.ts';
import { askConsent, type ClusterCommandParts } from '../cluster/lines.ts';
import { ProgressWords, waitingText } from './words.ts';

export interface WayBack {
  readonly cluster: OpenCluster;
  readonly deployer: Deployer;
  readonly name: ReleaseName;
  readonly back: 'rollback' | 'uninstall';
}

const deadlineMs = 900_000;

/** Answers when it is over, however. A failure is told with the way back. */
export async function followDeploy(
  title: string,
  start: (signal: AbortSignal) => AsyncIterable<DeployEvent>,
  parts: ClusterCommandParts,
  way: WayBack | undefined,
): Promise<void> {
  const terminal = new LinesTerminal(title);
  const words = new ProgressWords();
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  try {
    await vscode.window.withProgress(options, async (progress, token) => {
      const stop = new AbortController();
      token.onCancellationRequested(() => stop.abort());
      for await (const event of start(stop.signal)) {
        for (const line of words.lines(event)) terminal.write(line);
        const message = waitingText(event);
        if (message !== undefined) progress.report({ message });
      }
    });
    parts.notifier.tell(t('{0}: done.', title));
  } catch (error) {
    const known = normalise(error);
    terminal.write(`\x1b[31m${known.message}\x1b[39m`);
    if (way === undefined) throw error;
    // Also after a stop: what it leaves half done has to be decided about.
    const help = way.back === 'rollback' ? t('Roll Back…') : t('Uninstall…');
    const chosen = await vscode.window.showErrorMessage(
      known.reason === 'cancelled' ? t('{0}: stopped. The next deploy goes on from here.', title) : known.message,
      help,
    );
    if (chosen === help) await goBack(way, parts);
  } finally {
    terminal.end();
  }
}

export async function goBack({ cluster, deployer, name, back }: WayBack, parts: ClusterCommandParts): Promise<void> {
  const limits = (signal: AbortSignal) => ({ signal, deadlineMs });
  const { release } = name;
  if (back === 'rollback') {
    const question = { what: t('Roll {0} back?', release), detail: t('To the last revision that was ready.'), button: t('Roll Back') };
    const consent = await askConsent(cluster, 'rollback', question, parts);
    return followDeploy(t('Rolling {0} back', release), (signal) => deployer.rollback(name, consent, limits(signal)), parts, undefined);
  }
  const plan = await deployer.uninstallPlan(name, AbortSignal.timeout(30_000));
  const kept = plan.kept.length === 0 ? '' : t('Stays: {0}.', plan.kept.map((one) => one.name).join(', '));
  const question = {
    what: t('Uninstall {0} from {1}?', release, cluster.context.name),
    detail: `${t('{0} objects go.', plan.removed.length)} ${kept}`.trim(),
    button: t('Uninstall'),
  };
  const consent = await askConsent(cluster, 'uninstall', question, parts);
  return followDeploy(t('Uninstalling {0}', release), (signal) => deployer.uninstall(name, consent, limits(signal)), parts, undefined);
}

/** Only written to. */
class LinesTerminal implements vscode.Pseudoterminal {
  readonly #output = new vscode.EventEmitter<string>();
  readonly #waiting: string[] = [];
  #isOpen = false;
  #isOver = false;
  readonly #closed = new vscode.EventEmitter<void>();
  readonly onDidWrite = this.#output.event;
  readonly onDidClose = this.#closed.event;

  constructor(name: string) {
    vscode.window.createTerminal({ name, pty: this, iconPath: new vscode.ThemeIcon('package') }).show(true);
  }

  open(): void {
    this.#isOpen = true;
    for (const line of this.#waiting.splice(0)) this.write(line);
  }

  close(): void {
    this.#isOpen = false;
  }

  handleInput(): void {
    if (this.#isOver) this.#closed.fire();
  }

  write(line: string): void {
    if (this.#isOpen) this.#output.fire(`${line}\r\n`);
    else this.#waiting.push(line);
  }

  end(): void {
    this.#isOver = true;
    this.write(`\x1b[2m${t('Any key closes the terminal.')}\x1b[22m`);
  }
}
