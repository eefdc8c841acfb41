/** What a node of the lab has just now, as the kernel tells it and not as anybody remembers it. */
import type { NodeFault } from '../lab.ts';
import { hasCgroup, isFrozen } from './cgroups.ts';
import { cutOf } from './fault-kinds.ts';
import { readFault } from './fault-record.ts';
import { isPlugged } from './network.ts';
import { nodeProcesses } from './nodes.ts';
import type { NodePlace, Place } from './place.ts';

export interface NodeTruth {
  /** Its cable is plugged in, and a kubelet runs. */
  readonly hasPower: boolean;
  /** Processes that the lab itself started on it. */
  readonly processes: number;
  readonly isCut: boolean;
  /** Packets that the last cut has dropped. */
  readonly dropped: number;
  readonly isFrozen: boolean;
  /** The last that was begun and not healed, whether or not it is over. */
  readonly fault?: NodeFault;
}

export async function truthOf(place: Place, node: NodePlace): Promise<NodeTruth> {
  const processes = nodeProcesses(place, node);
  const cut = await cutOf(node);
  const fault = readFault(place.number, node.name);
  return {
    hasPower: isPlugged(node) && processes.includes(`kubelet ${node.name}`),
    processes: processes.length,
    isCut: cut?.isCut ?? false,
    dropped: cut?.dropped ?? 0,
    isFrozen: hasCgroup(node.namespace) && isFrozen(node.namespace),
    ...(fault === undefined ? {} : { fault }),
  };
}
