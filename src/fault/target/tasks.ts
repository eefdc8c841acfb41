/** Which workers of Trino and Presto run tasks now, as their coordinator says it. */
import type { EngineInstance } from '../../cluster/recognise/model.ts';
import type { Cell, Engine } from '../../engine/engine.ts';

/** The question runs as tasks too, on every node: it leaves itself out by its own text. */
const question = `
select n.http_uri, count(*)
from system.runtime.tasks t
join system.runtime.nodes n on n.node_id = t.node_id
join system.runtime.queries q on q.query_id = t.query_id
where t.state = 'RUNNING' and q.query not like '%system.runtime.tasks%'
group by n.http_uri`;

/** By the pod's uid, for `FaultScene.tasks`. Fails as a query does. */
export async function runningTasks(engine: Engine, instance: EngineInstance, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
  const rows: (readonly Cell[])[] = [];
  for await (const event of engine.query(question, {}, signal)) if (event.kind === 'rows') rows.push(...event.batch.rows());
  return tasksByPod(rows, instance);
}

/** Rows of a node's address and its count. Nodes that are no pod of the instance are left out. */
export function tasksByPod(rows: readonly (readonly Cell[])[], { roles }: EngineInstance): ReadonlyMap<string, number> {
  const pods = roles.flatMap(({ pods: all }) => all);
  const tasks = new Map<string, number>();
  for (const [uri, count] of rows) {
    const host = typeof uri === 'string' ? URL.parse(uri)?.hostname.replace(/^\[|\]$/g, '') : undefined;
    // A node names itself by its address, or by the name that a StatefulSet gives it.
    const pod = pods.find(({ ip, ref }) => host !== undefined && (ip === host || ref.name === host.split('.')[0]));
    const { uid } = pod?.ref ?? {};
    if (uid !== undefined) tasks.set(uid, (tasks.get(uid) ?? 0) + Number(count));
  }
  return tasks;
}
