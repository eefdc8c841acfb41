/** Rows made from their number: as many as a test wants, always the same. They look like TPC-H query 10. */
import type { Cell, Column, ColumnSummary, CellRange } from '../../src/ui/panels/results/protocol.ts';

export const columns: readonly Column[] = [
  { name: 'c_custkey', type: 'BIGINT', kind: 'integer' },
  { name: 'c_name', type: 'VARCHAR', kind: 'text' },
  { name: 'revenue', type: 'DECIMAL(38,4)', kind: 'decimal' },
  { name: 'c_acctbal', type: 'DECIMAL(15,2)', kind: 'decimal' },
  { name: 'n_name', type: 'VARCHAR', kind: 'text' },
  { name: 'last_return', type: 'DATE', kind: 'date' },
  { name: 'orders', type: 'BIGINT[]', kind: 'nested' },
  { name: 'c_phone', type: 'VARCHAR', kind: 'text' },
  { name: 'c_comment', type: 'VARCHAR', kind: 'text' },
];

export const nations = [
  'GERMANY',
  'VIETNAM',
  'JAPAN',
  'ROMANIA',
  'UNITED KINGDOM',
  'FRANCE',
  'ARGENTINA',
  'EGYPT',
  'BRAZIL',
  'CHINA',
  'INDIA',
  'KENYA',
  'PERU',
];
const comments = [
  'sits. slyly regular requests sleep alongside of the regular inst',
  'ggle carefully enticing requests. final deposits use bold, bold',
  ' need to boost against the slyly regular account',
  '',
  'arefully even depths. blithely even excuses sleep furiously',
];

/** A whole number that looks random, the same for the same row. */
function mixed(row: number, salt: number): number {
  let x = Math.imul(row + 1, 0x9e3779b1) ^ Math.imul(salt + 1, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39);
  return (x ^ (x >>> 15)) >>> 0;
}

const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');

/** In units of 0.0001. */
export const revenueOf = (row: number): bigint => 7_342_352_455n - BigInt(row) * 337n;

function decimal(units: bigint, digits: number): string {
  const text = (units < 0n ? -units : units).toString().padStart(digits + 1, '0');
  return `${units < 0n ? '-' : ''}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

export function cellOf(row: number, column: number): Cell {
  const key = mixed(row, 0) % 149_999;
  switch (column) {
    case 0:
      return String(row + 1);
    case 1:
      return `Customer#${pad(key, 9)}`;
    case 2:
      return decimal(revenueOf(row), 4);
    case 3:
      return decimal(BigInt(50_000 + (mixed(row, 1) % 750_000)), 2);
    case 4:
      return nations[mixed(row, 2) % nations.length] ?? null;
    case 5:
      return row === 10 ? null : new Date(Date.UTC(1993, 9, 1) + (mixed(row, 3) % 91) * 86_400_000).toISOString().slice(0, 10);
    case 6: {
      if (row === 17) return null;
      const length = row === 6 ? 0 : 2 + (mixed(row, 4) % 6);
      return { kind: 'list', length, values: Array.from({ length }, (_, i) => String(mixed(row, 10 + i) % 6_000_000)) };
    }
    case 7:
      return row === 15
        ? null
        : `${10 + (mixed(row, 5) % 25)}-${pad(mixed(row, 6) % 1000, 3)}-${pad(mixed(row, 7) % 1000, 3)}-${pad(mixed(row, 8) % 10_000, 4)}`;
    case 8:
      return row === 8 ? null : (comments[row % comments.length] ?? null);
    default:
      return null;
  }
}

export function rowsOf(offset: number, limit: number, rowAt: (index: number) => number, width = columns.length): Cell[][] {
  return Array.from({ length: limit }, (_, i) =>
    Array.from({ length: width }, (_, column) => cellOf(rowAt(offset + i), column % columns.length)),
  );
}

const summedRows = 20_000;

export function summaryOf(range: CellRange): ColumnSummary[] {
  const count = range.toRow - range.fromRow;
  return Array.from({ length: range.toColumn - range.fromColumn }, (_, i) => {
    const column = range.fromColumn + i;
    const digits = column === 2 ? 4 : column === 3 ? 2 : 0;
    const values = Array.from({ length: Math.min(count, summedRows) }, (_, r) => cellOf(range.fromRow + r, column));
    const texts = values.filter((value) => typeof value === 'string');
    const numeric = column === 0 || digits > 0;
    const units = numeric ? texts.map((text) => BigInt(text.replace('.', ''))) : [];
    const least = numeric ? units.reduce((a, b) => (b < a ? b : a), units[0] ?? 0n) : 0n;
    const most = numeric ? units.reduce((a, b) => (b > a ? b : a), units[0] ?? 0n) : 0n;
    const sorted = texts.toSorted();
    const number = (value: bigint): string => (digits === 0 ? String(value) : decimal(value, digits));
    return {
      column,
      count,
      nulls: values.filter((value) => value === null).length,
      distinct: new Set(texts).size,
      min: numeric ? number(least) : (sorted[0] ?? null),
      max: numeric ? number(most) : (sorted.at(-1) ?? null),
      sum: numeric ? number(units.reduce((a, b) => a + b, 0n)) : null,
    };
  });
}
