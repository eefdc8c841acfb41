/** Where each value was written: files and texts in the order in which they win, with the lines of their keys. */
import { readFile } from 'node:fs/promises';
import { isMap as isYamlMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { FaultlineError, invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { isMap, overlay } from './merge.ts';
import type { Values } from './merge.ts';
import { parseSet } from './sets.ts';

export type Path = readonly (string | number)[];

export interface ValuesSource {
  /** The file, or what a person calls it. */
  readonly name: string;
  readonly values: Values;
  /** `12:3`, where the key (else the nearest above it) is; undefined when it is not in here, or this is no text. */
  placeOf(path: Path): string | undefined;
}

/** A person's own values over each other. */
export function merged(sources: readonly ValuesSource[]): Values {
  return sources.reduce<Values>((below, { values }) => overlay(below, values), {});
}

/** Fails: `notFound`, `invalid` (not YAML, no map) with line and column. */
export async function readValues(file: string): Promise<ValuesSource> {
  return valuesOf(file, await textOf(file));
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const meaning = error instanceof Error ? error.message : String(error);
    throw new FaultlineError(
      'notFound',
      { what: t('The values file {0} can’t be read', file), meaning, remedy: t('Check the path.') },
      error,
    );
  }
}

export function valuesOf(name: string, text: string): ValuesSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true });
  const [error] = document.errors;
  if (error !== undefined) throw notYaml(name, error);
  const values = plainOf(name, document) ?? {};
  if (!isMap(values)) throw invalid(t('{0} holds no values: it is not a map of keys', name), t('Write it as “key: value” lines.'));
  return { name, values, placeOf: (path) => placeIn(document, lines, path) };
}

/** An alias is followed only here. */
function plainOf(name: string, document: Document): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw notYaml(name, error);
  }
}

function notYaml(name: string, error: unknown): FaultlineError {
  const [said = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return invalid(t('{0} is not valid YAML: {1}', name, said.replace(/:$/, '')), t('Correct it and try again.'));
}

export function setsSource(sets: readonly string[]): ValuesSource {
  const values = sets.map(parseSet).reduce<Values>(overlay, {});
  return { name: '--set', values, placeOf: () => undefined };
}

/** The last source that says anything about the path: what it says counts. */
export function sourceOf(sources: readonly ValuesSource[], path: Path): ValuesSource | undefined {
  return sources.findLast(({ values }) => has(values, path));
}

export function has(values: unknown, path: Path): boolean {
  let at = values;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return false;
    at = (at as Record<string | number, unknown>)[step];
  }
  return true;
}

function placeIn(document: Document, lines: LineCounter, path: Path): string | undefined {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const step of path) {
    let next: unknown;
    if (isYamlMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (pair === undefined) break;
      if (isScalar(pair.key) && pair.key.range) [offset] = pair.key.range;
      next = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      next = node.items[step];
      if (isScalar(next) && next.range) [offset] = next.range;
    } else break;
    node = next;
  }
  if (offset === undefined) return undefined;
  const { line, col } = lines.linePos(offset);
  return `${line}:${col}`;
}
