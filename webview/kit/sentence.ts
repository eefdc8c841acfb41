/** A reason as it stands under a verdict. */
import { h, type Child } from './dom.ts';

/** A word begins with a capital, a name (q15, p99.9) does not. */
export function sentence(reason: string): string {
  return /^\p{Ll}+[\s,:]/u.test(reason) ? reason.charAt(0).toUpperCase() + reason.slice(1) : reason;
}

/** The figure that decided stands out: the first with a unit. */
export function withFigure(reason: string): Child[] {
  const found = /\d[\d,.:]*\s?(?:µs|ms|s|min|h|%|\/s)(?![\p{L}])/u.exec(reason);
  if (found === null) return [reason];
  const end = found.index + found[0].length;
  return [reason.slice(0, found.index), h('b', { class: 'num' }, found[0]), reason.slice(end)];
}
