import type { StoredTable } from './database.ts';

/** What an operation on a whole result reads. */
export interface Source {
  readonly table: StoredTable;
  readonly rows: number;
  /** Instants are cast to text in it. */
  readonly timeZone: string;
}
