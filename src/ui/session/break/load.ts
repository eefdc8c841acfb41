/** The SQL workload of a run that breaks something, in a sentence. No `vscode` import. */
import { t } from '../../../base/messages.ts';
import { targetTitle } from '../../../base/target.ts';
import type { RunPlan } from '../../../journal/plan.ts';

export interface LoadFacts {
  readonly text: string;
}

export function loadOf({ load, statements, arms }: RunPlan): LoadFacts | undefined {
  const [arm] = arms;
  if (load.kind === 'none' || arm === undefined) return undefined;
  const of = statements.length === 1 ? t('1 statement') : t('{0} statements', statements.length);
  const on = targetTitle(arm.target);
  const text =
    load.kind === 'open'
      ? t('{0} at {1}/s on {2}, from this machine: the way there is part of what is measured.', of, load.ratePerSecond, on)
      : t('{0} by {1} clients on {2}, from this machine: the way there is part of what is measured.', of, load.clients, on);
  return { text };
}
