import { FaultlineError } from '../../base/errors.ts';
import type { StartWatches } from './watches.ts';

export const startWatches: StartWatches = () => Promise.reject(new FaultlineError('unsupported', { what: 'startWatches' }));
