/** Tables, columns and functions of targets, asked for once each. No `vscode` import. */
import type { Disposable } from '../../base/disposables.ts';
import type { Catalogue, EngineTarget } from '../../engine/engine.ts';
import type { Signal } from '../signal.ts';
import type { FinishedRun } from './runner.ts';
import { targetKey } from '../../engine/target.ts';

export interface CatalogueParts {
  /** Makes what the target needs, opens it, reads. */
  readonly load: (target: EngineTarget) => Promise<Catalogue>;
  readonly finished: Signal<FinishedRun>;
  readonly ended: Signal<{ readonly expected: boolean }>;
  /** A target that can't be read offers nothing; running a statement says why. */
  readonly onError: (error: unknown) => void;
}

export class Catalogues implements Disposable {
  readonly #parts: CatalogueParts;
  readonly #loaded = new Map<string, Promise<Catalogue | undefined>>();
  readonly #failed = new Set<string>();
  readonly #listening: readonly Disposable[];

  constructor(parts: CatalogueParts) {
    this.#parts = parts;
    this.#listening = [
      // A scratch table lives as long as its query host.
      parts.ended.listen(() => this.#loaded.clear()),
      parts.finished.listen((run) => {
        const key = targetKey(run.target);
        if (changesCatalogue(run) || this.#failed.delete(key)) this.#loaded.delete(key);
      }),
    ];
  }

  /** Undefined when the target can't be read; then it is tried again after the next statement on it. */
  of(target: EngineTarget): Promise<Catalogue | undefined> {
    const key = targetKey(target);
    const known = this.#loaded.get(key);
    if (known) return known;
    const loading = this.#parts.load(target).catch((error: unknown) => {
      this.#failed.add(key);
      this.#parts.onError(error);
      return undefined;
    });
    this.#loaded.set(key, loading);
    return loading;
  }

  dispose(): void {
    for (const listening of this.#listening) listening.dispose();
  }
}

/** Anything but a plain question may have made, changed or dropped a table. */
function changesCatalogue({ statement }: FinishedRun): boolean {
  const word = /^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/|\()*([a-z]+)/i.exec(statement.sql)?.[1]?.toUpperCase() ?? '';
  return !['SELECT', 'WITH', 'FROM', 'VALUES', 'EXPLAIN', 'DESCRIBE', 'SUMMARIZE', 'SHOW'].includes(word);
}
