/**
 * A spec (`*.faultline.yaml`) as a plan, or what is wrong with it and where. The format is in `schema.ts`, its bounds in `limits.ts`,
 * the lines of `expect` and `abort` in `expectation.ts`.
 */
import { basename } from 'node:path';
import * as v from 'valibot';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { holdsSecret } from '../../engine/sql/secrets.ts';
import type { FaultDraft } from '../../fault/draft.ts';
import type { AbortRule, Expectation, RunPlan } from '../../journal/plan.ts';
import { SpecDocument, type SpecPath, type SpecProblem, type SpecRange } from './document.ts';
import { impliedExpectations, LineError, parseAbortRule, parseExpectation } from './expectation.ts';
import { specDefaults, specLimits } from './limits.ts';
import { draftOf } from './fault-draft.ts';
import { faultRules } from './fault-rules.ts';
import { armsOf, checkLoadKeys, loadOf, statementsOf, warmUpOf } from './plan.ts';
import type { PlanFacts } from './facts.ts';
import { mustBePreviewed } from './previewed.ts';
import { faultSpecSchema, specSchema, type AnySpec } from './schema.ts';
import { tooFewSamples, tooMuch } from './size.ts';
import { LibraryStatements } from './tpch.ts';

export type { SpecProblem } from './document.ts';

/** How a spec file's name ends. */
export const specExtension = '.faultline.yaml';

export interface SpecOptions {
  /** The spec's own path, for its name where it does not say one. */
  readonly file?: string;
  /** Absolute: where relative paths in the spec begin. */
  readonly folder: string;
  /** `snippets` of the package. */
  readonly library: string;
  /**
   * `false`: the files that the spec names are not looked at, so there is no plan. For a workspace that nobody has trusted: on Windows
   * a path may name another machine.
   */
  readonly readsFiles?: boolean;
  /** Absolute paths: where contexts are looked for that a spec names without their file. */
  readonly kubeconfigs?: readonly string[];
}

export interface ReadSpec {
  /** Of a benchmark: there when no problem is an error. */
  readonly plan?: RunPlan;
  /** Of a run that breaks something, in its place. */
  readonly breaks?: FaultSpec;
  /** In the order of the text. */
  readonly problems: readonly SpecProblem[];
}

export interface FaultSpec {
  /** Whole but for `fault`: a preview makes that of the draft, and a person confirms it. */
  readonly plan: RunPlan;
  readonly draft: FaultDraft;
  /** What it is for, as the spec says it. */
  readonly purpose?: string;
}

/** Does not fail for anything that a person could write. */
export async function readSpec(text: string, options: SpecOptions): Promise<ReadSpec> {
  const document = new SpecDocument(text);
  if (document.problems.length > 0) return { problems: inOrder(document.problems) };
  const reader = new Reader(document, options);
  const found = await reader.read(text);
  const problems = inOrder(reader.problems);
  if (options.readsFiles === false) return { problems };
  return found === undefined || problems.some(({ severity }) => severity === 'error') ? { problems } : { ...found, problems };
}

/**
 * A benchmark's spec that must be right: the plan. Fails: `invalid`, with the first problem, its line and how many more there are;
 * `unsupported` for a spec that breaks something, which is previewed first.
 */
export async function planOf(text: string, options: SpecOptions): Promise<RunPlan> {
  const { plan, breaks, problems } = await readSpec(text, options);
  if (plan !== undefined) return plan;
  if (breaks !== undefined) throw mustBePreviewed(breaks.plan.name);
  const [first, ...more] = problems.filter(({ severity }) => severity === 'error');
  throw new FaultlineError('invalid', {
    what: first?.message ?? t('The spec can’t be read'),
    meaning:
      t('{0}, line {1}', basename(options.file ?? t('the spec')), (first?.line ?? 0) + 1) +
      (more.length === 0 ? '' : t('; {0} more', more.length)),
    ...(first?.remedy === undefined ? {} : { remedy: first.remedy }),
  });
}

class Reader {
  readonly problems: SpecProblem[] = [];
  readonly #document: SpecDocument;
  readonly #options: SpecOptions;
  /** Lists in place of groups of keys. */
  readonly #lists = new Set<unknown>();

  constructor(document: SpecDocument, options: SpecOptions) {
    this.#document = document;
    this.#options = options;
  }

  async read(text: string): Promise<Omit<ReadSpec, 'problems'> | undefined> {
    const { value } = this.#document;
    const isFault = typeof value === 'object' && value !== null && 'faults' in value;
    const parsed = this.#parse(value, isFault);
    for (const issue of parsed.issues ?? []) this.#issue(issue);
    if (typeof value === 'object' && value !== null && 'load' in value) checkLoadKeys(value.load, this.#report, isFault);
    if (!parsed.success) {
      this.#rules(value, undefined);
      return undefined;
    }
    return this.#plan(parsed.output, text);
  }

  /** The schema names one unknown key of a group; without it the next one is found. */
  #parse(value: unknown, isFault: boolean): v.SafeParseResult<v.GenericSchema<unknown, AnySpec>> {
    const schema: v.GenericSchema<unknown, AnySpec> = isFault ? faultSpecSchema() : specSchema();
    for (;;) {
      const parsed = v.safeParse(schema, value);
      const unknown = (parsed.issues ?? []).filter(isUnknownKey);
      if (unknown.length === 0 || this.problems.length >= specLimits.maxProblems) return parsed;
      for (const issue of unknown) {
        this.#issue(issue);
        const key = issue.path?.at(-1);
        if (key?.type === 'object') Reflect.deleteProperty(key.input, key.key);
      }
    }
  }

  async #plan(spec: AnySpec, text: string): Promise<Omit<ReadSpec, 'problems'>> {
    const { folder, library, file, readsFiles = true, kubeconfigs = [] } = this.#options;
    const facts: PlanFacts = { folder, readsFiles, kubeconfigs, library: new LibraryStatements(library), report: this.#report };
    const draft = draftOf(spec, facts);
    const { engine, workload } = spec;
    if ((engine === undefined) !== (workload === undefined)) {
      const [there, missing] = engine === undefined ? ['workload', 'engine'] : ['engine', 'workload'];
      this.#report(
        [there],
        t('“{0}” is missing beside it', missing),
        t('A workload has an engine to run on. Leave both out where probes ask.'),
      );
    }
    const arms = engine === undefined ? [] : await armsOf({ ...spec, engine }, facts);
    const statements = workload === undefined ? [] : await statementsOf({ workload }, facts);
    for (const [index, { sql, name }] of statements.entries()) {
      if (holdsSecret(sql, 'duckdb')) this.#secret(name, spec, index);
    }
    const complete = readsFiles && !this.problems.some(({ severity }) => severity === 'error');
    const names = complete ? statements.map(({ name }) => name) : undefined;
    const { expectations, abortRules } = this.#rules(spec, names);
    const warmUp = warmUpOf(spec, this.#report);
    const written = [...expectations.values()];
    const plan: RunPlan = {
      name: spec.name ?? nameOf(file),
      arms,
      statements,
      load: workload === undefined ? { kind: 'none' } : loadOf({ ...spec, workload }, draft !== undefined),
      ...(warmUp === undefined ? {} : { warmUp }),
      timeoutMs: spec.timeout ?? specDefaults.timeoutMs,
      expectations: [
        ...written,
        ...impliedExpectations(written).filter(({ metric }) => draft === undefined || metric.kind === 'answers'),
      ].filter(({ implied, metric }) => implied !== true || metric.kind !== 'answers' || workload !== undefined),
      abortRules,
      seed: spec.seed ?? specDefaults.seed,
      specText: text,
    };
    faultRules(spec, expectations, this.#report);
    if (complete && workload !== undefined) this.#size(plan, expectations);
    if (draft === undefined) return { plan };
    return { breaks: { plan, draft, ...(spec.purpose === undefined ? {} : { purpose: spec.purpose }) } };
  }

  #size(plan: RunPlan, expectations: ReadonlyMap<number, Expectation>): void {
    const refused = tooMuch(plan);
    if (refused !== undefined) {
      const key = plan.load.kind === 'open' ? 'rate' : 'iterations';
      const path = refused.of === 'load' ? ['load', key] : ['warmUp'];
      this.#report(path, refused.what, t('Plan less, or split it into several runs.'));
      return;
    }
    for (const [index, expectation] of expectations) {
      const few = tooFewSamples(expectation, plan);
      if (few !== undefined) this.#report(['expect', index], few.what, few.remedy, 'warning');
    }
  }

  /** `names`: of the statements, where they are known. Works on what is there when the rest of the spec is wrong. */
  #rules(
    value: unknown,
    names: readonly string[] | undefined,
  ): { readonly expectations: ReadonlyMap<number, Expectation>; readonly abortRules: readonly AbortRule[] } {
    const expectations = new Map<number, Expectation>();
    const abortRules: AbortRule[] = [];
    for (const [index, line] of linesOf(value, 'expect')) {
      this.#line(['expect', index], () => expectations.set(index, parseExpectation(line, names)));
    }
    for (const [index, line] of linesOf(value, 'abort')) this.#line(['abort', index], () => abortRules.push(parseAbortRule(line, names)));
    return { expectations, abortRules };
  }

  #line(path: SpecPath, read: () => unknown): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      const { what, remedy } = error.error.facts;
      this.#add(this.#document.rangeOf(path, error), what, remedy);
    }
  }

  #secret(name: string, spec: AnySpec, index: number): void {
    const count = spec.workload?.tpch?.length ?? 0;
    const path =
      index < count ? ['workload'] : ['workload', 'statements', Math.min(index - count, (spec.workload?.statements?.length ?? 1) - 1)];
    this.#report(
      path,
      t('The statement {0} seems to hold a password or another secret', name),
      t('A run keeps its statements with it: take the secret out of the statement.'),
    );
  }

  #issue(issue: v.BaseIssue<unknown>): void {
    const path = (issue.path ?? []).map(({ key }) => (typeof key === 'number' ? key : String(key)));
    const [message = '', remedy] = issue.message.split('\n');
    const place = issue.type === 'strict_object' ? issue.path?.at(-1)?.input : undefined;
    if (Array.isArray(place)) {
      // Said for each key that it lacks and has.
      if (!this.#lists.has(place)) this.#add(this.#document.rangeOf(path.slice(0, -1)), message, remedy);
      this.#lists.add(place);
      return;
    }
    const isKey = issue.type === 'strict_object' && issue.expected !== 'Object';
    if (!isKey) return this.#add(this.#document.rangeOf(path), message, remedy);
    // A key that is missing is missed where its group stands.
    this.#add(isUnknownKey(issue) ? this.#document.keyRangeOf(path) : this.#document.rangeOf(path.slice(0, -1)), message, remedy);
  }

  readonly #report: PlanFacts['report'] = (path, message, remedy, severity) =>
    this.#add(this.#document.rangeOf(path), message, remedy, severity);

  #add(range: SpecRange, message: string, remedy?: string, severity: SpecProblem['severity'] = 'error'): void {
    if (this.problems.length >= specLimits.maxProblems) return;
    this.problems.push({ message, severity, ...(remedy === undefined ? {} : { remedy }), ...range });
  }
}

function isUnknownKey(issue: v.BaseIssue<unknown>): boolean {
  return issue.type === 'strict_object' && issue.expected === 'never' && !Array.isArray(issue.path?.at(-1)?.input);
}

function linesOf(value: unknown, key: string): readonly (readonly [number, string])[] {
  const list: unknown = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  if (!Array.isArray(list)) return [];
  return [...list.entries()].flatMap(([index, line]) => (typeof line === 'string' && line.trim() !== '' ? [[index, line] as const] : []));
}

function inOrder(problems: readonly SpecProblem[]): readonly SpecProblem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

/** `nightly.faultline.yaml` → `nightly` */
function nameOf(file: string | undefined): string {
  if (file === undefined) return t('Run');
  const name = basename(file);
  return (name.endsWith(specExtension) ? name.slice(0, -specExtension.length) : name) || t('Run');
}
