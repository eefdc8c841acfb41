/** What the format of a spec is built from: values with what is said about a wrong one, and what the JSON Schema tells of them. */
import * as v from 'valibot';
import { FaultlineError, invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { nearest } from '../../base/nearest.ts';
import { formatCount, formatDuration } from '../../base/units.ts';
import { specFormat } from './limits.ts';
import { isBareNumber, parseDuration } from './units.ts';

type Facts = Readonly<Record<string, unknown>> & { readonly description: string };
type Base = v.GenericSchema;

export function described<S extends Base>(schema: S, description: string, examples: readonly unknown[] = []) {
  return v.pipe(schema, v.metadata({ description, ...(examples.length === 0 ? {} : { examples: [...examples] }) }));
}

/** A value as it is written, made into what it means. */
export function checked<S extends Base, O>(schema: S, meaning: (written: v.InferOutput<S>) => O, facts: Facts) {
  return v.pipe(
    schema,
    v.metadata(facts),
    v.rawTransform(({ dataset, addIssue, NEVER }): O => {
      try {
        return meaning(dataset.value);
      } catch (error) {
        if (!FaultlineError.is(error)) throw error;
        addIssue({ message: message(error.facts.what, error.facts.remedy) });
        return NEVER;
      }
    }),
  );
}

export function object<const E extends v.ObjectEntries>(kind: string, entries: E) {
  const keys = Object.keys(entries);
  return v.strictObject(entries, (issue) => {
    const place = issue.path?.at(-1);
    // A list is an object to JavaScript, and so to the schema.
    if (Array.isArray(place?.input)) return wrongType(place.input, kind, `{${keys[0] ?? ''}: …}`);
    const key = place?.key;
    if (issue.expected === 'Object') return wrongType(issue.input, kind, `{${keys[0] ?? ''}: …}`);
    if (issue.expected !== 'never')
      return message(t('“{0}” is missing', issue.expected?.replaceAll('"', '') ?? ''), missing(issue.expected));
    const written = String(key);
    const near = nearest(written, keys);
    const known = t('{0} can be {1}.', kind.charAt(0).toUpperCase() + kind.slice(1), keys.join(', '));
    return message(t('“{0}” is not known here', written.slice(0, 60)), near === undefined ? known : t('Did you mean {0}?', near));
  });
}

function missing(key: string | null): string | undefined {
  if (key === '"faultline"') return t('Begin with {0}.', `faultline: ${specFormat}`);
  if (key === '"engine"') return t('Write {0}.', 'engine: {kind: duckdb, scale: 0.01}');
  if (key === '"workload"') return t('Write {0}.', 'workload: {tpch: all}');
  return key === '"kind"' ? t('Write {0}.', 'kind: duckdb') : undefined;
}

export function text(maxCharacters: number, pattern: RegExp = /\S/, wrong: string = t('The text is empty')) {
  return v.pipe(
    v.string((issue) => wrongType(issue.input, t('a text'), quoted(issue.input))),
    v.regex(pattern, wrong),
    v.maxLength(maxCharacters, t('The text is longer than {0} characters', formatCount(maxCharacters))),
  );
}

export function number() {
  return v.number((issue) => wrongType(issue.input, t('a number'), '0.01'));
}

export function whole(from: number, to?: number) {
  const bounds =
    to === undefined ? t('a whole number from {0} on', from) : t('a whole number from {0} to {1}', formatCount(from), formatCount(to));
  const wrong = (issue: { readonly input: unknown }): string => wrongType(issue.input, bounds, String(Math.max(from, 1)));
  return v.pipe(v.number(wrong), v.safeInteger(wrong), v.minValue(from, wrong), v.maxValue(to ?? Number.MAX_SAFE_INTEGER, wrong));
}

export function choice<const O extends readonly [string, ...string[]]>(options: O) {
  return v.picklist(options, (issue) => {
    const near = typeof issue.input === 'string' ? nearest(issue.input, options) : undefined;
    const [only, ...others] = options;
    if (others.length === 0) return message(t('{0} is not known here', shown(issue.input)), t('Write {0}.', only));
    return message(
      t('{0} is not one of {1}', shown(issue.input), options.join(', ')),
      near === undefined ? undefined : t('Did you mean {0}?', near),
    );
  });
}

/** A text with a unit, made into what it means. A bare number is told what it lacks, and what would be taken instead. */
export function quantity<O>(example: string, meaning: (written: string) => O, facts: Facts) {
  const written = v.string((issue) => {
    if (typeof issue.input !== 'number') return wrongType(issue.input, t('a quantity with a unit'), example);
    const { what, remedy } = unitless(String(issue.input), example, meaning).facts;
    return message(what, remedy);
  });
  const judged = (text: string): O => {
    if (isBareNumber(text)) throw unitless(text.trim(), example, meaning);
    return meaning(text);
  };
  return checked(written, judged, facts);
}

function unitless(written: string, example: string, meaning: (written: string) => unknown): FaultlineError {
  const better = `${written}${example.replace(/^[\d.]+/, '')}`;
  const what = t('“{0}” has no unit', written);
  try {
    meaning(better);
    return invalid(what, t('Write {0}.', better));
  } catch (error) {
    if (!FaultlineError.is(error)) throw error;
    return invalid(what, t('{0}: write {1}.', error.facts.what, example));
  }
}

export function duration(
  description: string,
  examples: readonly string[],
  { from, to, ...facts }: { readonly from: number; readonly to: number; readonly default?: string },
) {
  const example = examples.find((one) => / (ms|s)$/.test(one)) ?? '30 s';
  return quantity(example, (written) => between(parseDuration(written), from, to, formatDuration), {
    description,
    examples: [...examples],
    pattern: '^\\s*[0-9.]+\\s*(µs|us|ms|s|sec|seconds?|min|minutes?|h|hours?)\\s*$',
    ...facts,
  });
}

export function between(value: number, from: number, to: number, show: (value: number) => string): number {
  if (value >= from && value <= to) return value;
  throw new FaultlineError('invalid', { what: t('It has to be from {0} to {1}', show(from), show(to)) });
}

export function wrongType(input: unknown, wanted: string, example: string): string {
  if (input === null || input === undefined) return message(t('The value is missing'), t('Write {0}, as {1}.', wanted, example));
  return message(t('{0} is not {1}', shown(input), wanted), t('Write it as {0}.', example));
}

export function shown(input: unknown): string {
  if (Array.isArray(input)) return t('A list');
  if (input === null) return t('An empty value');
  return typeof input === 'object' ? t('A group of keys') : `“${String(input).slice(0, 60)}”`;
}

export function quoted(input: unknown): string {
  return typeof input === 'object' ? t('"a text"') : JSON.stringify(String(input).slice(0, 60));
}

export function message(what: string, remedy: string | undefined): string {
  return remedy === undefined ? what : `${what}\n${remedy}`;
}
