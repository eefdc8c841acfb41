/** Plans as trees. The servers cut a plan into fragments that send rows to each other; here a fragment hangs where its rows arrive. */
import type { PlanNode } from '../engine.ts';

/** One node as either form of a plan has it; `sources` are ids of fragments. */
export interface FragmentNode {
  readonly node: Omit<PlanNode, 'children'>;
  readonly sources: readonly string[];
  readonly children: readonly FragmentNode[];
}

/** The first fragment is the one that answers. A fragment that no other names is not shown: there is none in a sound plan. */
export function joinFragments(fragments: ReadonlyMap<string, FragmentNode>): PlanNode | undefined {
  const [root] = fragments.values();
  return root === undefined ? undefined : joined(root, fragments, new Set());
}

function joined(one: FragmentNode, fragments: ReadonlyMap<string, FragmentNode>, above: ReadonlySet<string>): PlanNode {
  const arriving = one.sources.flatMap((id) => {
    const source = fragments.get(id);
    return source === undefined || above.has(id) ? [] : [joined(source, fragments, new Set([...above, id]))];
  });
  return { ...one.node, children: [...one.children.map((child) => joined(child, fragments, above)), ...arriving] };
}

type Json = Readonly<Record<string, unknown>>;

/** `EXPLAIN (FORMAT JSON)`: fragments by their ids, or one node. Undefined for what is no plan. */
export function planFromJson(text: string): PlanNode | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(parsed)) return undefined;
  if (typeof parsed['name'] === 'string') return joinFragments(new Map([['0', nodeOf(parsed)]]));
  const fragments = Object.entries(parsed).flatMap(([id, value]): (readonly [string, FragmentNode])[] => {
    // Presto has the plan one level deeper.
    const plan = isObject(value) && isObject(value['plan']) ? value['plan'] : value;
    return isObject(plan) ? [[id, nodeOf(plan)]] : [];
  });
  return joinFragments(new Map(fragments));
}

function nodeOf(json: Json): FragmentNode {
  const descriptor = isObject(json['descriptor']) ? json['descriptor'] : {};
  const remote = Array.isArray(json['remoteSources'])
    ? json['remoteSources'].map(String)
    : idsIn(String(descriptor['sourceFragmentIds'] ?? ''));
  const estimates = Array.isArray(json['estimates']) ? json['estimates'].filter(isObject) : [];
  const estimate = estimates.at(-1);
  const expected = numberIn(estimate?.['outputRowCount']);
  const [operator, rest] = split(String(json['name'] ?? ''));
  const details = Array.isArray(json['details']) ? json['details'].map(String) : String(json['details'] ?? '').split('\n');
  const identifier = remote.length > 0 ? '' : rest + String(json['identifier'] ?? '');
  return {
    node: {
      operator,
      detail: detailText(
        Object.entries(descriptor).map(([key, value]) => [key, String(value)] as const),
        identifier,
        details,
      ),
      ...(expected === undefined ? {} : { rowsExpected: Math.round(expected) }),
    },
    sources: remote,
    children: Array.isArray(json['children']) ? json['children'].filter(isObject).map(nodeOf) : [],
  };
}

/** "Aggregate(FINAL)[nationkey]" of Presto: name and the rest. */
export function split(name: string): readonly [string, string] {
  const [operator = name] = /^\w+(?:\(\w+\))?/.exec(name) ?? [];
  return [words(operator), name.slice(operator.length)];
}

/** "ScanFilterProject" → "Scan Filter Project", "Aggregate(FINAL)" → "Aggregate (final)" */
function words(name: string): string {
  return name
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .replace(/\((\w+)\)$/, (_, kind: string) => ` (${kind.toLowerCase()})`)
    .trim();
}

/** Where the rows come from says the tree; the server's own names of hashes say nothing to a reader. */
const hidden: ReadonlySet<string> = new Set(['hash', 'hashColumn', 'sourceFragmentIds', 'isReplicateNullsAndAny']);

export function detailText(descriptor: readonly (readonly [string, string])[], identifier: string, details: readonly string[]): string {
  const parts = [
    ...descriptor.flatMap(([key, value]) =>
      hidden.has(key) || value === '' || value === '[]' ? [] : [key === 'criteria' ? value.replace(/^\((.*)\)$/, '$1') : `${key} ${value}`],
    ),
    readable(identifier),
    // "x := tpch:x" only names a column again.
    ...details
      .map((line) => line.trim())
      .filter((line) => line !== '' && !/^(\w+) := \w+:\1\b/.test(line) && !line.startsWith('$hashvalue'))
      .map(readable),
  ].filter((part) => part !== '');
  const most = parts.slice(0, 8).join(' · ');
  return most.length > 400 ? `${most.slice(0, 400)}…` : most;
}

/** Presto's brackets without ids, hashes and places in the statement; of a table's handle only the table. */
function readable(text: string): string {
  return text
    .replaceAll(/\[PlanNodeId [\d,]+\]|\[(?:\$hashvalue\w*(?:, )?)+\]| \(\d+:\d+\)$/g, '')
    .replaceAll(/TableHandle \{.*?connectorHandle='([^']*)'.*?\}/g, '$1')
    .trim();
}

/** "[1, 2]" */
export function idsIn(text: string): readonly string[] {
  return text.match(/\d+/g) ?? [];
}

function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
