/** The control: everything but the fault. */
import { t } from '../../base/messages.ts';
import { factsOf } from '../catalogue.ts';
import type { FaultOf, Injector } from '../injector.ts';
import { overAtOnce } from './wait.ts';

export const none: Injector<FaultOf<'none'>> = {
  kind: 'none',
  rehearse: async () => ({ kind: 'accepted' }),
  prepare: async () =>
    overAtOnce(factsOf('none').heals, {
      apply: async () => undefined,
      effect: async () => ({ proven: true, text: t('Nothing was done, as planned.') }),
    }),
};
