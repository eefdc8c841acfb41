/** A fault with a healer beside it: there before it begins, and there until it is healed. */
import type { KubeObject } from '../../cluster/objects.ts';
import type { Field } from '../inject/edit.ts';
import type { Injection, PreparedFault } from '../injector.ts';
import { REMOVE_LIMIT_MS, startHealer, type Healer } from './healer.ts';

/** Fails as `startHealer`. */
export async function guarded<T extends KubeObject, V>(
  { healerImage, connection, run, index, target, timing }: Injection,
  { path, name }: Field<T, V>,
  prepared: PreparedFault,
  signal: AbortSignal,
): Promise<PreparedFault> {
  if (healerImage === undefined) return prepared;
  const notOn = target.kind === 'node' ? [target.name] : [];
  return new Guarded(
    prepared,
    await startHealer(connection, { image: healerImage, run, index, target, path, field: name, notOn, timing }, signal),
  );
}

class Guarded implements PreparedFault {
  readonly undo: string;
  readonly #prepared: PreparedFault;
  readonly #healer: Healer;
  #isNeeded = false;

  constructor(prepared: PreparedFault, healer: Healer) {
    this.#prepared = prepared;
    this.#healer = healer;
    this.undo = prepared.undo ?? '';
  }

  readonly apply: PreparedFault['apply'] = (go, signal) => {
    this.#isNeeded = true;
    return this.#prepared.apply(go, signal);
  };

  readonly effect: PreparedFault['effect'] = (signal) => this.#prepared.effect(signal);

  readonly heal: PreparedFault['heal'] = async (signal) => {
    const healing = await this.#prepared.heal(signal);
    this.#isNeeded = false;
    return healing;
  };

  readonly healed: PreparedFault['healed'] = (signal) => this.#prepared.healed(signal);

  async dispose(): Promise<void> {
    await this.#prepared.dispose();
    // What could not be healed from here is left to it.
    if (!this.#isNeeded) await this.#healer.remove(AbortSignal.timeout(REMOVE_LIMIT_MS));
  }
}
