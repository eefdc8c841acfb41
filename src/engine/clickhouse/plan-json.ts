/** The answer of `EXPLAIN json = 1` as our tree. */
import type { PlanNode } from '../engine.ts';
import { plainName } from './plan-text.ts';

type Json = Readonly<Record<string, unknown>>;

/** Undefined when it is in another form. */
export function jsonPlan(text: string): PlanNode | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    const first: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
    const root = isObject(first) ? first['Plan'] : undefined;
    return isObject(root) ? nodeOf(root) : undefined;
  } catch {
    return undefined;
  }
}

function nodeOf(plan: Json): PlanNode {
  const children = plan['Plans'];
  return {
    operator: String(plan['Node Type'] ?? ''),
    detail: detailOf(plan),
    children: Array.isArray(children) ? children.filter(isObject).map(nodeOf) : [],
  };
}

/** Said elsewhere, of use to the server alone, or long without saying more. */
const hidden = new Set([
  'Node Type',
  'Node Id',
  'Plans',
  'Expression',
  'Actions',
  'Removes Filter',
  'Skip merging',
  'With Ties',
  'Reads All Data',
  'Positions',
]);

function detailOf(plan: Json): string {
  const parts: string[] = [];
  for (const [key, value] of Object.entries(plan)) {
    if (hidden.has(key) || key.endsWith(' column')) continue;
    const said = short(value);
    if (said === '' || (key === 'Offset' && said === '0')) continue;
    if (key === 'Description') parts.push(plainName(said.replace(/^\(([\s\S]*)\)$/, '$1')));
    else parts.push(`${key}: ${plainName(said)}`);
  }
  return parts.join(' · ');
}

function short(value: unknown): string {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  const said = all.map(one).filter((text) => text !== '');
  const most = said.slice(0, 6).join(', ');
  return `${most.length > 300 ? `${most.slice(0, 300)}…` : most}${said.length > 6 ? ', …' : ''}`;
}

function one(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (!isObject(value)) return String(value);
  if (typeof value['Column'] === 'string') return value['Ascending'] === false ? `${value['Column']} DESC` : value['Column'];
  if (typeof value['Name'] === 'string') return value['Name'];
  // Of an index: how much of the table is left by it.
  const parts = ['Type', 'Keys', 'Condition', 'Initial Parts', 'Selected Parts', 'Initial Granules', 'Selected Granules'];
  return parts.flatMap((key) => (value[key] === undefined ? [] : [`${key} ${String(value[key])}`])).join(' ');
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
