/** What a runner is told at its start, as the JSON of its first argument. */
import * as v from 'valibot';
import type { RunPlan } from '../../journal/plan.ts';
import type { ConfirmedFaults } from '../prepare/confirmed.ts';

export interface RunnerSettings {
  readonly run: string;
  /** The run's folder; it is there. */
  readonly folder: string;
  /** JSON of a `PlanOfRun`; the runner deletes it when the journal's header has it. */
  readonly planFile: string;
  /** Entry of the pacer's thread. */
  readonly pacer: string;
  /** Entry of the process that makes a data set. */
  readonly datagen: string;
  /** `faultlineHome()` */
  readonly home: string;
  /** Whose git revision the journal names. */
  readonly workingFolder?: string;
  /** Nobody has to keep the run alive. */
  readonly detach: boolean;
  readonly extensionFolder?: string;
  /** Statements may reach files, extensions and the network. */
  readonly externalAccess: boolean;
  /** How long a run without an owner waits for one. */
  readonly adoptWithinMs: number;
}

export interface PlanOfRun {
  readonly plan: RunPlan;
  /** Of a run that breaks something. */
  readonly confirmed?: ConfirmedFaults;
}

export const settingsSchema = v.object({
  run: v.string(),
  folder: v.string(),
  planFile: v.string(),
  pacer: v.string(),
  datagen: v.string(),
  home: v.string(),
  workingFolder: v.exactOptional(v.string()),
  detach: v.boolean(),
  extensionFolder: v.exactOptional(v.string()),
  externalAccess: v.boolean(),
  adoptWithinMs: v.number(),
});

/** Beside the journal, until the header holds it. */
export const planFile = 'plan.json';
