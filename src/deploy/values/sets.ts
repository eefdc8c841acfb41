/** `--set a.b=1,c[0]=x,d={p,q}` as Helm reads it, so that it never has to stand on a command line. Pure. */
import { invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { isMap, overlay } from './merge.ts';
import type { Values } from './merge.ts';

type Step = string | number;

/** Helm's own bound: a typo must not make a list of a million. */
const MAX_INDEX = 65_536;

/** Fails: `invalid` with what could not be read. */
export function parseSet(text: string): Values {
  let values: Values = {};
  for (const assignment of split(text, ',')) {
    const at = unescapedIndex(assignment, '=');
    if (at <= 0) throw bad(text, t('“{0}” has no “=”', assignment));
    const steps = parsePath(assignment.slice(0, at), text);
    values = merge(values, nested(steps, parseValue(assignment.slice(at + 1))));
  }
  return values;
}

/** Lists that two assignments fill place by place grow together. */
function merge(below: Values, above: Values): Values {
  const merged: Record<string, unknown> = { ...overlay(below, {}) };
  for (const [key, value] of Object.entries(above)) merged[key] = combine(merged[key], value);
  return merged;
}

function combine(under: unknown, over: unknown): unknown {
  if (isMap(under) && isMap(over)) return merge(under, over);
  if (Array.isArray(under) && Array.isArray(over)) {
    const [low, high]: [readonly unknown[], readonly unknown[]] = [under, over];
    return Array.from({ length: Math.max(low.length, high.length) }, (_, at): unknown =>
      high[at] === undefined ? (low[at] ?? null) : combine(low[at], high[at]),
    );
  }
  return over;
}

function nested(steps: readonly Step[], value: unknown): Values {
  const built = steps.reduceRight<unknown>((inner, step) => {
    if (typeof step === 'string') return { [step]: inner };
    const list: unknown[] = Array.from({ length: step + 1 });
    list[step] = inner;
    return list;
  }, value);
  return isMap(built) ? built : {};
}

function parsePath(written: string, whole: string): readonly Step[] {
  return split(written, '.').flatMap((part): Step[] => {
    const [, name = '', indexes = ''] = /^((?:\\.|[^[\\])*)((?:\[\d+\])*)$/.exec(part) ?? [];
    if (name === '') throw bad(whole, t('“{0}” is no key', written));
    const numbers = [...indexes.matchAll(/\[(\d+)\]/g)].map(([, digits]) => Number(digits));
    if (numbers.some((index) => index > MAX_INDEX)) throw bad(whole, t('the list would have more than {0} entries', MAX_INDEX));
    return [unescape(name), ...numbers];
  });
}

function parseValue(written: string): unknown {
  if (written.startsWith('{') && written.endsWith('}')) {
    const inside = written.slice(1, -1);
    return inside === '' ? [] : split(inside, ',').map((item) => scalar(item));
  }
  return scalar(written);
}

/** Numbers with a leading zero stay text, as in Helm. */
function scalar(written: string): unknown {
  if (written === 'true') return true;
  if (written === 'false') return false;
  if (written === 'null') return null;
  if (/^-?(?:0|[1-9]\d{0,14})$/.test(written)) return Number(written);
  return unescape(written);
}

/** At `mark` outside of braces and without a backslash before it; the backslashes stay. */
function split(text: string, mark: string): readonly string[] {
  const parts: string[] = [];
  let part = '';
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const letter = text.charAt(at);
    if (letter === '\\') {
      part += letter + text.charAt(++at);
      continue;
    }
    if (letter === '{') depth++;
    if (letter === '}') depth--;
    if (letter === mark && depth <= 0) {
      parts.push(part);
      part = '';
    } else part += letter;
  }
  return [...parts, part];
}

function unescapedIndex(text: string, mark: string): number {
  for (let at = 0; at < text.length; at++) {
    if (text.charAt(at) === '\\') at++;
    else if (text.charAt(at) === mark) return at;
  }
  return -1;
}

function unescape(text: string): string {
  return text.replaceAll(/\\(.)/g, '$1');
}

function bad(whole: string, why: string): Error {
  // What stands behind "=" may be a secret.
  const key = whole.slice(0, Math.max(0, whole.indexOf('='))) || t('without a key');
  return invalid(t('--set {0}: {1}', key, why), t('Write it as key=value, such as worker.replicas=3.'));
}
