/** Which workers of Trino run tasks now, where a fault asks for one that does. */
import { FaultlineError } from '../../base/errors.ts';
import type { Reach } from '../../base/target.ts';
import type { KubeContext } from '../../cluster/connect/kubeconfig.ts';
import { serverOf } from '../../cluster/sqlServer.ts';
import type { ClusterModel, EngineInstance } from '../../cluster/recognise/model.ts';
import { openTrino } from '../../engine/trino/trino.ts';
import type { FaultDraft } from '../../fault/draft.ts';
import { runningTasks } from '../../fault/target/tasks.ts';

/** undefined: nobody asks for it. An engine that does not answer has no tasks known; the preview says so. Fails: `cancelled`. */
export async function tasksFor(
  { faults }: FaultDraft,
  model: ClusterModel,
  context: KubeContext,
  reach: Reach,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number> | undefined> {
  if (!faults.some(({ target }) => target?.by.kind === 'busyWorker')) return undefined;
  const tasks = new Map<string, number>();
  for (const instance of model.engines.items) {
    if (instance.engine !== 'trino' && instance.engine !== 'presto') continue;
    try {
      for (const [uid, count] of await tasksOf(instance, context, reach, signal)) tasks.set(uid, count);
    } catch (error) {
      if (!FaultlineError.is(error) || error.reason === 'cancelled') throw error;
    }
  }
  return tasks;
}

async function tasksOf(
  instance: EngineInstance,
  context: KubeContext,
  reach: Reach,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  if (instance.service === undefined) return new Map();
  const target = serverOf(context, instance);
  const reached = await reach(target.at, signal);
  const engine = await openTrino(target, reached, { source: 'faultline' }).catch(async (error: unknown) => {
    await reached.close();
    throw error;
  });
  try {
    return await runningTasks(engine, instance, signal);
  } finally {
    await engine.close();
  }
}
