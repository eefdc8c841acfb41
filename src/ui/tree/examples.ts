/** Specs that break something, as items below the SQL library: what each is for, and what it expects. */
import * as vscode from 'vscode';
import { t } from '../../base/messages.ts';
import { factsOf } from '../../fault/catalogue.ts';
import { treeItems } from '../../contributions.ts';
import type { FaultExample } from '../commands/faults/examples.ts';
import { commandLink } from '../contribute.ts';
import { plainMarkdown, treeItem, type TreeNode } from './provider.ts';

/** Menus on it get this node. */
export interface ExampleNode extends TreeNode {
  /** Path of its file. */
  readonly example: string;
}

export function exampleNode({ file, path, spec: { plan, draft, purpose } }: FaultExample): ExampleNode {
  const kinds = draft.faults.map(({ settings }) => factsOf(settings.kind).title).join(', ');
  return {
    example: path,
    item: treeItem({
      id: `example:${file}`,
      label: plan.name,
      description: kinds,
      icon: new vscode.ThemeIcon('zap'),
      contextValue: treeItems.example,
      command: commandLink('faultline.openExample', t('Open'), file),
    }),
    tooltip: async () => {
      const written = plan.expectations.filter(({ implied }) => implied !== true).map(({ text }) => text);
      return plainMarkdown([
        ...(purpose === undefined ? [] : [purpose]),
        kinds,
        ...(written.length === 0 ? [] : [t('Passes when: {0}', written.join('; '))]),
        ...(plan.abortRules.length === 0 ? [] : [t('Stops early when: {0}', plan.abortRules.map(({ text }) => text).join('; '))]),
        file,
      ]);
    },
  };
}
