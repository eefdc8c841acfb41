/** Label selectors as kubectl's `-l` takes them. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { LabelSelector } from '../../cluster/objects.ts';

const key = String.raw`[A-Za-z0-9](?:[\w./-]*[A-Za-z0-9])?`;
const equal = new RegExp(String.raw`^(${key})\s*(==|=|!=)\s*([\w.-]*)$`);
const among = new RegExp(String.raw`^(${key})\s+(in|notin)\s*\(([^()]*)\)$`);
const present = new RegExp(`^(!?)\\s*(${key})$`);

/** `app=trino,tier in (a, b),!old`. Fails: `invalid`; an empty one too, since it would mean every pod. */
export function labelSelectorOf(written: string): LabelSelector {
  const parts = written
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length === 0) throw wrong(written);
  return { matchExpressions: parts.map((part) => expressionOf(part, written)) };
}

function expressionOf(part: string, written: string): NonNullable<LabelSelector['matchExpressions']>[number] {
  const [, left, sign, value = ''] = equal.exec(part) ?? [];
  if (left !== undefined) return { key: left, operator: sign === '!=' ? 'NotIn' : 'In', values: [value] };
  const [, of, word, list = ''] = among.exec(part) ?? [];
  if (of !== undefined) return { key: of, operator: word === 'in' ? 'In' : 'NotIn', values: list.split(',').map((one) => one.trim()) };
  const [, not, name] = present.exec(part) ?? [];
  if (name !== undefined) return { key: name, operator: not === '!' ? 'DoesNotExist' : 'Exists' };
  throw wrong(written);
}

function wrong(written: string): FaultlineError {
  return new FaultlineError('invalid', {
    what: t('“{0}” selects no labels', written.slice(0, 60)),
    remedy: t('Write {0}.', 'app=trino,component in (worker)'),
  });
}
