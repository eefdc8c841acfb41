/** One object of a plan as a person reads it: what would become of it, with unified lines of YAML. Pure. */
import { createTwoFilesPatch } from 'diff';
import { stringify } from 'yaml';
import { labelOf } from '../objects.ts';
import type { Manifest } from '../objects.ts';
import { isMap } from '../values/merge.ts';
import { hidden } from './hide.ts';
import { inOrderOf, project } from './project.ts';

export type ObjectAction = 'create' | 'change' | 'recreate' | 'delete' | 'none';

export interface PlannedObject {
  /** `apps/v1` */
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly action: ObjectAction;
  /** Unified lines of YAML, without a file header; secrets' values are hidden. Empty for `none`. */
  readonly diff: string;
  /** Why it has to be made anew: the fields that can't be changed. Why it stays although it left the chart. */
  readonly why?: string;
}

/** All that is known of one object. */
export interface ObjectSides {
  /** As it was rendered for the release now. */
  readonly before?: Manifest;
  /** As it is rendered now; absent: it leaves the release. */
  readonly after?: Manifest;
  readonly live?: Manifest;
  /** What the server would make of `after`, defaults filled in. */
  readonly wouldBe?: Manifest;
  /** The server's words for fields that can't be changed. */
  readonly immutable?: string;
}

export interface Comparison {
  readonly object: PlannedObject;
  /** What runs and what would run, cut down to what the manifests name. */
  readonly from: unknown;
  readonly to: unknown;
}

export const KEEP = 'helm.sh/resource-policy';

export function compare(sides: ObjectSides): Comparison | undefined {
  const { before, after, live, wouldBe, immutable } = sides;
  const known = after ?? before;
  if (known === undefined) return undefined;
  const from = live === undefined ? undefined : inOrderOf(cut(live, before, after), after ?? before);
  const to = after === undefined ? undefined : inOrderOf(cut(wouldBe ?? after, after), after);
  const action = actionOf(sides, from, to);
  const facts = {
    apiVersion: known.apiVersion,
    kind: known.kind,
    name: known.metadata.name,
    ...(known.metadata.namespace === undefined ? {} : { namespace: known.metadata.namespace }),
    action,
    diff: action === 'none' ? '' : difference(labelOf(known), from, to),
  };
  const why = immutable ?? (after === undefined && action === 'none' ? `${KEEP}: keep` : undefined);
  return { object: { ...facts, ...(why === undefined ? {} : { why }) }, from, to };
}

function actionOf({ before, after, live, immutable }: ObjectSides, from: unknown, to: unknown): ObjectAction {
  if (after === undefined) return live === undefined || before?.metadata.annotations?.[KEEP] === 'keep' ? 'none' : 'delete';
  if (live === undefined) return 'create';
  if (immutable !== undefined) return 'recreate';
  return textOf(from) === textOf(to) ? 'none' : 'change';
}

/** Helm's own marks and what only the server writes are left out, unless the chart writes them. */
function cut(live: Manifest, ...shapes: readonly (Manifest | undefined)[]): unknown {
  return project(plain(live), shapes.filter((shape) => shape !== undefined).map(plain));
}

/** `stringData` is what a chart writes, `data` what is stored. */
function plain(object: Manifest): Record<string, unknown> {
  const { status: _status, ...rest } = object;
  const { stringData, data, ...secret } = rest;
  if (object.kind !== 'Secret' || !isMap(stringData)) return rest;
  const encoded = Object.entries(stringData).map(([key, value]) => [key, Buffer.from(String(value)).toString('base64')]);
  return { ...secret, data: { ...(isMap(data) ? data : {}), ...Object.fromEntries(encoded) } };
}

function difference(label: string, from: unknown, to: unknown): string {
  const shown = hidden(from, to);
  const patch = createTwoFilesPatch(label, label, textOf(shown.before), textOf(shown.after), undefined, undefined, { context: 3 });
  return patch
    .split('\n')
    .filter((line) => !/^(Index: |={3,}|--- |\+\+\+ |\\ No newline)/.test(line))
    .join('\n')
    .trimEnd();
}

function textOf(value: unknown): string {
  return value === undefined ? '' : stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
