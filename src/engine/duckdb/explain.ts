/** A statement's plan as a tree. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Plan, PlanNode } from '../engine.ts';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { engineError, type ErrorContext } from './errors.ts';
import { planText } from './plan-text.ts';

/** With `analyze` the statement is run, once. Fails like a query. */
export async function explainStatement(connection: DuckDBConnection, sql: string, analyze: boolean, context: ErrorContext): Promise<Plan> {
  const prefix = analyze ? 'EXPLAIN (ANALYZE, FORMAT json) ' : 'EXPLAIN (FORMAT json) ';
  const json = await explainText(connection, prefix, sql, context);
  const parsed: unknown = JSON.parse(json);
  if (!analyze) {
    const root = nodeOf(Array.isArray(parsed) ? parsed[0] : parsed);
    return { analyzed: false, root, text: await explainText(connection, 'EXPLAIN ', sql, context) };
  }
  const profile = isObject(parsed) ? parsed : {};
  const root = nodeOf(withoutWrapper(profile));
  const totalMs = typeof profile['latency'] === 'number' ? profile['latency'] * 1000 : undefined;
  return { analyzed: true, root, ...(totalMs === undefined ? {} : { totalMs }), text: planText(root, totalMs) };
}

async function explainText(connection: DuckDBConnection, prefix: string, sql: string, context: ErrorContext): Promise<string> {
  try {
    const rows = (await connection.runAndReadAll(`${prefix}${sql}`)).getRows();
    const text = rows[0]?.[1];
    if (typeof text !== 'string') throw new FaultlineError('engine', { what: t('DuckDB has no plan for this statement') });
    return text;
  } catch (error) {
    throw engineError(error, sql, { ...context, prefixLength: prefix.length });
  }
}

type Json = Readonly<Record<string, unknown>>;

/** The profile's own root and the node of EXPLAIN itself say nothing about the statement. */
function withoutWrapper(profile: Json): unknown {
  let node: unknown = profile;
  while (isObject(node) && (node['operator_type'] === undefined || node['operator_type'] === 'EXPLAIN_ANALYZE')) {
    const children: unknown = node['children'];
    if (!Array.isArray(children) || children.length === 0) break;
    node = children[0];
  }
  return node;
}

function nodeOf(value: unknown): PlanNode {
  const node = isObject(value) ? value : {};
  const info = isObject(node['extra_info']) ? node['extra_info'] : {};
  const children = Array.isArray(node['children']) ? node['children'].map(nodeOf) : [];
  const name = text(node['operator_name']) ?? text(node['name']) ?? '';
  // DuckDB writes 0 where it estimated nothing: in the projections that it adds around sorts and groups.
  const expected = numberIn(info['Estimated Cardinality']) || undefined;
  const timing = numberIn(node['operator_timing']);
  const rows = numberIn(node['operator_cardinality']);
  const size = numberIn(node['result_set_size']);
  return {
    operator: title(name, info),
    detail: detail(name, info),
    ...(timing === undefined ? {} : { ownTimeMs: timing * 1000 }),
    ...(expected === undefined ? {} : { rowsExpected: expected }),
    ...(rows === undefined ? {} : { rowsReal: rows }),
    ...(size === undefined ? {} : { sizeBytes: size }),
    children,
  };
}

/** HASH_JOIN of type SEMI → "Hash Join (semi)"; "SEQ_SCAN " → "Seq Scan". */
function title(name: string, info: Json): string {
  const plain = name
    .trim()
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
    .join(' ');
  const join = text(info['Join Type']);
  return join === undefined || join === 'INNER' ? plain : `${plain} (${join.toLowerCase()})`;
}

/** What says most about an operator comes first; estimates and the operator's kind stand elsewhere. */
const shown = [
  'Table',
  'Text',
  'Function',
  'Conditions',
  'Groups',
  'Aggregates',
  'Order By',
  'Top',
  'Filters',
  'Expression',
  'Projections',
];
const hidden = new Set([...shown, 'Estimated Cardinality', 'Join Type', 'Type', 'Delim Index', 'Dynamic Filters']);

function detail(name: string, info: Json): string {
  const parts: string[] = [];
  for (const key of shown) {
    const value = short(key, info[key]);
    if (value === '') continue;
    // The operator ORDER_BY has said "by" with its name.
    const isSort = key === 'Order By' && name.trim() !== 'ORDER_BY';
    parts.push(key === 'Filters' ? t('where {0}', value) : isSort ? t('by {0}', value) : value);
  }
  for (const [key, value] of Object.entries(info)) {
    if (hidden.has(key)) continue;
    const said = short(key, value);
    if (said !== '') parts.push(`${key}: ${said}`);
  }
  return parts.join(' · ');
}

function short(key: string, value: unknown): string {
  const all: readonly unknown[] = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
  const items = all.flatMap((item) => String(item).split('\n'));
  // `tpch.main.orders`: the database and its only schema are what the target is about.
  if (key === 'Table') return items.map((item) => item.replace(/^[^.]+\.main\./, '')).join(', ');
  if (key === 'Order By') return items.map((item) => item.replaceAll(/\b\w+\.main\.(?=\w+\.)/g, '')).join(', ');
  const readable = items
    .map((item) => item.replaceAll(/__internal_(?:de)?compress_\w+\(([^(),]*)[^()]*\)/g, '$1').replaceAll('count_star()', 'count(*)'))
    // `#0` is a column by its number in the node below: it says nothing to a reader.
    .filter((item) => item !== '' && !/^#\d+$/.test(item));
  const most = readable.slice(0, 6).join(', ');
  return `${most.length > 300 ? `${most.slice(0, 300)}…` : most}${readable.length > 6 ? ', …' : ''}`;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function numberIn(value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
