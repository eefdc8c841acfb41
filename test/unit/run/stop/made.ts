/** Journals of runs that broke something, as their runners left them; and a runner that still lives. */
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identityOf } from '../../../../src/fault/preflight/identity.ts';
import type { JournalEvent, JournalHeader } from '../../../../src/journal/events.ts';
import type { FaultEvent, FaultStep } from '../../../../src/journal/fault-events.ts';
import type { PlannedCluster, PlannedFault, PlannedMessages } from '../../../../src/journal/fault-plan.ts';
import { releaseLease, takeLease } from '../../../../src/journal/lease.ts';
import { runFiles } from '../../../../src/journal/runs.ts';
import { ControlServer } from '../../../../src/run/runner/control-server.ts';
import type { ScriptedApi } from '../../fault/api.ts';
import { headerOf } from '../../analysis/support.ts';
import { planOf } from '../../analysis/recovery/simulator.ts';

export interface MadeFaultRun {
  readonly run: string;
  readonly cluster: PlannedCluster;
  readonly faults: readonly PlannedFault[];
  readonly events: readonly JournalEvent[];
  readonly messages?: PlannedMessages;
}

/** 2026-11-21 14:05 UTC: `t` = 0. */
export const startedAt = Date.UTC(2026, 10, 21, 14, 5);

export function step(t: number, kind: FaultStep, more: Partial<FaultEvent> = {}): FaultEvent {
  return { t, src: 'runner', kind: 'fault', fault: 0, target: 0, step: kind, ...more };
}

/** The one behind the scripted API. */
export async function scriptedCluster(api: ScriptedApi): Promise<PlannedCluster> {
  const connection = await api.connect();
  const identity = await identityOf(connection, new AbortController().signal);
  connection.close();
  return { context: 'fake', kubeconfig: '/k', identity };
}

/** Answers its folder. */
export async function writeFaultRun(home: string, { run, cluster, faults, events, messages }: MadeFaultRun): Promise<string> {
  const folder = join(home, 'runs', run);
  const header: JournalHeader = {
    ...headerOf(planOf({ fault: faults, plan: { cluster, ...(messages === undefined ? {} : { messages }) } })),
    ...{ faultline: 3, run, startedAt },
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, runFiles.journal), [header, ...events].map((line) => `${JSON.stringify(line)}\n`).join(''));
  return folder;
}

/** This process holds the run from now on, as its runner would. When it is told to stop, it writes these, and is gone. */
export async function live(folder: string, run: string, atStop: readonly JournalEvent[] | 'silent'): Promise<() => Promise<void>> {
  const control = await ControlServer.open(folder, {
    run,
    heal: () => undefined,
    stop: async () => {
      if (atStop === 'silent') return new Promise<void>(() => undefined);
      await appendFile(join(folder, runFiles.journal), atStop.map((event) => `${JSON.stringify(event)}\n`).join(''));
      releaseLease(folder);
      setImmediate(() => void control.close());
      return undefined;
    },
    adopt: () => ({ dispose: () => undefined }),
  });
  takeLease(folder, control.path);
  return async () => {
    releaseLease(folder);
    await control.close().catch(() => undefined);
  };
}
