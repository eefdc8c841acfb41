/**
 * The text of EXPLAIN ANALYZE as a tree: neither server gives Trino's in another form. What is not found in the text is left out of the
 * tree, never guessed; the text itself is always shown beside it.
 */
import type { PlanNode } from '../engine.ts';
import { detailText, idsIn, joinFragments, split, type FragmentNode } from './plan.ts';

interface Open {
  readonly column: number;
  readonly name: string;
  readonly bracket: string;
  readonly lines: string[];
  readonly children: Open[];
}

/** `Fragment 1 [HASH]` begins a fragment; each node's line stands right of its parent's. */
export function planFromAnalyzed(text: string): PlanNode | undefined {
  const fragments = new Map<string, FragmentNode>();
  let fragment: { readonly id: string; readonly open: Open[]; root?: Open } | undefined;
  const close = (): void => {
    if (fragment?.root !== undefined) fragments.set(fragment.id, nodeOf(fragment.root));
  };
  for (const line of text.split('\n')) {
    const start = /^\s*Fragment (\d+)\b/.exec(line);
    if (start !== null) {
      close();
      fragment = { id: start[1] ?? '', open: [] };
      continue;
    }
    if (fragment === undefined) continue;
    const found = nodeLine(line, fragment.root === undefined);
    if (found === undefined) {
      fragment.open.at(-1)?.lines.push(line.replace(/^[\s│]+/, ''));
      continue;
    }
    while (fragment.open.length > 0 && (fragment.open.at(-1)?.column ?? 0) >= found.column) fragment.open.pop();
    fragment.open.at(-1)?.children.push(found);
    if (fragment.root === undefined) fragment.root = found;
    fragment.open.push(found);
  }
  close();
  return joinFragments(fragments);
}

function nodeLine(line: string, isFirst: boolean): Open | undefined {
  // Presto: "    - InnerJoin[PlanNodeId 419][(…)] => [nationkey:bigint]"
  const dashed = /^(\s*)- (\w+(?:\(\w+\))?)(.*?)(?: => \[.*\])?$/.exec(line);
  if (dashed !== null && / => \[/.test(line)) return open(dashed[1] ?? '', dashed[2], dashed[3]);
  // Trino: "    │  ├─ ScanFilter[table = tpch:tiny:nation]"; the root has no branch before it.
  const branch = /^([\s│]*[├└]─ )(\w+)(\[.*\])$/.exec(line) ?? (isFirst ? /^( {4})(\w+)(\[.*\])$/.exec(line) : null);
  return branch === null ? undefined : open(branch[1] ?? '', branch[2], branch[3]);
}

function open(before: string, name = '', bracket = ''): Open {
  return { column: before.length, name, bracket, lines: [], children: [] };
}

function nodeOf({ name, bracket, lines, children }: Open): FragmentNode {
  const time = lines.find((line) => line.startsWith('CPU: '));
  const estimates = lines.find((line) => line.startsWith('Estimates: '));
  const ownTimeMs = durationMs(/^CPU: ([\d.]+)(\w+)/.exec(time ?? ''));
  const output = /Output: ([\d,]+) rows? \(([\d.]+)(\w+)\)/.exec(time ?? '');
  // Of a node that does several things the last estimate is the one for its rows.
  const expected = [...(estimates ?? '').matchAll(/rows: ([\d,.]+) /g)].at(-1)?.[1];
  const sizeBytes = output === null ? undefined : bytes(output[2], output[3]);
  const said = lines.filter(
    (line) => !/^(?:Layout|Estimates|CPU|Input|Left|Right|Peak|Distribution|Dynamic filters|Collisions|Active)\b|^-/.test(line),
  );
  const isRemote = name === 'RemoteSource';
  return {
    node: {
      operator: split(name)[0],
      detail: detailText([], isRemote ? '' : withoutHash(bracket), said),
      ...(ownTimeMs === undefined ? {} : { ownTimeMs }),
      ...(expected === undefined ? {} : { rowsExpected: whole(expected) }),
      ...(output === null ? {} : { rowsReal: whole(output[1] ?? '') }),
      ...(sizeBytes === undefined ? {} : { sizeBytes }),
    },
    sources: isRemote ? idsIn(bracket) : [],
    children: children.map(nodeOf),
  };
}

function withoutHash(bracket: string): string {
  // Presto has several brackets, Trino one around all.
  const inner = /^\[((?:[^[\]]|\[[^\]]*\])*)\]$/.exec(bracket)?.[1] ?? bracket;
  return inner.replaceAll(/(?:, )?hash = \[[^\]]*\]/g, '');
}

function whole(digits: string): number {
  return Math.round(Number(digits.replaceAll(',', '')));
}

const unitsMs: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function durationMs(match: RegExpExecArray | null): number | undefined {
  const unit = unitsMs[match?.[2] ?? ''];
  return unit === undefined ? undefined : Number(match?.[1]) * unit;
}

const unitsBytes: Readonly<Record<string, number>> = { B: 1, kB: 2 ** 10, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40, PB: 2 ** 50 };

/** The servers' kB are 1,024 bytes. */
function bytes(number = '', unit = ''): number | undefined {
  const factor = unitsBytes[unit];
  return factor === undefined ? undefined : Math.round(Number(number) * factor);
}
