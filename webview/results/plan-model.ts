/** A plan as lines, with each operator's share of the time and how far its estimate was off. Arithmetic only. */
import type { Plan, PlanNode } from '../../src/ui/panels/results/protocol.ts';

export interface PlanLine {
  /** Its place in the tree: `0`, `0.1`, … */
  readonly path: string;
  /** 0 for the root. */
  readonly depth: number;
  readonly node: PlanNode;
  readonly leaf: boolean;
  /** Of the own times of all operators, 0 to 1. */
  readonly share: number | null;
  /** Takes the largest share. */
  readonly top: boolean;
  readonly mismatch: Mismatch | null;
}

/** Estimates are off by a factor of at least 10. */
export interface Mismatch {
  readonly kind: 'more' | 'fewer';
  readonly factor: number;
}

const factorThatMatters = 10;

export function planLines(plan: Plan): PlanLine[] {
  const nodes: { path: string; depth: number; node: PlanNode }[] = [];
  // A stack of its own: plans of generated statements are deeper than the call stack should be.
  const stack = [{ path: '0', depth: 0, node: plan.root }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    nodes.push(next);
    const { path, depth, node } = next;
    for (const [i, child] of [...node.children.entries()].reverse()) stack.push({ path: `${path}.${i}`, depth: depth + 1, node: child });
  }
  const sum = nodes.reduce((total, { node }) => total + (node.ownTimeMs ?? 0), 0);
  const most = nodes.reduce((max, { node }) => Math.max(max, node.ownTimeMs ?? 0), 0);
  const topPath = most > 0 ? nodes.find(({ node }) => node.ownTimeMs === most)?.path : undefined;
  return nodes.map(({ path, depth, node }) => ({
    path,
    depth,
    node,
    leaf: node.children.length === 0,
    share: node.ownTimeMs === undefined || sum === 0 ? null : node.ownTimeMs / sum,
    top: path === topPath,
    mismatch: mismatchOf(node),
  }));
}

export function mismatchOf({ rowsExpected, rowsReal }: PlanNode): Mismatch | null {
  if (rowsExpected === undefined || rowsReal === undefined) return null;
  const expected = Math.max(1, rowsExpected);
  const real = Math.max(1, rowsReal);
  if (real / expected >= factorThatMatters) return { kind: 'more', factor: real / expected };
  if (expected / real >= factorThatMatters) return { kind: 'fewer', factor: expected / real };
  return null;
}

/** 38, 1,200: two digits are enough to judge an estimate. */
export function roundFactor(factor: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(factor)) - 1);
  return Math.round(factor / step) * step;
}

/** "Hash Join on l_orderkey", "Scan lineitem": enough to find it. */
export function subjectOf({ operator, detail }: PlanNode): string {
  const first = detail.split(/\n|,\s| · /)[0]?.trim() ?? '';
  if (first === '') return operator;
  if (/join/i.test(operator)) {
    const left = /^(?:.*\.)?"?([\w$]+)"?\s*(?:=|<|>|!=|IS\b)/i.exec(first)?.[1];
    return left === undefined ? operator : `${operator} on ${left}`;
  }
  return first.length <= 40 && /^[\w$."]+$/.test(first) ? `${operator} ${first}` : operator;
}
