/** An arm: what its engine said when it was opened, else what was planned. Browser-safe. */
import { engineNames, targetTitle } from '../base/target.ts';
import type { EngineEvent } from '../journal/events.ts';
import type { Arm } from '../journal/plan.ts';
import type { ArmView } from './view.ts';

export function armView(arm: Arm, engine: EngineEvent | undefined): ArmView {
  return {
    label: arm.label,
    title: engine?.title ?? engineNames[arm.engine],
    version: engine?.version ?? '',
    target: engine?.target ?? targetTitle(arm.target),
    threads: engine?.threads ?? arm.threads,
    memoryLimitBytes: engine?.memoryLimitBytes ?? arm.memoryLimitBytes,
    ...(engine?.path === undefined ? {} : { path: engine.path }),
  };
}
