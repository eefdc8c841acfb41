/**
 * From what a spec, a form or a command line breaks to a plan that a person can confirm, in a cluster that somebody has opened. Editor
 * and terminal prepare in the same way; a run's process looks at it once more before it begins.
 */
import { systemClock } from '../../base/clock.ts';
import type { Reach } from '../../base/target.ts';
import type { ClusterConnection } from '../../cluster/connect/connection.ts';
import type { ClusterModel } from '../../cluster/recognise/model.ts';
import { defaultImages, previewPlan, type PlanPreview } from '../../fault/plan.ts';
import type { PlannedImages } from '../../journal/fault-plan.ts';
import type { RunPlan } from '../../journal/plan.ts';
import type { FaultSpec } from '../spec/spec.ts';
import type { ConfirmedFaults } from './confirmed.ts';
import { injectorsFor, injectorTiming } from './injectors.ts';
import { tasksFor } from './tasks.ts';

export interface RoomOptions {
  readonly reach: Reach;
  /** Of the person's settings; a spec may say others. */
  readonly images?: Partial<PlannedImages>;
}

export interface PreparedRoom {
  /** Changes nothing. `typed`: what a person typed to allow a loss, by the fault's index. Fails as `previewPlan`. */
  preview(spec: FaultSpec, options: { readonly typed?: ReadonlyMap<number, string> }, signal: AbortSignal): Promise<PreviewedRun>;
}

export interface PreviewedRun {
  readonly preview: PlanPreview;
  /** There when nothing is refused: what `startRun` takes, once the person has confirmed the preview's hash. */
  readonly run?: { readonly plan: RunPlan; readonly confirmed: ConfirmedFaults };
}

/** `model`: as it is now, with what the engines say of themselves. */
export function roomOf(connection: ClusterConnection, model: () => ClusterModel, { reach, images }: RoomOptions): PreparedRoom {
  return {
    preview: async ({ plan, draft }, { typed }, signal) => {
      const now = model();
      const tasks = await tasksFor(draft, now, connection.context, reach, signal);
      const preview = await previewPlan(
        connection,
        draft,
        {
          model: now,
          nowMs: () => systemClock.wallMs(),
          injectors: injectorsFor({ ...defaultImages, ...images, ...draft.images }),
          timing: injectorTiming,
          ...(images === undefined ? {} : { images }),
          ...(typed === undefined ? {} : { typed }),
          ...(tasks === undefined ? {} : { tasks }),
        },
        signal,
      );
      if (preview.plan === undefined) return { preview };
      const { namespace } = draft.cluster;
      const faults = preview.drafts.map((one, index) => {
        const { parts = {}, consent } = preview.previews[index] ?? {};
        return { draft: one, parts, losses: consent?.losses ?? [] };
      });
      const confirmed = { hash: preview.hash, faults, ...(namespace === undefined ? {} : { namespace }) };
      return { preview, run: { plan: { ...plan, fault: preview.plan }, confirmed } };
    },
  };
}
