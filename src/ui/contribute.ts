/**
 * The only way to register a command, read a setting or write a context key: typed by `contributions.ts`.
 */
import * as vscode from 'vscode';
import type { CommandArguments, CommandId, ContextKeyId, ContextKeys, SettingId, Settings } from '../contributions.ts';
import { settingDefaults } from '../contributions.ts';
import { t } from '../base/messages.ts';
import type { Notifier } from './notify.ts';

/** A handler gets what VS Code passes: menus pass the item they stand on, so nothing can be taken for what it claims to be. */
type Received<T extends readonly unknown[]> = { [I in keyof T]: unknown };

export class Commands {
  readonly #notifier: Notifier;

  constructor(notifier: Notifier) {
    this.#notifier = notifier;
  }

  /** What the handler throws is shown once and logged; the promise of the command ends when the handler has. */
  register<C extends CommandId>(id: C, handler: (...args: Received<CommandArguments[C]>) => unknown): vscode.Disposable {
    return vscode.commands.registerCommand(id, async (...args: unknown[]) => {
      try {
        return await handler(...(args as Received<CommandArguments[C]>));
      } catch (error) {
        this.#notifier.report(error, id);
        return undefined;
      }
    });
  }

  async run<C extends CommandId>(id: C, ...args: CommandArguments[C]): Promise<void> {
    await vscode.commands.executeCommand(id, ...args);
  }
}

/** A command as lenses, tree items and status bar want it. */
export function commandLink<C extends CommandId>(id: C, title: string, ...args: CommandArguments[C]): vscode.Command {
  return { command: id, title, arguments: args };
}

type SettingCheck = { expected(): string; accepts(value: unknown): boolean };

const isTrueOrFalse: SettingCheck = { expected: () => t('true or false'), accepts: (value) => typeof value === 'boolean' };
const isListOfTexts: SettingCheck = {
  expected: () => t('a list of texts'),
  accepts: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
};
const isText: SettingCheck = { expected: () => t('a text'), accepts: (value) => typeof value === 'string' };
const isProtection: SettingCheck = {
  expected: () => t('clusters with open, confirm or readOnly'),
  accepts: (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((level) => level === 'open' || level === 'confirm' || level === 'readOnly'),
};
const isImages: SettingCheck = {
  expected: () => t('images by helper and node'),
  accepts: (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).every(([key, image]) => (key === 'helper' || key === 'node') && typeof image === 'string'),
};
const isWhole = (from: number, to: number): SettingCheck => ({
  expected: () => t('a whole number from {0} to {1}', from, to),
  accepts: (value) => typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to,
});

/** The bounds are those of package.json, which only colours the settings editor and lets settings.json say anything. */
const settingChecks: { readonly [S in SettingId]: SettingCheck } = {
  'faultline.editor.codeLens': isTrueOrFalse,
  'faultline.results.maxRows': isWhole(1_000, 2_000_000_000),
  'faultline.duckdb.memoryLimitMB': isWhole(0, 2 ** 40),
  'faultline.duckdb.threads': isWhole(0, 1_024),
  'faultline.history.enabled': isTrueOrFalse,
  'faultline.history.maxEntries': isWhole(10, 1_000_000),
  'faultline.library.folders': isListOfTexts,
  'faultline.kubeconfigs': isListOfTexts,
  'faultline.helm.path': isText,
  'faultline.clusters.protection': isProtection,
  'faultline.faults.images': isImages,
};

export class SettingsReader {
  readonly #warned = new Map<SettingId, string>();
  readonly #warn: (message: string, id: SettingId) => void;

  /** `warn` is called once for each wrong value. */
  constructor(warn: (message: string, id: SettingId) => void) {
    this.#warn = warn;
  }

  /** Never of the wrong type: what a person wrote wrongly counts as unset, and they are told. */
  read<S extends SettingId>(id: S): Settings[S] {
    const value: unknown = vscode.workspace.getConfiguration().get(id);
    if (value === undefined || settingChecks[id].accepts(value)) {
      this.#warned.delete(id);
      return value === undefined ? settingDefaults[id] : (value as Settings[S]);
    }
    const wrong = JSON.stringify(value);
    if (this.#warned.get(id) !== wrong) {
      this.#warned.set(id, wrong);
      this.#warn(
        t(
          'The setting {0} is {1}, but it has to be {2}. Its default {3} is used until then.',
          id,
          wrong.slice(0, 60),
          settingChecks[id].expected(),
          JSON.stringify(settingDefaults[id]),
        ),
        id,
      );
    }
    return settingDefaults[id];
  }

  onDidChange(ids: readonly SettingId[], listener: () => void): vscode.Disposable {
    return vscode.workspace.onDidChangeConfiguration((event) => {
      if (ids.some((id) => event.affectsConfiguration(id))) listener();
    });
  }

  async write<S extends SettingId>(id: S, value: Settings[S], where: vscode.ConfigurationTarget): Promise<void> {
    await vscode.workspace.getConfiguration().update(id, value, where);
  }
}

/** Writes a context key only when its value changes: each write makes VS Code evaluate every `when` again. */
export class ContextKeyWriter {
  readonly #written = new Map<ContextKeyId, unknown>();

  set<K extends ContextKeyId>(key: K, value: ContextKeys[K]): void {
    if (this.#written.get(key) === value) return;
    this.#written.set(key, value);
    void vscode.commands.executeCommand('setContext', key, value);
  }
}
