/** What is broken now in a cluster, below its context: each with the time that is left, and a stop. */
import * as vscode from 'vscode';
import { t } from '../../base/messages.ts';
import { treeItems } from '../../contributions.ts';
import { commandLink } from '../contribute.ts';
import { leftText, type WatchedFault } from '../session/faultWatch.ts';
import { isUnsure } from '../status/faults.ts';
import { plainMarkdown, treeItem, type TreeNode } from './provider.ts';

/** Menus on it get this node. */
export interface ActiveFaultNode extends TreeNode {
  readonly run: string;
}

export interface ActiveFaultParts {
  /** Begins the ids of its items. */
  readonly key: string;
  readonly faults: () => readonly WatchedFault[];
  readonly wallMs: () => number;
}

export class ActiveFaultNodes {
  readonly #parts: ActiveFaultParts;
  #rows: readonly ActiveFaultNode[] = [];

  constructor(parts: ActiveFaultParts) {
    this.#parts = parts;
  }

  /** Those that were drawn last: their time passes. */
  get rows(): readonly ActiveFaultNode[] {
    return this.#rows;
  }

  /** Nothing where nothing is broken. */
  top(): readonly TreeNode[] {
    const { key, faults } = this.#parts;
    const all = faults();
    this.#rows = all.map((fault) => this.#row(fault));
    if (all.length === 0) return [];
    const item = treeItem({
      id: `${key}/faults`,
      label: t('Active faults'),
      description: String(all.length),
      icon: new vscode.ThemeIcon('zap', new vscode.ThemeColor('charts.red')),
      contextValue: treeItems.activeFaults,
      collapsible: 'expanded',
    });
    return [{ item, children: () => this.#rows }];
  }

  #row(fault: WatchedFault): ActiveFaultNode {
    const { key, wallMs } = this.#parts;
    const { run, title, deadlineMs, name } = fault;
    const isLoud = isUnsure(fault);
    return {
      run,
      get item() {
        const item = treeItem({
          id: `${key}/fault:${run}/${fault.fault}/${fault.target}`,
          label: title,
          description: isLoud ? t('its end was not seen') : leftText(deadlineMs, wallMs()),
          icon: new vscode.ThemeIcon(isLoud ? 'warning' : 'zap', new vscode.ThemeColor('charts.red')),
          contextValue: treeItems.activeFault,
          command: commandLink('faultline.openRun', t('Open'), run),
        });
        // Seconds that pass are not read out again and again.
        item.accessibilityInformation = { label: isLoud ? t('{0}, its end was not seen', title) : t('{0}, active', title) };
        return item;
      },
      tooltip: async () =>
        plainMarkdown([
          title,
          name,
          isLoud
            ? t('Nobody carries its run on, or its end could not be verified.')
            : t('It ends by itself at {0}.', new Date(deadlineMs).toLocaleTimeString()),
        ]),
    };
  }
}
