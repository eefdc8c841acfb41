/** Programs of our own on this machine: `../native` makes them run. */
import { SetupError } from '../../workbench/cache.mjs';
import type { LabWay } from './way.ts';

const absent = (): Promise<never> => Promise.reject(new SetupError('The native lab is not there yet.'));

export const nativeWay: LabWay = {
  up: absent,
  down: absent,
  status: (number) => Promise.resolve({ number, state: 'down', lab: undefined, processes: [], faults: [] }),
};
