/** kind, where a Docker answers: a cluster of containers. */
import { SetupError } from '../../workbench/cache.mjs';
import type { LabWay, Talk } from './way.ts';

export function kindWay(_talk: Talk): LabWay {
  const absent = (): Promise<never> => Promise.reject(new SetupError('This way is not there yet.'));
  return { up: absent, down: absent, status: absent };
}
