/** What statements run on: choosing it, opening and closing own data files. */
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposables.ts';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { formatBytes } from '../../base/units.ts';
import { engineNames } from '../../base/target.ts';
import type { EngineFacts, EngineTarget } from '../../engine/engine.ts';
import type { Commands } from '../contribute.ts';
import { needsTrust } from '../notify.ts';
import type { WindowDataSets } from '../session/dataSets.ts';
import type { Session } from '../session/session.ts';
import { dataFileExtensions, isTarget, sameTarget, targetName } from '../session/targets.ts';

export interface EngineCommandParts {
  readonly commands: Commands;
  readonly session: Session;
  readonly dataSets: WindowDataSets;
  /** Fails when the file is none that the engine reads. */
  readonly open: (target: EngineTarget) => Promise<EngineFacts>;
}

interface TargetItem extends vscode.QuickPickItem {
  readonly target?: EngineTarget;
  readonly command?: 'faultline.createDataSet' | 'faultline.openDataFile' | 'faultline.connectServer';
}

export function registerEngineCommands(parts: EngineCommandParts): Disposable {
  const { commands, session } = parts;
  return vscode.Disposable.from(
    commands.register('faultline.selectEngine', async (argument) => {
      if (isTarget(argument)) return select(argument, parts);
      const chosen = await chooseTarget(parts);
      if (chosen?.target) return select(chosen.target, parts);
      if (chosen?.command) await commands.run(chosen.command);
    }),
    commands.register('faultline.openDataFile', async () => {
      if (!vscode.workspace.isTrusted) throw needsTrust(t('Own data files are not opened'));
      const chosen = await vscode.window.showOpenDialog({
        title: t('Open a data file'),
        openLabel: t('Open'),
        filters: { [t('Data files')]: [...dataFileExtensions], [t('All files')]: ['*'] },
      });
      const [uri] = chosen ?? [];
      if (uri) await openDataFile(uri, parts);
    }),
    commands.register('faultline.forgetDataFile', async (item) => {
      const target = typeof item === 'object' && item !== null && 'target' in item ? item.target : undefined;
      if (isTarget(target) && target.kind === 'file') await session.forget(target);
    }),
  );
}

/** Opens the file first: what the engine can't read does not get into the tree. */
export async function openDataFile(uri: vscode.Uri, { session, open }: EngineCommandParts): Promise<void> {
  if (uri.scheme !== 'file') {
    throw new FaultlineError('unsupported', {
      what: t('{0} can’t be opened by the embedded engine', uri.toString(true)),
      meaning: t('It is not a file of this machine'),
      remedy: t('Save a copy on this machine and open that.'),
    });
  }
  const target: EngineTarget = { kind: 'file', path: uri.fsPath };
  await open(target);
  await session.addFile(target.path);
  await session.select(target);
}

async function select(target: EngineTarget, { session }: EngineCommandParts): Promise<void> {
  if (target.kind === 'file' && !vscode.workspace.isTrusted) throw needsTrust(t('Own data files are not opened'));
  if (target.kind === 'server' && !vscode.workspace.isTrusted) throw needsTrust(t('Servers are not contacted'));
  await session.select(target);
}

async function chooseTarget({ session, dataSets }: EngineCommandParts): Promise<TargetItem | undefined> {
  const sets = (await dataSets.list()).map(({ scale, path, sizeBytes }) => ({
    target: { kind: 'tpch', scale, path } as const,
    fact: sizeBytes === undefined ? t('made at first use') : formatBytes(sizeBytes),
  }));
  const files = vscode.workspace.isTrusted ? session.files.map((path) => ({ target: { kind: 'file', path } as const, fact: path })) : [];
  const servers = vscode.workspace.isTrusted ? session.servers.map((target) => ({ target, fact: engineNames[target.engine] })) : [];
  const current = session.target;
  const itemsOf = (all: readonly { readonly target: EngineTarget; readonly fact: string }[]): TargetItem[] =>
    all.map(({ target, fact }): TargetItem => {
      const isSelected = sameTarget(target, current);
      return {
        label: `$(${isSelected ? 'circle-filled' : 'circle-outline'}) ${targetName(target)}`,
        description: isSelected ? `${t('selected')} · ${fact}` : fact,
        target,
      };
    });
  const separator = (label: string): TargetItem => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const items: TargetItem[] = [
    separator(t('DuckDB (embedded)')),
    ...itemsOf([...sets, ...files]),
    ...(servers.length === 0 ? [] : [separator(t('Servers')), ...itemsOf(servers)]),
    separator(t('More data')),
    { label: `$(add) ${t('Make a TPC-H Data Set…')}`, command: 'faultline.createDataSet' },
    { label: `$(folder-opened) ${t('Open a Data File…')}`, command: 'faultline.openDataFile' },
    { label: `$(plug) ${t('Connect to a Server…')}`, command: 'faultline.connectServer' },
  ];
  return vscode.window.showQuickPick(items, { title: t('Run SQL statements on'), matchOnDescription: true });
}
