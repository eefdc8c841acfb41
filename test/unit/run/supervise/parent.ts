/** A window or terminal that starts a run and is then killed: a process of its own. Given home, plan and options as JSON. */
import { packagePaths } from '../../../../src/base/package.ts';
import type { RunPlan } from '../../../../src/journal/plan.ts';
import { RunStore } from '../../../../src/journal/store.ts';
import { startRun } from '../../../../src/run/supervise/start.ts';

export interface ParentRequest {
  readonly home: string;
  readonly plan: RunPlan;
  readonly detach: boolean;
  readonly adoptWithinMs: number;
}

const { home, plan, detach, adoptWithinMs } = JSON.parse(process.argv[2] ?? '') as ParentRequest;
const { run, pid } = await startRun({
  plan,
  store: new RunStore({ home }),
  home,
  paths: packagePaths(),
  detach,
  adoptWithinMs,
  log: () => undefined,
});
process.stdout.write(`${JSON.stringify({ run, pid })}\n`);
