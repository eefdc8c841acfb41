/** Rows as DuckDB delivered them. */
import type { DuckDBDataChunk, DuckDBType } from '@duckdb/node-api';
import type { Cell, RowBatch } from '../engine.ts';
import { cellsOf, type CellLimits } from './cells.ts';
import type { ZonedTimes } from './times.ts';

/** Keeps the engine's own chunk, so that a store can take it without converting a value. */
export class DuckDbBatch implements RowBatch {
  readonly chunk: DuckDBDataChunk;
  readonly types: readonly DuckDBType[];
  /** Of the session that ran the statement: how its instants are shown. */
  readonly zone: ZonedTimes;

  constructor(chunk: DuckDBDataChunk, types: readonly DuckDBType[], zone: ZonedTimes) {
    this.chunk = chunk;
    this.types = types;
    this.zone = zone;
  }

  get rowCount(): number {
    return this.chunk.rowCount;
  }

  rows(limits?: CellLimits): readonly (readonly Cell[])[] {
    return cellsOf(this.chunk, this.zone, limits);
  }
}
