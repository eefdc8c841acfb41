/** A run's statements are kept with it, in its journal and in every report: one that holds a secret is not run. */
import { invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { holdsSecret } from '../../engine/sql/secrets.ts';
import type { RunPlan } from '../../journal/plan.ts';

/** The plan, without the text of a spec that seems to hold a secret in a comment. Fails: `invalid`. */
export function refuseSecrets(plan: RunPlan): RunPlan {
  const found = plan.statements.find(({ sql }) => holdsSecret(sql, 'duckdb'));
  if (found !== undefined) {
    throw invalid(
      t('The statement {0} seems to hold a password or another secret', found.name),
      t('A run keeps its statements with it: take the secret out of the statement.'),
    );
  }
  const { specText, ...rest } = plan;
  return specText === undefined || holdsSecret(specText, 'duckdb') ? rest : plan;
}
