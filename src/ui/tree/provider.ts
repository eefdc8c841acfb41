/** What our trees share: nodes that make their own item, changes told to VS Code no more often than it draws. */
import * as vscode from 'vscode';
import type { Disposable } from '../../base/disposables.ts';
import { Pace } from './pace.ts';

export interface TreeNode {
  readonly item: vscode.TreeItem;
  /** Made when the tooltip is about to be shown. */
  readonly tooltip?: () => Promise<vscode.MarkdownString | string>;
  readonly children?: () => Promise<readonly TreeNode[]> | readonly TreeNode[];
}

/** Bursts (a folder copied, ten statements run) refresh once. */
const refreshAfterMs = 75;

export class NodeTree implements vscode.TreeDataProvider<TreeNode>, Disposable {
  readonly #changed = new vscode.EventEmitter<TreeNode[] | undefined>();
  readonly #roots: () => Promise<readonly TreeNode[]> | readonly TreeNode[];
  readonly #pace = new Pace(() => this.#tell());
  readonly #others = new Set<TreeNode>();
  #isAllOther = false;
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(roots: () => Promise<readonly TreeNode[]> | readonly TreeNode[]) {
    this.#roots = roots;
  }

  refresh(): void {
    this.#isAllOther = true;
    this.#pace.touch(refreshAfterMs);
  }

  /** Nodes whose item, or whose list of children, is another. VS Code reads all below them again, and nothing else. */
  update(nodes: Iterable<TreeNode>): void {
    for (const node of nodes) this.#others.add(node);
    if (this.#others.size > 0) this.#pace.touch();
  }

  #tell(): void {
    const nodes = [...this.#others];
    this.#others.clear();
    const isAll = this.#isAllOther;
    this.#isAllOther = false;
    if (isAll || nodes.length > 0) this.#changed.fire(isAll ? undefined : nodes);
  }

  getTreeItem(node: TreeNode): vscode.TreeItem {
    return node.item;
  }

  async getChildren(node?: TreeNode): Promise<TreeNode[]> {
    return [...(await (node ? (node.children?.() ?? []) : this.#roots()))];
  }

  /** Only nodes at the top are revealed. */
  getParent(): undefined {
    return undefined;
  }

  async resolveTreeItem(item: vscode.TreeItem, node: TreeNode): Promise<vscode.TreeItem> {
    if (node.tooltip) item.tooltip = await node.tooltip();
    return item;
  }

  dispose(): void {
    this.#pace.dispose();
    this.#changed.dispose();
  }
}

export interface ItemFacts {
  /** Stable over refreshes: VS Code keeps selection and expansion by it. */
  readonly id: string;
  readonly label: string;
  readonly description?: string;
  readonly icon?: vscode.ThemeIcon;
  readonly contextValue?: string;
  readonly command?: vscode.Command;
  readonly tooltip?: string | vscode.MarkdownString;
  readonly collapsible?: 'collapsed' | 'expanded';
}

export function treeItem(facts: ItemFacts): vscode.TreeItem {
  const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
  const state = facts.collapsible === undefined ? None : facts.collapsible === 'expanded' ? Expanded : Collapsed;
  const item = new vscode.TreeItem(facts.label, state);
  item.id = facts.id;
  if (facts.description !== undefined) item.description = facts.description;
  if (facts.icon !== undefined) item.iconPath = facts.icon;
  if (facts.contextValue !== undefined) item.contextValue = facts.contextValue;
  if (facts.command !== undefined) item.command = facts.command;
  if (facts.tooltip !== undefined) item.tooltip = facts.tooltip;
  item.accessibilityInformation = { label: facts.description === undefined ? facts.label : `${facts.label}, ${facts.description}` };
  return item;
}

/** Shape and colour of a state; the word stands in the description. */
export const stateIcons = {
  ready: () => new vscode.ThemeIcon('pass-filled', new vscode.ThemeColor('charts.green')),
  done: () => new vscode.ThemeIcon('pass', new vscode.ThemeColor('charts.green')),
  failed: () => new vscode.ThemeIcon('error', new vscode.ThemeColor('charts.red')),
  stopped: () => new vscode.ThemeIcon('circle-slash', new vscode.ThemeColor('descriptionForeground')),
  limited: () => new vscode.ThemeIcon('warning', new vscode.ThemeColor('charts.yellow')),
  notContacted: () => new vscode.ThemeIcon('circle-large-outline', new vscode.ThemeColor('descriptionForeground')),
  problem: () => new vscode.ThemeIcon('warning', new vscode.ThemeColor('charts.yellow')),
} as const;

/** Text that is shown as it is: file names and statements may hold anything. */
export function plainMarkdown(lines: readonly string[]): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  lines.forEach((line, index) => {
    if (index > 0) text.appendMarkdown('\n\n');
    text.appendText(line);
  });
  // VS Code makes every space one at which no line breaks, so that lines break inside of words.
  text.value = text.value.replaceAll('&nbsp;', ' ');
  return text;
}
