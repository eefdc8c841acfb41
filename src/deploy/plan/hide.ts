/** Secrets out of what is shown, so that a change of one is still seen. Pure. */
import { isMap } from '../values/merge.ts';

const SECRET_NAME = /pass(?:word|wd)?|secret|token|credential|private[-_]?key|api[-_]?key/i;

/** Both sides of a difference, with the values of a Secret and of environment variables named like one hidden. */
export function hidden(before: unknown, after: unknown): { readonly before: unknown; readonly after: unknown } {
  return { before: hide(before, after, '', t1), after: hide(after, before, '', t2) };
}

type Word = (isSame: boolean) => string;
const t1: Word = () => '(hidden)';
const t2: Word = (isSame) => (isSame ? '(hidden)' : '(hidden, another one)');

function hide(value: unknown, other: unknown, path: string, word: Word): unknown {
  if (isMap(value)) {
    const isSecret = value['kind'] === 'Secret';
    const isNamed = typeof value['name'] === 'string' && SECRET_NAME.test(value['name']) && typeof value['value'] === 'string';
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => {
        const there = isMap(other) ? other[key] : undefined;
        if (isSecret && (key === 'data' || key === 'stringData')) return [key, mask(inner, there, word)];
        if (isNamed && key === 'value') return [key, word(inner === there || other === undefined)];
        return [key, hide(inner, there, `${path}.${key}`, word)];
      }),
    );
  }
  if (Array.isArray(value)) return value.map((item, at) => hide(item, partnerOf(item, at, other), `${path}[${at}]`, word));
  return value;
}

function partnerOf(item: unknown, at: number, other: unknown): unknown {
  if (!Array.isArray(other)) return undefined;
  if (isMap(item) && typeof item['name'] === 'string') return other.find((one) => isMap(one) && one['name'] === item['name']);
  return other[at];
}

function mask(data: unknown, other: unknown, word: Word): unknown {
  if (!isMap(data)) return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, word(other === undefined || (isMap(other) && other[key] === value))]),
  );
}
