/** The TPC-H data sets as this window sees them. No `vscode` import. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { formatBytes } from '../../base/units.ts';
import { Signal } from '../signal.ts';

/** Made without a question at its first use: 3 MB in well under a second. */
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

export interface DataSetEstimate {
  readonly sizeBytes: number;
  readonly durationMs: number;
  readonly freeBytes: number;
  readonly fits: boolean;
}

export interface DataSetProgress {
  /** 0 to 1 */
  readonly fraction: number;
  readonly text: string;
}

/** What makes and keeps the files, shared with the terminal. */
export interface DataSetStore {
  pathOf(scale: number): string;
  list(): Promise<readonly { readonly scale: number; readonly path: string; readonly sizeBytes: number }[]>;
  estimate(scale: number): Promise<DataSetEstimate>;
  ensure(scale: number, signal: AbortSignal, onProgress: (progress: DataSetProgress) => void): Promise<void>;
  remove(scale: number): Promise<void>;
}

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

  /** Fails with `storage` when the disk has no room for it. */
  async refuseIfTooLarge(scale: number): Promise<void> {
    const { fits, sizeBytes, freeBytes } = await this.estimate(scale);
    if (fits) return;
    throw new FaultlineError('storage', {
      what: t('TPC-H {0} does not fit on the disk', scale),
      meaning: t('It needs about {0} while it is made, and {1} are free', formatBytes(sizeBytes), formatBytes(freeBytes)),
      remedy: t('Make room, or choose a smaller scale factor.'),
    });
  }

  /** Does nothing when it is there. */
  async ensure(scale: number, signal: AbortSignal, onProgress: (progress: DataSetProgress) => void): Promise<void> {
    await this.#store.ensure(scale, signal, onProgress);
    this.changed.fire();
  }

  async remove(scale: number): Promise<void> {
    await this.#store.remove(scale);
    this.changed.fire();
  }
}
