/** Secrets out of what is shown, so that a change of one is still seen. Pure. */
import { isMap } from '../values/merge.ts';

const SECRET_NAME = /pass(?:word|wd)?|secret|token|credential|private[-_]?key|api[-_]?key/i;
const HIDDEN = '(hidden)';
const ANOTHER = '(hidden, another one)';

/** Both sides of a difference, with the values of a Secret and of environment variables named like one hidden. */
export function hidden(before: unknown, after: unknown): { readonly before: unknown; readonly after: unknown } {
  return { before: hide(before, undefined), after: hide(after, before) };
}

/** `other`: the side before, which a value is told to differ from; undefined: there is none. */
function hide(value: unknown, other: unknown): unknown {
  if (Array.isArray(value)) return value.map((item, at) => hide(item, partnerOf(item, at, other)));
  if (!isMap(value)) return value;
  const isSecret = value['kind'] === 'Secret';
  const isNamedLikeOne = typeof value['name'] === 'string' && SECRET_NAME.test(value['name']) && typeof value['value'] === 'string';
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const there = isMap(other) ? other[key] : undefined;
      if (isSecret && (key === 'data' || key === 'stringData')) return [key, maskAll(inner, there)];
      return [key, isNamedLikeOne && key === 'value' ? mask(inner, there) : hide(inner, there)];
    }),
  );
}

function partnerOf(item: unknown, at: number, other: unknown): unknown {
  if (!Array.isArray(other)) return undefined;
  if (isMap(item) && typeof item['name'] === 'string') return other.find((one) => isMap(one) && one['name'] === item['name']);
  return other[at];
}

function maskAll(data: unknown, other: unknown): unknown {
  if (!isMap(data)) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, mask(value, isMap(other) ? other[key] : undefined)]));
}

function mask(value: unknown, other: unknown): string {
  return other === undefined || other === value ? HIDDEN : ANOTHER;
}
