/** What is typed into a filter: `text` contains, `= > < >= <= <>` compare, `%` and `_` with a `%` are a pattern. */
import type { Filter } from '../../src/ui/panels/results/protocol.ts';

const compare = /^(<>|!=|>=|<=|=|>|<)\s*(.*)$/s;

export function parseFilter(column: number, typed: string): Filter | null {
  const text = typed.trimStart();
  if (text === '') return null;
  const match = compare.exec(text);
  if (match !== null) {
    const [, sign = '=', operand = ''] = match;
    const op = sign === '!=' ? '<>' : (sign as '=' | '<>' | '<' | '<=' | '>' | '>=');
    if (operand.trim().toUpperCase() === 'NULL' && (op === '=' || op === '<>')) return { column, op: op === '=' ? 'null' : 'notNull' };
    return operand === '' && op !== '=' && op !== '<>' ? null : { column, op, text: operand };
  }
  return text.includes('%') ? { column, op: 'like', text } : { column, op: 'contains', text };
}

/** The text that `parseFilter` would make this filter of; empty for chosen values. */
export function typedOf(filter: Filter | undefined): string {
  if (filter === undefined) return '';
  switch (filter.op) {
    case 'in':
      return '';
    case 'null':
      return '= NULL';
    case 'notNull':
      return '<> NULL';
    case 'contains':
    case 'like':
      return filter.text;
    default:
      return `${filter.op} ${filter.text}`;
  }
}

/** Only a text that is contained narrows the list of values. */
export function searchOf(typed: string): string {
  const filter = parseFilter(0, typed);
  return filter?.op === 'contains' ? filter.text : '';
}
