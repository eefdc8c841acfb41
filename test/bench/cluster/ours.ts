/** Our way of a change: from the watch over the model and its lines to the rows of the Clusters view, all of them open. */
import { connectCluster, type ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import { readKubeconfig } from '../../../src/cluster/connect/kubeconfig.ts';
import { openLiveCluster } from '../../../src/cluster/live.ts';
import type { LineSubject, PodLine } from '../../../src/cluster/recognise/model.ts';
import { Pace } from '../../../src/ui/tree/pace.ts';
import { ClusterRows, type Row } from '../../../src/ui/tree/rows.ts';
import type { Heard } from './watcher.ts';

/**
 * Resolves once so many pods have a row. `heard`: a change is in its row, `shownMs` after its event had come. Nobody answers for fake
 * engines: they are not asked.
 */
export async function ours(
  kubeconfig: string,
  expected: number,
  heard: (restarts: number, shownMs?: number) => unknown,
  told: Heard,
): Promise<void> {
  const [context] = await readKubeconfig(kubeconfig);
  if (context === undefined) throw new Error(`${kubeconfig} has no context.`);
  const arrived = new Map<number, number>();
  const connection = stamped(await connectCluster(context, { env: process.env }), arrived);
  const live = openLiveCluster(connection, { withoutTruth: true });
  const rows = new ClusterRows(
    () => live.shown,
    () => '',
  );
  const due: number[] = [];
  const pace = new Pace(() => due.splice(0).forEach(told));
  await new Promise<void>((resolve) => {
    live.changed.listen(() => {
      const change = rows.renew();
      for (const row of change.rows) {
        const pod = podOf(row.line.subject);
        if (pod === undefined || pod.restarts === 0) continue;
        // Two that were sent in the same millisecond have one number.
        const came = arrived.get(pod.restarts);
        heard(pod.restarts, came === undefined ? undefined : performance.now() - came);
        arrived.delete(pod.restarts);
        due.push(pod.restarts);
      }
      if (change.rows.length > 0) pace.touch();
      if (expected > 0 && rows.top.rows.reduce((sum, row) => sum + open(row), 0) >= expected) {
        expected = 0;
        resolve();
      }
    });
  });
}

/** Notes when the event of a change came, before anything of ours reads it. */
function stamped(connection: ClusterConnection, arrived: Map<number, number>): ClusterConnection {
  const lines: ClusterConnection['lines'] = async function* (request) {
    for await (const line of connection.lines(request)) {
      const restarts = /"restartCount":([1-9]\d*)/.exec(line)?.[1];
      if (restarts !== undefined) arrived.set(Number(restarts), performance.now());
      yield line;
    }
  };
  return Object.create(connection, { lines: { value: lines } }) as ClusterConnection;
}

/** Everything below; how many pods that are. */
function open(row: Row): number {
  return row.rows().reduce((sum, below) => sum + open(below), podOf(row.line.subject) === undefined ? 0 : 1);
}

function podOf(subject: LineSubject): PodLine | undefined {
  if (subject.kind === 'pod') return subject.pod;
  return subject.kind === 'broker' ? subject.broker.pod : undefined;
}
