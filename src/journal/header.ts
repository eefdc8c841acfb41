/**
 * A journal's first line. Browser-safe. What is not named here is kept as it is: a field that a later version of the same format adds
 * does no harm. A new kind of load, of metric or of target is not a field: it needs a new format.
 */
import * as v from 'valibot';
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import { journalFormat, type JournalHeader } from './events.ts';
import { faultPlan } from './header-fault.ts';

const finite = v.pipe(v.number(), v.finite());
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const order = v.picklist(['listed', 'shuffled']);

const target = v.variant('kind', [
  v.looseObject({ kind: v.literal('tpch'), scale: finite }),
  v.looseObject({ kind: v.literal('file'), path: v.string() }),
  v.looseObject({ kind: v.literal('server'), name: v.string(), tpchScale: v.exactOptional(finite) }),
]);

const load = v.variant('kind', [
  v.pipe(
    v.looseObject({
      kind: v.literal('closed'),
      clients: whole,
      iterations: v.exactOptional(whole),
      durationMs: v.exactOptional(finite),
      thinkTimeMs: finite,
      order,
    }),
    v.check(({ iterations, durationMs }) => iterations !== undefined || durationMs !== undefined, 'no iterations and no duration'),
  ),
  v.looseObject({
    kind: v.literal('open'),
    ratePerSecond: finite,
    arrivals: v.picklist(['uniform', 'poisson']),
    durationMs: finite,
    maxInFlight: whole,
    maxQueued: whole,
    order,
  }),
  v.looseObject({ kind: v.literal('none') }),
]);

const metric = v.variant('kind', [
  v.looseObject({
    kind: v.literal('latency'),
    curve: v.picklist(['response', 'service', 'wait']),
    percentile: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
    statement: v.exactOptional(v.string()),
  }),
  v.looseObject({ kind: v.picklist(['errors', 'dropped', 'throughput', 'answers', 'unavailable', 'relapses']) }),
  v.looseObject({
    kind: v.literal('recovery'),
    of: v.picklist(['detected', 'firstGood', 'recovered', 'baseline', 'failover', 'rejoin', 'pod', 'redundancy']),
  }),
  v.looseObject({ kind: v.literal('probes'), of: v.picklist(['failed', 'slow', 'unknown', 'wrong', 'bad']) }),
  v.looseObject({
    kind: v.literal('messages'),
    of: v.picklist(['lost', 'duplicated', 'redelivered', 'reordered', 'rewritten', 'unknown']),
  }),
]);

const rule = { text: v.string(), metric, comparison: v.picklist(['<=', '<', '>=', '>']), limit: finite };

const plan = v.pipe(
  v.looseObject({
    name: v.string(),
    arms: v.pipe(
      v.array(v.looseObject({ label: v.string(), engine: v.string(), target, threads: whole, memoryLimitBytes: whole })),
      v.maxLength(2),
    ),
    statements: v.array(v.looseObject({ name: v.string(), sql: v.string(), weight: finite, tpchQuery: v.exactOptional(whole) })),
    load,
    warmUp: v.exactOptional(
      v.variant('kind', [
        v.looseObject({ kind: v.literal('iterations'), iterations: whole }),
        v.looseObject({ kind: v.literal('duration'), durationMs: finite }),
      ]),
    ),
    timeoutMs: finite,
    expectations: v.array(v.looseObject({ ...rule, implied: v.exactOptional(v.boolean()) })),
    abortRules: v.array(v.looseObject({ ...rule, overMs: finite })),
    seed: finite,
    specText: v.exactOptional(v.string()),
    fault: v.exactOptional(faultPlan),
  }),
  v.check(
    ({ arms, statements, load: { kind }, fault }) => (kind === 'none' ? fault !== undefined : arms.length > 0 && statements.length > 0),
    'no load and nothing to break, or a load without an engine or a statement',
  ),
);

const environment = v.looseObject({
  faultline: v.string(),
  node: v.string(),
  system: v.string(),
  processor: v.string(),
  processors: whole,
  memoryBytes: whole,
  gitRevision: v.exactOptional(v.string()),
});

const header = v.looseObject({ faultline: whole, run: v.string(), startedAt: finite, plan, environment });

/** Fails with `unsupported` for a newer format, with `invalid` for anything that is no header. */
export function parseHeader(line: string): JournalHeader {
  let value: unknown;
  try {
    // A byte order mark is no part of JSON.
    value = JSON.parse(line.charCodeAt(0) === 0xfeff ? line.slice(1) : line);
  } catch (error) {
    throw noJournal(error);
  }
  const format: unknown = typeof value === 'object' && value !== null && 'faultline' in value ? value.faultline : undefined;
  if (typeof format !== 'number') throw noJournal();
  if (format > journalFormat) {
    throw new FaultlineError('unsupported', {
      what: t('This run was recorded by a newer Faultline'),
      meaning: t('Its journal has format {0}; this version reads formats up to {1}', format, journalFormat),
      remedy: t('Update Faultline to open it.'),
    });
  }
  const checked = v.safeParse(header, value, { abortEarly: true });
  // An arm may name an engine, and a fault a kind, that this version does not have: its figures are read all the same.
  if (checked.success) return checked.output as unknown as JournalHeader;
  const [issue] = checked.issues;
  throw new FaultlineError('invalid', {
    what: t('The head of this run’s journal can’t be read'),
    meaning: `${v.getDotPath(issue) ?? ''}: ${issue.message}`,
  });
}

export function noJournal(cause?: unknown): FaultlineError {
  return new FaultlineError('invalid', { what: t('This is not the journal of a run, or it was cut before its head was whole') }, cause);
}
