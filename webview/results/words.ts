/** States, filters and times in words. */
import type { Column, Filter, TabState } from '../../src/ui/panels/results/protocol.ts';
import { t } from '../../src/base/messages.ts';
import { formatCount } from '../../src/base/units.ts';
import type { IconName } from '../kit/icons.ts';
import { visible } from './grid/text.ts';

export interface StateMark {
  readonly icon: IconName;
  readonly tint: string;
  readonly word: string;
}

export function stateMark(status: TabState['status']): StateMark {
  switch (status) {
    case 'running':
      return { icon: 'running', tint: 'c-prog', word: t('running') };
    case 'done':
      return { icon: 'ok', tint: 'c-ok', word: t('done') };
    case 'failed':
      return { icon: 'bad', tint: 'c-bad', word: t('failed') };
    case 'cancelled':
      return { icon: 'partial', tint: 'c-warn', word: t('cancelled, not all rows') };
    case 'limited':
      return { icon: 'partial', tint: 'c-warn', word: t('stopped early, not all rows') };
    case 'gone':
      return { icon: 'partial', tint: 'dim', word: t('rows no longer held') };
  }
}

export function rowsInWords(count: number): string {
  return count === 1 ? t('1 row') : t('{0} rows', formatCount(count));
}

/** The rows of a comparison are differences. */
export function differencesInWords(count: number): string {
  return count === 1 ? t('1 difference') : t('{0} differences', formatCount(count));
}

/** Partial results say so wherever their number stands. */
export function isPartial({ status }: Pick<TabState, 'status'>): boolean {
  return status === 'cancelled' || status === 'limited';
}

const signs = { '=': '=', '<>': '≠', '<': '<', '<=': '≤', '>': '>', '>=': '≥' } as const;
const maxChipCharacters = 48;

/** `c_acctbal ≥ 500.00` */
export function filterInWords(filter: Filter, columns: readonly Column[]): string {
  const name = cut(visible(columns[filter.column]?.name ?? ''), 32);
  switch (filter.op) {
    case 'in': {
      const shown = filter.values.slice(0, 2).map(valueInWords);
      const more = filter.values.length - shown.length;
      const sign = filter.values.length === 1 ? '=' : t('is one of');
      return cut(`${name} ${sign} ${shown.join(', ')}`, maxChipCharacters) + (more > 0 ? `, +${formatCount(more)}` : '');
    }
    case 'contains':
      return cut(t('{0} contains {1}', name, visible(filter.text)), maxChipCharacters);
    case 'like':
      return cut(t('{0} like {1}', name, visible(filter.text)), maxChipCharacters);
    case 'null':
      return t('{0} is NULL', name);
    case 'notNull':
      return t('{0} is not NULL', name);
    default:
      return cut(`${name} ${signs[filter.op]} ${visible(filter.text)}`, maxChipCharacters);
  }
}

export function valueInWords(value: string | null): string {
  if (value === null) return 'NULL';
  return value === '' ? "''" : cut(visible(value), 40);
}

export function cut(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters - 1)}…`;
}

/** 14:31:07, in the person's zone. */
export function clock(atMs: number): string {
  return new Date(atMs).toLocaleTimeString('en-GB');
}
