/** Node faults: a node loses its power, its network, or its time, and gets it back at a deadline that needs nobody. */
import type { NodeFault } from '../lab.ts';

/** Faults of this lab's nodes that have not ended. */
export function openFaults(number: number): readonly NodeFault[] {
  void number;
  return [];
}
