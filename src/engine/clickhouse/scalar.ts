/** Single values out of ClickHouse's text formats. Browser-safe. */
import type { TypeTree } from './type-tree.ts';

const escapes: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  r: '\r',
  n: '\n',
  t: '\t',
  0: '\0',
  a: '\u0007',
  v: '\v',
  e: '\u001b',
};

/** Of TabSeparated and of quoted texts in nested values. */
export function unescapeText(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replaceAll(/\\(x[0-9A-Fa-f]{2}|[\s\S])/g, (_match, escape: string) =>
    escape.length > 1 ? String.fromCharCode(Number.parseInt(escape.slice(1), 16)) : (escapes[escape] ?? escape),
  );
}

/** With all digits of its scale: ClickHouse leaves zeros at the end away since 21.9, other engines do not. */
export function decimalText(text: string, type: TypeTree): string {
  const scale = Number(type.arguments.at(-1) ?? 0);
  if (scale === 0 || !Number.isInteger(scale)) return text;
  const point = text.indexOf('.');
  if (point < 0) return /^-?\d+$/.test(text) ? `${text}.${'0'.repeat(scale)}` : text;
  const missing = scale - (text.length - point - 1);
  return missing <= 0 ? text : text + '0'.repeat(missing);
}
