/** Our way of a change: from the watch over the model and its lines to the rows of the Clusters view, all of them open. */
import { connectCluster } from '../../../src/cluster/connect/connection.ts';
import { readKubeconfig } from '../../../src/cluster/connect/kubeconfig.ts';
import { openLiveCluster } from '../../../src/cluster/live.ts';
import type { LineSubject, PodLine } from '../../../src/cluster/recognise/model.ts';
import { Pace } from '../../../src/ui/tree/pace.ts';
import { ClusterRows, type Row } from '../../../src/ui/tree/rows.ts';
import type { Heard } from './watcher.ts';

/** Resolves once so many pods have a row. Nobody answers for fake engines: they are not asked. */
export async function ours(kubeconfig: string, expected: number, heard: Heard, told: Heard): Promise<void> {
  const [context] = await readKubeconfig(kubeconfig);
  if (context === undefined) throw new Error(`${kubeconfig} has no context.`);
  const connection = await connectCluster(context, { env: process.env });
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
        heard(pod.restarts);
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

/** Everything below; how many pods that are. */
function open(row: Row): number {
  return row.rows().reduce((sum, below) => sum + open(below), podOf(row.line.subject) === undefined ? 0 : 1);
}

function podOf(subject: LineSubject): PodLine | undefined {
  if (subject.kind === 'pod') return subject.pod;
  return subject.kind === 'broker' ? subject.broker.pod : undefined;
}
