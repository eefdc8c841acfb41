/** Port-forwards of this window: they outlive their pods, and end with the window or by hand. No `vscode` import. */
import type { Disposable } from '../../base/disposables.ts';
import type { Forward } from '../../cluster/act/forward.ts';
import type { KubeContext } from '../../cluster/connect/kubeconfig.ts';
import { Signal } from '../signal.ts';

export interface ListedForward {
  readonly context: KubeContext;
  readonly forward: Forward;
  /** "trino-0:8080" */
  readonly title: string;
}

export class Forwards implements Disposable {
  #all: readonly ListedForward[] = [];
  readonly changed = new Signal();

  get all(): readonly ListedForward[] {
    return this.#all;
  }

  add(listed: ListedForward): void {
    this.#all = [...this.#all, listed];
    listed.forward.changed.listen(() => {
      if (listed.forward.state.kind === 'closed') this.#all = this.#all.filter((one) => one !== listed);
      this.changed.fire();
    });
    this.changed.fire();
  }

  async stop({ forward }: ListedForward): Promise<void> {
    await forward.close();
    this.#all = this.#all.filter((one) => one.forward !== forward);
    this.changed.fire();
  }

  dispose(): void {
    for (const { forward } of this.#all) void forward.close();
    this.#all = [];
  }
}
