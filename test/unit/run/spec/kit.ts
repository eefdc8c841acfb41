/** A spec as a person writes it, with the place of each expected problem between « and ». */
import { join } from 'node:path';
import { packagePaths } from '../../../../src/base/package.ts';
import type { RunPlan } from '../../../../src/journal/plan.ts';
import { readSpec, type SpecOptions, type SpecProblem } from '../../../../src/run/spec/spec.ts';

export const library = join(packagePaths().root, 'snippets');

export const head = 'faultline: 1\nengine: {kind: duckdb, scale: 0.01}\n';
export const minimal = `${head}workload: {tpch: all}\n`;

export async function planOf(text: string, options: Partial<SpecOptions> = {}): Promise<RunPlan> {
  const { plan, problems } = await readSpec(text, { folder: '/nowhere', library, ...options });
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (plan === undefined || errors.length > 0) throw new Error(`${text}\n${JSON.stringify(errors, undefined, 1)}`);
  return plan;
}

/** The text with each problem's place marked, and what is said there: `message | remedy`. */
export async function read(
  marked: string,
  options: Partial<SpecOptions> = {},
): Promise<{ readonly marked: string; readonly said: readonly string[] }> {
  const text = marked.replaceAll(/[«»]/g, '');
  const { problems } = await readSpec(text, { folder: '/nowhere', library, ...options });
  return { marked: mark(text, problems), said: problems.map(said) };
}

export function said({ message, remedy, severity }: SpecProblem): string {
  return `${severity === 'warning' ? 'warning: ' : ''}${message}${remedy === undefined ? '' : ` | ${remedy}`}`;
}

function mark(text: string, problems: readonly SpecProblem[]): string {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  const offset = (line: number, column: number): number => lines.slice(0, line).reduce((sum, each) => sum + each.length + 1, 0) + column;
  const marks = problems.flatMap((problem) => [
    { at: offset(problem.endLine, problem.endColumn), mark: '»' },
    { at: offset(problem.line, problem.column), mark: '«' },
  ]);
  let result = lines.join('\n');
  for (const { at, mark: sign } of marks.toSorted((a, b) => b.at - a.at || (a.mark === '»' ? 1 : -1))) {
    result = result.slice(0, at) + sign + result.slice(at);
  }
  return result;
}
