/** Where a lab lives: everything that two labs could fight over follows from the lab's number. */
import { join } from 'node:path';
import { cacheDir, SetupError } from '../../workbench/cache.mjs';
import type { Profile } from '../lab.ts';

export interface NodePlace {
  /** "lab-1": the node's name in the cluster. */
  readonly name: string;
  readonly address: string;
  /** CIDR of its pods. */
  readonly podRange: string;
  /** Network namespace, and the node's cgroup in every hierarchy. */
  readonly namespace: string;
  /** The end of its cable that is plugged into the bridge. */
  readonly cable: string;
  /** What a real node keeps on its disk. */
  readonly folder: string;
}

export interface Place {
  readonly number: number;
  readonly profile: Profile;
  readonly folder: string;
  readonly logs: string;
  readonly pki: string;
  readonly kubeconfig: string;
  readonly bridge: string;
  /** Of this machine on the lab's network; for `api` the loopback address. */
  readonly address: string;
  readonly apiPort: number;
  readonly etcdPort: number;
  readonly imagesPort: number;
  readonly metricsPort: number;
  readonly podRange: string;
  readonly serviceRange: string;
  /** First address of the service range: the API server's own Service. */
  readonly apiService: string;
  readonly nodes: readonly NodePlace[];
}

export const NODES: Readonly<Record<Profile, number>> = { api: 0, node: 1, cluster: 3 };

export function placeOf(number: number, profile: Profile): Place {
  if (!Number.isInteger(number) || number < 0 || number > 9) throw new SetupError(`A lab's number is 0 to 9, not ${number}.`);
  const folder = join(cacheDir(), 'lab', `state-${number}`);
  const real = profile !== 'api';
  return {
    number,
    profile,
    folder,
    logs: join(folder, 'logs'),
    pki: join(folder, 'pki'),
    kubeconfig: join(folder, 'kubeconfig'),
    bridge: `flbr${number}`,
    address: real ? `10.89.${number}.1` : '127.0.0.1',
    apiPort: real ? 6443 : 16_440 + number,
    etcdPort: 12_400 + 10 * number,
    imagesPort: 5000,
    metricsPort: 4443,
    podRange: `10.${200 + number}.0.0/16`,
    serviceRange: `10.${220 + number}.0.0/16`,
    apiService: `10.${220 + number}.0.1`,
    nodes: Array.from({ length: NODES[profile] }, (_, index) => nodeOf(folder, number, index + 1)),
  };
}

function nodeOf(folder: string, number: number, index: number): NodePlace {
  return {
    name: `lab-${index}`,
    address: `10.89.${number}.${10 + index}`,
    podRange: `10.${200 + number}.${index}.0/24`,
    namespace: `fl${number}-n${index}`,
    cable: `fl${number}v${index}`,
    folder: join(folder, `lab-${index}`),
  };
}
