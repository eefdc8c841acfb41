/** What is kept of a namespace when a test in it failed: the namespace itself goes. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { eventLines, logsOf, podLine, yamlOf } from './describe.ts';
import type { Scope } from './wait.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const EVIDENCE_LIMIT_MS = 60_000;

export interface FailedTest {
  /** With those of its suites. */
  readonly fullTitle: string;
  /** Absolute path of its file. */
  readonly file: string | undefined;
}

/** Folder of a test's evidence, the same in every run: `.test/report/lab/pods-follow-a-log`. */
export function evidenceFolder({ fullTitle, file }: FailedTest): string {
  const layer = file === undefined ? 'lab' : dirname(relative(join(ROOT, 'test'), file));
  const name = fullTitle
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 100);
  return join(ROOT, '.test', 'report', layer, name);
}

/** Gives one line that says where it is; never throws, since the failure that it belongs to must be told. */
export async function keepEvidence({ api, namespace }: Scope, test: FailedTest): Promise<string> {
  const folder = evidenceFolder(test);
  const signal = AbortSignal.timeout(EVIDENCE_LIMIT_MS);
  try {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const { items: pods } = await api.core.listNamespacedPod({ namespace });
    const { items: nodes } = await api.core.listNode();
    writeFileSync(join(folder, 'pods.txt'), `${pods.map(podLine).join('\n')}\n`);
    writeFileSync(join(folder, 'pods.yaml'), pods.map(yamlOf).join('---\n'));
    writeFileSync(join(folder, 'nodes.yaml'), nodes.map(yamlOf).join('---\n'));
    writeFileSync(join(folder, 'events.txt'), `${(await eventLines(api, namespace)).join('\n')}\n`);
    for (const pod of pods) {
      for (const { container, previous, text } of await logsOf(api, pod, signal))
        writeFileSync(join(folder, `${pod.metadata?.name ?? ''}.${container}${previous ? '.previous' : ''}.log`), `${text}\n`);
    }
    return `Events, pods and logs of ${namespace}: ${relative(ROOT, folder)}`;
  } catch (error) {
    return `What ${namespace} held could not all be kept in ${relative(ROOT, folder)}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
