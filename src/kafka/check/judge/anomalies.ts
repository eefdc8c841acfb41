/** Whether what was acknowledged is there: the first findings of each kind, in words. Counts are kept elsewhere, and are whole. */

export type AnomalyKind = 'lost' | 'duplicate' | 'reordered' | 'rewritten';

export interface Anomaly {
  readonly kind: AnomalyKind;
  readonly partition: number;
  readonly sequence: number;
  readonly offset?: number;
  readonly text: string;
}

/** Of each kind. */
const MOST = 50;

export class Anomalies {
  readonly #found: Record<AnomalyKind, Anomaly[]> = { lost: [], duplicate: [], reordered: [], rewritten: [] };

  /** Made only while there is room for it. */
  add(kind: AnomalyKind, make: () => Omit<Anomaly, 'kind'>): void {
    if (this.hasRoom(kind)) this.#found[kind].push({ kind, ...make() });
  }

  hasRoom(kind: AnomalyKind): boolean {
    return this.#found[kind].length < MOST;
  }

  drop(kind: AnomalyKind, partition: number): void {
    this.#found[kind] = this.#found[kind].filter((anomaly) => anomaly.partition !== partition);
  }

  all(): readonly Anomaly[] {
    const { lost, duplicate, reordered, rewritten } = this.#found;
    return [...lost, ...rewritten, ...duplicate, ...reordered];
  }
}
