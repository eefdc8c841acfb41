/** Completion and hover from the engine's own catalogue. */
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposables.ts';
import type { Services } from '../services.ts';

export function registerAssistance(_services: Services): Disposable {
  return vscode.Disposable.from();
}
