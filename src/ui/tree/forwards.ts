/** Port-forwards of this window, as items at the end of the Clusters view. */
import * as vscode from 'vscode';
import { t } from '../../base/messages.ts';
import { treeItems } from '../../contributions.ts';
import type { Forwards, ListedForward } from '../session/forwards.ts';
import { stateIcons, treeItem, type TreeNode } from './provider.ts';

export function forwardNodes(forwards: Forwards): readonly TreeNode[] {
  if (forwards.all.length === 0) return [];
  const item = treeItem({ id: 'forwards', label: t('Port-forwards'), icon: new vscode.ThemeIcon('plug'), collapsible: 'expanded' });
  return [{ item, children: () => forwards.all.map(forwardNode) }];
}

/** Menus on it get this node. */
export interface ForwardNode extends TreeNode {
  readonly forward: ListedForward;
}

function forwardNode(listed: ListedForward): ForwardNode {
  const { forward, title, context } = listed;
  const { state, problem } = forward;
  const word = state.kind === 'connected' ? t('connected') : state.kind === 'waiting' ? t('waits for a pod') : t('closed');
  return {
    forward: listed,
    item: treeItem({
      id: `forward:${forward.url}`,
      label: `localhost:${forward.port} → ${title}`,
      description: problem === undefined ? word : `${word} · ${problem.facts.what}`,
      icon: state.kind === 'connected' ? stateIcons.ready() : stateIcons.limited(),
      contextValue: treeItems.forward,
      tooltip: [context.name, ...(state.kind === 'waiting' ? [state.why] : [])].join('\n'),
    }),
  };
}
