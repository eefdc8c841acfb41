/** What each of the three ways to a cluster does, and what they ask of the one who starts them. */
import type { Progress } from '../../workbench/cache.mjs';
import type { LabOptions, LabStatus, RunningLab } from '../lab.ts';

export interface LabWay {
  /** Idempotent: finds a lab that is up, repairs one that is not quite. */
  up(options: LabOptions, progress: Progress): Promise<RunningLab>;
  /** Idempotent: leaves nothing of this number, however the lab ended. */
  down(number: number, progress: Progress): Promise<void>;
  status(number: number): Promise<LabStatus>;
}

/** Who started it: hears which way is taken, and answers before a cluster that is somebody's is touched. */
export interface Talk {
  readonly say: (line: string) => void;
  /** undefined: there is nobody to ask. */
  readonly confirm: ((question: string) => Promise<boolean>) | undefined;
}

/** Says what there is to say on stderr and asks nobody: for tests and scripts. */
export const unattended: Talk = { say: (line) => console.error(line), confirm: undefined };
