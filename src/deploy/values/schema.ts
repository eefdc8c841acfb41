/** Values against the chart's schema: everything that is wrong at once, each with where it was written and the key that was probably meant. */
import { Ajv, type ErrorObject, type Options } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { nearest } from '../../base/nearest.ts';
import { isMap } from './merge.ts';
import type { Values } from './merge.ts';
import { sourceOf } from './sources.ts';
import type { Path, ValuesSource } from './sources.ts';

export interface ValueProblem {
  /** `worker.replicas` */
  readonly key: string;
  /** "worker.replicas has to be a whole number" */
  readonly text: string;
  /** `my-values.yaml:12:3`; the chart's own where nobody else says anything about it. */
  readonly where?: string;
}

/** `sources` in the order in which they win, the chart's own values first. */
export function problemsOf(schema: unknown, values: Values, sources: readonly ValuesSource[]): readonly ValueProblem[] {
  // Formats are hints that Helm's validator reads, and words of other drafts are none of ours to judge.
  const options: Options = { allErrors: true, strict: false, verbose: true, validateFormats: false, logger: false };
  const draft = isMap(schema) && typeof schema['$schema'] === 'string' ? schema['$schema'] : '';
  const ajv = /2019-09|2020-12/.test(draft) ? new Ajv2020(options) : new Ajv(options);
  if (!isMap(schema)) return [];
  // The address of the draft is not fetched, and an old one is read as draft 7.
  const { $schema: _draft, ...rest } = schema;
  const validate = ajv.compile(rest);
  if (validate(values)) return [];
  const problems = (validate.errors ?? []).flatMap((error) => problemOf(error, sources) ?? []);
  return problems.filter((problem, at) => problems.findIndex(({ text }) => text === problem.text) === at);
}

/** Fails: `invalid`, naming all of them. */
export function refuseProblems(chart: string, problems: readonly ValueProblem[]): void {
  if (problems.length === 0) return;
  const lines = problems.map(({ text, where }) => (where === undefined ? text : `${where}: ${text}`));
  throw new FaultlineError('invalid', {
    what:
      problems.length === 1
        ? t('A value does not fit the chart {0}', chart)
        : t('{0} values do not fit the chart {1}', problems.length, chart),
    meaning: lines.join('\n  '),
    remedy: t('Nothing was changed. Correct the values and deploy again.'),
  });
}

function problemOf(error: ErrorObject, sources: readonly ValuesSource[]): ValueProblem | undefined {
  const path = pathOf(error.instancePath);
  const key = keyText(path);
  const at = (text: string, where: Path = path): ValueProblem => ({ key: keyText(where), text, ...placed(sources, where) });
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const unknown = String(params['additionalProperty'] ?? params['unevaluatedProperty']);
      const known =
        isMap(error.parentSchema) && isMap(error.parentSchema['properties']) ? Object.keys(error.parentSchema['properties']) : [];
      const wrong = keyText([...path, unknown]);
      const meant = nearest(unknown, known);
      if (meant !== undefined) return at(t('{0} is no value of this chart; did you mean “{1}”?', wrong, meant), [...path, unknown]);
      const among = known.length > 0 && known.length <= 12 ? ` ${t('There are: {0}.', known.join(', '))}` : '';
      return at(t('{0} is no value of this chart.', wrong) + among, [...path, unknown]);
    }
    case 'type':
      return at(t('{0} has to be {1}, and is {2}', key, typeWords(params['type']), kindOf(error.data)));
    case 'enum': {
      const allowed = Array.isArray(params['allowedValues']) ? params['allowedValues'].map((one) => JSON.stringify(one)).join(', ') : '';
      return at(t('{0} has to be one of {1}', key, allowed));
    }
    case 'const':
      return at(t('{0} has to be {1}', key, JSON.stringify(params['allowedValue'])));
    case 'required':
      return at(t('{0} is missing', keyText([...path, String(params['missingProperty'])])));
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return at(t('{0} has to be {1} {2}', key, String(params['comparison']), String(params['limit'])));
    case 'pattern':
      return at(t('{0} does not have the form {1}', key, String(params['pattern'])));
    // Their branches say what is wrong.
    case 'if':
      return undefined;
    default:
      return at(`${key} ${error.message ?? ''}`.trim());
  }
}

function placed(sources: readonly ValuesSource[], path: Path): { readonly where?: string } {
  const source = sourceOf(sources, path) ?? sourceOf(sources, path.slice(0, -1));
  if (source === undefined) return {};
  const place = source.placeOf(path);
  return { where: place === undefined ? source.name : `${source.name}:${place}` };
}

function pathOf(pointer: string): Path {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

export function keyText(path: Path): string {
  return (
    path.reduce<string>((text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`), '') ||
    t('all of it')
  );
}

function typeWords(type: unknown): string {
  const words: Readonly<Record<string, string>> = {
    integer: t('a whole number'),
    number: t('a number'),
    string: t('text'),
    boolean: t('true or false'),
    object: t('a map'),
    array: t('a list'),
    null: t('nothing'),
  };
  return (Array.isArray(type) ? type : [type]).map((one) => words[String(one)] ?? String(one)).join(` ${t('or')} `);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return t('nothing');
  if (Array.isArray(value)) return t('a list');
  if (typeof value === 'object') return t('a map');
  // The value may be a secret.
  if (typeof value === 'string') return t('text');
  return typeof value === 'number' ? String(value) : String(value === true);
}
