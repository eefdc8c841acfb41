import { FaultlineError } from '../../base/errors.ts';
import type { StartProbes } from './probes.ts';

export const startProbes: StartProbes = () => Promise.reject(new FaultlineError('unsupported', { what: 'startProbes' }));
