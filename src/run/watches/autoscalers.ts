/** Autoscalers as the API told them, with why they do not scale. Pure. */
import { keyOf, type HorizontalPodAutoscaler } from '../../cluster/objects.ts';
import { hpaReason } from '../../cluster/recognise/blocked.ts';
import type { Autoscaler } from '../../cluster/recognise/kinds.ts';
import type { AutoscalerEvent } from '../../journal/fault-events.ts';

export type AutoscalerTold = Omit<AutoscalerEvent, 't' | 'src' | 'kind'>;

/** What the model knows beside the autoscaler's own conditions: pods that can't be placed, KEDA that is paused. */
export type BlockedBy = (namespace: string, name: string) => string | undefined;

export class AutoscalerBook {
  readonly #blockedBy: BlockedBy;
  readonly #objects = new Map<string, HorizontalPodAutoscaler>();
  readonly #told = new Map<string, string>();
  #hasBegun = false;

  constructor(blockedBy: BlockedBy) {
    this.#blockedBy = blockedBy;
  }

  begin(): readonly AutoscalerTold[] {
    this.#hasBegun = true;
    return this.look();
  }

  put(object: HorizontalPodAutoscaler): readonly AutoscalerTold[] {
    this.#objects.set(keyOf(object), object);
    return this.#hasBegun ? this.#changes(object) : [];
  }

  gone(object: HorizontalPodAutoscaler): void {
    this.#objects.delete(keyOf(object));
    this.#told.delete(keyOf(object));
  }

  look(): readonly AutoscalerTold[] {
    return [...this.#objects.values()].flatMap((object) => this.#changes(object));
  }

  #changes(object: HorizontalPodAutoscaler): readonly AutoscalerTold[] {
    const now = this.#line(object);
    const text = JSON.stringify(now);
    if (this.#told.get(keyOf(object)) === text) return [];
    this.#told.set(keyOf(object), text);
    return [now];
  }

  #line(object: HorizontalPodAutoscaler): AutoscalerTold {
    const { metadata, spec = {}, status = {} } = object;
    const { namespace = '', name } = metadata;
    const current = status.currentReplicas ?? 0;
    // Never computed: it says 0 and means that it does not know.
    const isKnown = (status.desiredReplicas ?? 0) > 0 || (spec.minReplicas ?? 1) === 0;
    const reason = hpaReason(object as Autoscaler);
    const blocked = reason === undefined ? this.#blockedBy(namespace, name) : reason.isBlocking ? reason.text : undefined;
    const desired = isKnown ? (status.desiredReplicas ?? 0) : current;
    return { namespace, name, current, desired, ...(blocked === undefined ? {} : { blocked }) };
  }
}
