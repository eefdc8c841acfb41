/** What the process that makes a data set is told, and what it says. */
import type { WireError } from '../../base/errors.ts';

/** Given as the JSON of its first argument. */
export interface MakeRequest {
  /** Of this data set: `…/sf0.01`. It is there. */
  readonly folder: string;
  readonly scale: number;
  readonly extensionFolder: string;
  readonly memoryLimitBytes: number;
}

export type MakeMessage =
  /** Another process makes the same data set; this one waits for it. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'progress'; readonly fraction: number }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly error: WireError };

/** Beside each data set, as `tpch.json`. */
export interface DataSetFacts {
  readonly benchmark: 'TPC-H';
  readonly scale: number;
  readonly generator: string;
  readonly madeAt: string;
  readonly durationMs: number;
  readonly steps: number;
  readonly rows: Readonly<Record<string, number>>;
}
