/** What a run that breaks something meets outside: loaded when one begins. */
import { injectorsFor } from '../../prepare/injectors.ts';
import type { RoomEdges } from './room.ts';

export function clusterEdges(env: RoomEdges['env']): RoomEdges {
  return {
    env,
    injectorsFor,
    startProbes: async (request, signal) => (await import('../../probe/start.ts')).startProbes(request, signal),
    startMessages: async (request, signal) => (await import('../../probe/messages.ts')).startMessages(request, signal),
    startWatches: async (request, signal) => (await import('../../watches/start.ts')).startWatches(request, signal),
  };
}
