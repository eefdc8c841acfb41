/** How much a plan would do: the arithmetic that refuses a slip, and tells where too few samples are planned. Pure. */
import { t } from '../../base/messages.ts';
import { formatCount, formatDuration } from '../../base/units.ts';
import { needed } from '../../analysis/ranks.ts';
import type { Expectation, RunPlan } from '../../journal/plan.ts';
import { specLimits } from './limits.ts';

type Sized = Pick<RunPlan, 'arms' | 'statements' | 'load' | 'warmUp'>;

/** Operations of one pass. */
export function passSize({ arms, statements }: Sized): number {
  return arms.length * statements.reduce((sum, { weight }) => sum + weight, 0);
}

/** Of the measured part; the most where clients stop at a time, undefined where only the time ends it. */
export function plannedOperations(plan: Sized): number | undefined {
  const { load } = plan;
  if (load.kind === 'none') return 0;
  if (load.kind === 'open') return Math.ceil((load.ratePerSecond * load.durationMs) / 1_000);
  return load.iterations === undefined ? undefined : load.clients * load.iterations * passSize(plan);
}

function warmUpOperations(plan: Sized): number {
  const { load, warmUp } = plan;
  if (warmUp === undefined || load.kind === 'none') return 0;
  if (warmUp.kind === 'iterations') return warmUp.iterations * passSize(plan) * (load.kind === 'closed' ? load.clients : 1);
  return load.kind === 'open' ? Math.ceil((load.ratePerSecond * warmUp.durationMs) / 1_000) : 0;
}

/** What is too much, with its arithmetic; undefined when the plan is within bounds. */
export function tooMuch(plan: Sized): { readonly of: 'load' | 'warmUp'; readonly what: string } | undefined {
  const { load, warmUp } = plan;
  const most = t('a run plans {0} at most', formatCount(specLimits.maxOperations));
  // A time alone is no slip, however fast the answers: it has a bound of its own.
  const measured = plannedOperations(plan) ?? 0;
  if (load.kind !== 'none' && measured > specLimits.maxOperations) {
    const sum =
      load.kind === 'open'
        ? `${formatCount(load.ratePerSecond)}/s × ${formatDuration(load.durationMs)}`
        : closedSum(load.clients, load.iterations ?? 0, plan);
    return { of: 'load', what: t('{0} is {1} operations; {2}', sum, formatCount(measured), most) };
  }
  const before = warmUpOperations(plan);
  if (before + measured <= specLimits.maxOperations || warmUp === undefined) return undefined;
  return { of: 'warmUp', what: t('The warm-up adds {0} operations; {1}', formatCount(before), most) };
}

function closedSum(clients: number, iterations: number, plan: Sized): string {
  const parts = [
    clients === 1 ? t('1 client') : t('{0} clients', formatCount(clients)),
    iterations === 1 ? t('1 iteration') : t('{0} iterations', formatCount(iterations)),
    passSize(plan) === 1 ? t('1 statement a pass') : t('{0} statements a pass', formatCount(passSize(plan))),
  ];
  return parts.join(' × ');
}

/** Why an expectation could never be judged: undefined when the load plans enough samples, or may. */
export function tooFewSamples({ metric, text }: Expectation, plan: Sized): { readonly what: string; readonly remedy: string } | undefined {
  if (metric.kind !== 'latency') return undefined;
  const operations = plannedOperations(plan);
  if (operations === undefined) return undefined;
  const passes = operations / Math.max(1, passSize(plan));
  const { statement } = metric;
  const weight = plan.statements.find(({ name }) => name === statement)?.weight ?? 1;
  const planned = Math.floor(statement === undefined ? operations : passes * weight * plan.arms.length);
  const samples = needed(metric.percentile);
  if (planned >= samples) return undefined;
  const mayBeFewer = plan.load.kind === 'closed' && plan.load.durationMs !== undefined;
  return {
    what: t(
      '“{0}” needs {1} samples, and {2} are planned: the verdict would be inconclusive',
      text,
      formatCount(samples),
      mayBeFewer ? t('at most {0}', formatCount(planned)) : formatCount(planned),
    ),
    remedy: t('Plan more, or expect something of a lower percentile or of the maximum.'),
  };
}
