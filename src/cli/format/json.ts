/** One array of objects, or one object a line. Numbers keep all their digits: read them with a parser that does, too. */
import type { Cell, Column } from '../../engine/engine.ts';
import { cellJson } from '../../engine/text.ts';
import type { RowsFormat } from './rows.ts';

export function jsonFormat(): RowsFormat {
  let write = objects([]);
  let any = false;
  return {
    begin: (columns) => {
      write = objects(columns);
      return '[';
    },
    rows: (rows) => {
      const text = rows.map((row, index) => `${any || index > 0 ? ',' : ''}\n${write(row)}`).join('');
      any ||= rows.length > 0;
      return text;
    },
    end: () => (any ? '\n]\n' : ']\n'),
  };
}

export function ndjsonFormat(): RowsFormat {
  let write = objects([]);
  return {
    begin: (columns) => {
      write = objects(columns);
      return '';
    },
    rows: (rows) => rows.map((row) => `${write(row)}\n`).join(''),
    end: () => '',
  };
}

function objects(columns: readonly Column[]): (row: readonly Cell[]) => string {
  const keys = uniqueNames(columns).map((name) => JSON.stringify(name));
  return (row) => `{${row.map((cell, index) => `${keys[index] ?? '""'}:${cellJson(cell, columns[index])}`).join(',')}}`;
}

/** Two columns may have one name, two keys of an object may not: `a`, `a_1`. */
function uniqueNames(columns: readonly Column[]): readonly string[] {
  const taken = new Set(columns.map(({ name }) => name));
  const seen = new Set<string>();
  return columns.map(({ name }) => {
    let unique = name;
    for (let count = 1; seen.has(unique); count++) {
      const next = `${name}_${count}`;
      if (!taken.has(next)) unique = next;
    }
    seen.add(unique);
    return unique;
  });
}
