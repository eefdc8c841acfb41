/** What carries out each kind of fault, with the images that its cluster can pull. */
import { systemClock } from '../../base/clock.ts';
import { pause } from '../../cluster/act/signal.ts';
import { helperProgram } from '../../fault/helper/binary.ts';
import { apiInjectors } from '../../fault/inject/api.ts';
import { helperInjectors } from '../../fault/inject/helper.ts';
import { labNodeInjectors } from '../../fault/inject/lab-node.ts';
import type { Injector, InjectorTiming } from '../../fault/injector.ts';
import { labsOfMachine } from '../../fault/lab/labs.ts';
import type { FaultKind, PlannedImages } from '../../journal/fault-plan.ts';

export function injectorsFor({ helper }: PlannedImages): ReadonlyMap<FaultKind, Injector> {
  const all = [
    ...apiInjectors,
    ...helperInjectors({ image: helper, program: helperProgram(), clock: systemClock }),
    ...labNodeInjectors({ labs: labsOfMachine(process.env) }),
  ];
  return new Map(all.map((injector) => [injector.kind, injector]));
}

export const injectorTiming: InjectorTiming = {
  nowMs: () => systemClock.wallMs(),
  pause,
};
