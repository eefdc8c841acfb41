/** Walkthrough and log. */
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposables.ts';
import { walkthroughId } from '../../contributions.ts';
import type { Commands } from '../contribute.ts';
import type { Log } from '../log.ts';

export function registerHelpCommands(commands: Commands, log: Log, extensionId: string): Disposable {
  return vscode.Disposable.from(
    commands.register('faultline.openWalkthrough', () =>
      vscode.commands.executeCommand('workbench.action.openWalkthrough', `${extensionId}#${walkthroughId}`, false),
    ),
    commands.register('faultline.openLog', () => log.show()),
  );
}
