/** Cells as text and as JSON, exact. Browser-safe. */
import type { Cell, Column, NestedCell } from './engine.ts';

/** One line of text in the form of the engine's own cast: `[1, NULL]`, `{'a': 1}`, `{key=1}`. NULL is `null` at the top. */
export function cellText(cell: Cell): string | null {
  if (cell === null || typeof cell === 'string') return cell;
  switch (cell.kind) {
    case 'long':
      return `${cell.text}…`;
    case 'list':
      return `[${[...cell.values.map(inner), ...more(cell.values.length, cell.length)].join(', ')}]`;
    case 'struct':
      return `{${cell.entries.map(([name, value]) => `'${name.replaceAll("'", "''")}': ${inner(value)}`).join(', ')}}`;
    case 'map': {
      const entries = cell.entries.map(([key, value]) => `${inner(key)}=${inner(value)}`);
      return `{${[...entries, ...more(cell.entries.length, cell.length)].join(', ')}}`;
    }
  }
}

/** The cell as JSON: integers, decimals and floats as number literals with all their digits; what JSON has no form for as text. */
export function cellJson(cell: Cell, column: Column | undefined): string {
  if (cell === null) return 'null';
  if (typeof cell !== 'string') return nestedJson(cell, column);
  switch (column?.kind) {
    case 'integer':
    case 'decimal':
      return cell;
    case 'float':
      // JSON has no nan and no infinity.
      return /^-?\d/.test(cell) ? cell : JSON.stringify(cell);
    case 'boolean':
      return cell;
    default:
      // A line break in JSON text is white space: inside of its strings it is escaped.
      return column?.type.toUpperCase() === 'JSON' ? cell.replaceAll(/[\r\n]+/g, ' ') : JSON.stringify(cell);
  }
}

function nestedJson(cell: NestedCell, column: Column | undefined): string {
  switch (cell.kind) {
    case 'long':
      return JSON.stringify(cell.text);
    case 'list':
      return `[${cell.values.map((value) => cellJson(value, column?.children?.[0])).join(',')}]`;
    case 'struct': {
      const child = (name: string, index: number): Column | undefined =>
        column?.children?.[index]?.name === name ? column.children[index] : column?.children?.find((one) => one.name === name);
      return `{${cell.entries.map(([name, value], index) => `${JSON.stringify(name)}:${cellJson(value, child(name, index))}`).join(',')}}`;
    }
    case 'map':
      return `{${cell.entries.map(([key, value]) => `${JSON.stringify(cellText(key) ?? 'NULL')}:${cellJson(value, column?.children?.[1])}`).join(',')}}`;
  }
}

function inner(cell: Cell): string {
  if (cell === null) return 'NULL';
  if (typeof cell !== 'string') return cellText(cell) ?? 'NULL';
  const plain = cell !== '' && !/[[\]{}(),:='"\\]|^\s|\s$|^null$/i.test(cell);
  return plain ? cell : `'${cell.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function more(shown: number, length: number): string[] {
  return length > shown ? [`… ${length - shown} more`] : [];
}
