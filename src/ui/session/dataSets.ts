/** The TPC-H data sets as this window sees them. No `vscode` import. */
import type { DataSetEstimate, DataSetProgress, DataSets } from '../../workload/tpch/datasets.ts';
import { Signal } from '../signal.ts';

/** Made without a question at its first use: 4.5 MB in well under a second. */
export const defaultScale = 0.01;

export interface ListedDataSet {
  readonly scale: number;
  readonly path: string;
  /** Absent when it is made at its first use. */
  readonly sizeBytes?: number;
}

export interface DataSetList {
  readonly changed: Signal;
  /** Smallest first; 0.01 is always there. */
  list(): Promise<readonly ListedDataSet[]>;
}

/** What makes and keeps the files, shared with the terminal. */
export type DataSetStore = Pick<DataSets, 'list' | 'pathOf' | 'estimate' | 'ensure' | 'remove'>;

export class WindowDataSets implements DataSetList {
  readonly #store: DataSetStore;
  readonly changed = new Signal();

  constructor(store: DataSetStore) {
    this.#store = store;
  }

  pathOf(scale: number): string {
    return this.#store.pathOf(scale);
  }

  async list(): Promise<readonly ListedDataSet[]> {
    const made: readonly ListedDataSet[] = await this.#store.list();
    const hasDefault = made.some(({ scale }) => scale === defaultScale);
    const all = hasDefault ? [...made] : [{ scale: defaultScale, path: this.pathOf(defaultScale) }, ...made];
    return all.sort((a, b) => a.scale - b.scale);
  }

  async isMade(scale: number): Promise<boolean> {
    return (await this.#store.list()).some((set) => set.scale === scale);
  }

  estimate(scale: number): Promise<DataSetEstimate> {
    return this.#store.estimate(scale);
  }

  /** Does nothing when it is there. Fails: `storage` when the disk is too small, `unsupported`, `cancelled`, `crashed`. */
  async ensure(scale: number, signal: AbortSignal, onProgress: (progress: DataSetProgress) => void): Promise<void> {
    await this.#store.ensure(scale, { signal, onProgress });
    this.changed.fire();
  }

  async remove(scale: number): Promise<void> {
    await this.#store.remove(scale);
    this.changed.fire();
  }
}
