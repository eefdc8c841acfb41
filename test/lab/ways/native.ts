/** Programs of our own on this machine: `../native` makes them run. */
import { nativeDown } from '../native/down.ts';
import { nativeStatus } from '../native/status.ts';
import { nativeUp } from '../native/up.ts';
import type { LabWay } from './way.ts';

export const nativeWay: LabWay = { up: nativeUp, down: nativeDown, status: nativeStatus };
