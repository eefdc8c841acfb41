/** A plan as text for copying: DuckDB draws its own form only by running the statement a second time. */
import { formatCount, formatDuration } from '../../base/units.ts';
import type { PlanNode } from '../engine.ts';

export function planText(root: PlanNode, totalMs: number | undefined): string {
  const lines = totalMs === undefined ? [] : [`Total: ${formatDuration(totalMs)}`, ''];
  const walk = (node: PlanNode, depth: number): void => {
    const figures = [
      node.ownTimeMs === undefined ? undefined : formatDuration(node.ownTimeMs),
      node.rowsReal === undefined ? undefined : `${formatCount(node.rowsReal)} rows`,
      node.rowsExpected === undefined ? undefined : `${formatCount(node.rowsExpected)} expected`,
    ].filter((figure) => figure !== undefined);
    const indent = '  '.repeat(depth);
    lines.push(`${indent}${node.operator}${figures.length === 0 ? '' : `  (${figures.join(', ')})`}`);
    if (node.detail !== '') lines.push(`${indent}    ${node.detail}`);
    for (const child of node.children) walk(child, depth + 1);
  };
  walk(root, 0);
  return `${lines.join('\n')}\n`;
}
