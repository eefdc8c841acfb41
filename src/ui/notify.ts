/** Errors as a person sees them: once, in words, with the log and one thing that helps. */
import * as vscode from 'vscode';
import { FaultlineError, normalise } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { Log } from './log.ts';

/** What helps, as a button. */
export interface Help {
  readonly title: string;
  readonly run: () => unknown;
}

export class Notifier {
  readonly #log: Log;
  readonly #shown = new WeakSet<object>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** `doing` names what was done, for the log. Does not wait for the person's answer. */
  report(error: unknown, doing: string, help?: Help): void {
    const known = normalise(error);
    if (known.reason === 'cancelled') return;
    if (typeof error === 'object' && error !== null) {
      if (this.#shown.has(error)) return;
      this.#shown.add(error);
    }
    this.#log.error(doing, error);
    const openLog: Help = { title: t('Open Log'), run: () => this.#log.show() };
    const helps = [help ?? helpOf(known), openLog].filter((each) => each !== undefined);
    const severe = !FaultlineError.is(known, 'invalid') && !FaultlineError.is(known, 'forbidden');
    const show = severe ? vscode.window.showErrorMessage : vscode.window.showWarningMessage;
    this.#answer(show(known.message, ...helps.map((h) => h.title)), helps);
  }

  /** Something that is not an error, with at most a few things to do about it. */
  tell(message: string, ...helps: readonly Help[]): void {
    this.#answer(vscode.window.showInformationMessage(message, ...helps.map((h) => h.title)), helps);
  }

  warn(message: string, ...helps: readonly Help[]): void {
    this.#log.warn(message);
    this.#answer(vscode.window.showWarningMessage(message, ...helps.map((h) => h.title)), helps);
  }

  #answer(answer: Thenable<string | undefined>, helps: readonly Help[]): void {
    answer
      .then(
        async (title) => helps.find((help) => help.title === title)?.run(),
        (error: unknown) => this.#log.error('a message could not be shown', error),
      )
      .then(undefined, (error: unknown) => this.report(error, 'help of a message'));
  }
}

function helpOf({ reason, facts: { setting } }: FaultlineError): Help | undefined {
  if (setting !== undefined)
    return { title: t('Open Setting'), run: () => vscode.commands.executeCommand('workbench.action.openSettings', setting) };
  if (reason !== 'forbidden' || vscode.workspace.isTrusted) return undefined;
  return { title: t('Manage Workspace Trust'), run: () => vscode.commands.executeCommand('workbench.trust.manage') };
}

/** The text of an untrusted workspace's refusal. */
export function needsTrust(what: string): FaultlineError {
  return new FaultlineError('forbidden', {
    what,
    meaning: t('This workspace is not trusted'),
    remedy: t('Trust it, then do it again.'),
  });
}
