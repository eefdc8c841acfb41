/**
 * The format of a spec, once: its types, what is said about a wrong value, and the JSON Schema that editors read.
 * A message is "what is wrong", and on a second line what to write instead.
 */
import { toJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { formatBytes, formatCount } from '../../base/units.ts';
import { checkScale, largestScale, smallestScale } from '../../workload/tpch/scale.ts';
import { faultEntries } from './fault-schema.ts';
import { specDefaults, specFormat, specLimits } from './limits.ts';
import { parseQueries, parseQueryRange } from './queries.ts';
import { checkPassword } from './password.ts';
import {
  between,
  checked,
  choice,
  described,
  duration,
  message,
  number,
  object,
  quantity,
  shown,
  text,
  whole,
  wrongType,
} from './schema-kit.ts';
import { parseRate, parseSize } from './units.ts';

/** Of a benchmark. Made when it is needed: its texts are then in the person's language. */
export function specSchema() {
  return object(t('a spec'), { ...entries(), ...faultEntries() });
}

/** Of a run that breaks something: its clients may be probes alone. */
export function faultSpecSchema() {
  const { engine: ofEngine, workload: ofWorkload, ...others } = entries();
  return object(t('a spec'), { ...others, ...faultEntries(), engine: v.optional(ofEngine), workload: v.optional(ofWorkload) });
}

function entries() {
  return {
    faultline: described(v.literal(specFormat, formatMessage), t('The format of this file: 1.'), [specFormat]),
    name: v.optional(described(name(), t('What the run is called in the list of runs.'), ['TPC-H under four clients'])),
    engine: described(engine(), t('What the statements run on.'), [{ kind: 'duckdb', scale: 0.01 }]),
    against: v.optional(
      described(engine(), t('A second one (B): every statement runs on both in turn, and the two are compared.'), [
        { kind: 'duckdb', scale: 0.01, threads: 1 },
      ]),
    ),
    workload: described(workload(), t('The statements of one pass.'), [{ tpch: 'all' }]),
    load: v.optional(described(load(), t('How the statements come: a closed loop of clients, or an open loop at a rate.'))),
    warmUp: v.optional(
      described(warmUp(), t('What runs before the measured part and is in no figure. None unless it is written here.'), [
        { iterations: 1 },
        { duration: '1 min' },
      ]),
    ),
    timeout: v.optional(
      duration(t('A statement that takes longer is stopped, and counts as failed.'), ['30 s', '5 min'], {
        from: specLimits.minTimeoutMs,
        to: specLimits.maxTimeoutMs,
        default: specDefaults.timeout,
      }),
    ),
    seed: v.optional(
      described(whole(0, specLimits.maxSeed), t('Of every random choice: the same seed gives the same arrivals and order.'), [
        specDefaults.seed,
      ]),
    ),
    expect: v.optional(
      described(lines(), t('What the run has to keep to pass. Without it: no wrong answer, no error, nothing dropped.'), [
        ['latency.p99 <= 2 s', 'latency.p95(q01) <= 500 ms', 'errors <= 1 %', 'throughput >= 15/s', 'answers ok'],
      ]),
    ),
    abort: v.optional(
      described(lines(), t('Ends the run as soon as one of these holds over its window.'), [
        ['errors > 20 % over 10 s', 'latency.p99 > 10 s over 30 s'],
      ]),
    ),
  };
}

export type SpecSchema = ReturnType<typeof specSchema>;
export type FaultSpecSchema = ReturnType<typeof faultSpecSchema>;
export type Spec = v.InferOutput<SpecSchema>;
/** Also what is no spec of a benchmark: without an engine, or without a workload. */
export type AnySpec = v.InferOutput<FaultSpecSchema>;
export type SpecEngine = Spec['engine'];
export type SpecStatement = NonNullable<Spec['workload']['statements']>[number];

/** JSON Schema, draft 07: what `faultline schema` prints and the editor completes by. */
export function jsonSchema(): Record<string, unknown> {
  const { required, ...schema } = toJsonSchema(faultSpecSchema(), { typeMode: 'input', errorMode: 'throw' });
  return {
    title: t('A run of Faultline'),
    ...schema,
    required: required ?? [],
    if: { not: { required: ['faults'] } },
    // oxlint-disable-next-line unicorn/no-thenable
    then: { required: ['engine', 'workload'] },
  };
}

function engine() {
  return object(t('an engine'), {
    kind: described(
      choice(['duckdb', 'trino', 'presto', 'clickhouse']),
      t('duckdb: the embedded engine. The others are servers: by their url, or by their place in a cluster.'),
    ),
    scale: v.optional(
      checked(number(), checkScale, {
        description: t(
          'Runs on TPC-H data of this scale factor, made when it is not there; 1 is about 290 MB. Of a server: the scale factor of the TPC-H data that it has, so that answers are checked.',
        ),
        examples: [0.01, 0.1, 1],
        minimum: smallestScale,
        maximum: largestScale,
      }),
    ),
    file: v.optional(
      described(text(4_096), t('Runs on your own .duckdb, Parquet, CSV or JSON file, in place of TPC-H. Relative to this file.'), [
        'sales.parquet',
      ]),
    ),
    url: v.optional(described(text(2_048), t('Of a server: its address.'), ['http://localhost:8080'])),
    context: v.optional(described(text(500), t('Of a server in a cluster: the context of the kubeconfig.'), ['lab'])),
    kubeconfig: v.optional(
      described(text(4_096), t('The file that names the context, where it is not one that kubectl reads. Relative to this file.'), [
        'kubeconfig',
      ]),
    ),
    namespace: v.optional(described(text(253), t('Of the server’s Service.'), ['analytics'])),
    service: v.optional(described(text(253), t('The Service of the server: of Trino and Presto that of the coordinator.'), ['trino'])),
    port: v.optional(described(whole(1, 65_535), t('Of the Service. 8080, for ClickHouse 8123, unless it is written here.'), [8080])),
    scheme: v.optional(described(choice(['http', 'https']), t('How the Service is spoken to: http unless it is written here.'))),
    user: v.optional(described(text(500), t('Who asks.'), ['faultline'])),
    password: v.optional(
      checked(text(200), checkPassword, {
        description: t('Name of the environment variable that holds the password; never the password itself.'),
        examples: ['FAULTLINE_PASSWORD'],
      }),
    ),
    ca: v.optional(described(text(4_096), t('PEM file of the authority that signed the server’s certificate.'), ['ca.pem'])),
    tlsServerName: v.optional(
      described(
        text(253),
        t(
          'The name that the server’s certificate is checked for. That of the url, of a Service SERVICE.NAMESPACE.svc, unless it is written here.',
        ),
        ['trino.analytics.svc'],
      ),
    ),
    catalog: v.optional(described(text(500), t('Of Trino and Presto: where tables are looked for.'), ['tpch'])),
    schema: v.optional(described(text(500), t('Where tables are looked for; of ClickHouse its database.'), ['tiny'])),
    threads: v.optional(
      described(whole(1, specLimits.maxThreads), t('Of the engine. As many as the machine has unless it is written here.'), [2]),
    ),
    memory: v.optional(
      quantity('2 GB', (written) => between(parseSize(written), specLimits.minMemoryBytes, specLimits.maxMemoryBytes, formatBytes), {
        description: t('The engine’s limit. A quarter of the machine’s memory unless it is written here.'),
        examples: ['2 GB', '512 MB'],
        pattern: '^\\s*[0-9.]+\\s*([kKMGT]i?)?B\\s*$',
      }),
    ),
  });
}

function workload() {
  return object(t('a workload'), {
    tpch: v.optional(
      checked(v.union([v.string(), v.number(), v.array(v.union([v.string(), v.number()]))], listMessage), queriesOf, {
        description: t('Queries of TPC-H: all, a number, or a list with ranges.'),
        examples: ['all', [1, 3, '5-10'], 6],
      }),
    ),
    order: v.optional(
      described(
        choice(['listed', 'power', 'shuffled']),
        t('listed: as written. power: as in TPC-H’s power test, 14 first. shuffled: anew for each pass and client, by the seed.'),
      ),
    ),
    statements: v.optional(
      described(
        v.pipe(
          v.array(statement(), (issue) => wrongType(issue.input, t('a list of statements'), '- sql: select 1')),
          v.minLength(1, t('There is no statement')),
          v.maxLength(specLimits.maxStatements, t('There are more than {0} statements', formatCount(specLimits.maxStatements))),
        ),
        t('Statements of your own, beside those of TPC-H or without them.'),
      ),
    ),
  });
}

function statement() {
  return object(t('a statement'), {
    name: v.optional(
      described(statementName(), t('Stands in tables and expectations. The file’s name unless it is written here.'), ['top customers']),
    ),
    sql: v.optional(described(text(specLimits.maxSpecCharacters), t('The statement itself.'), ['select count(*) from lineitem'])),
    file: v.optional(
      described(text(4_096), t('A file with SQL; of several statements each gets a number. Relative to this file.'), ['report.sql']),
    ),
    library: v.optional(described(text(200), t('A query of the SQL library.'), ['tpch/q01.sql', 'probe/point-lookup.sql'])),
    weight: v.optional(described(whole(1, specLimits.maxWeight), t('How many times a pass runs it: 3 is three times as often as 1.'), [3])),
  });
}

function load() {
  return object(t('a load'), {
    clients: v.optional(
      described(
        whole(1, specLimits.maxConcurrent),
        t('Closed loop: clients that each send a statement when the answer before is there.'),
        [1, 4],
      ),
    ),
    iterations: v.optional(
      described(whole(1), t('Closed loop: passes over the statements that each client makes. With a duration the most.'), [10]),
    ),
    thinkTime: v.optional(
      duration(t('Closed loop: what a client waits between an answer and its next statement.'), ['100 ms'], {
        from: 0,
        to: specLimits.maxThinkTimeMs,
        default: '0 ms',
      }),
    ),
    rate: v.optional(
      quantity('20/s', rateOf, {
        description: t('Open loop: statements that arrive, whether or not those before have ended.'),
        examples: ['20/s', '300/min'],
        pattern: '^\\s*[0-9.]+\\s*(/|per )\\s*(s|sec|second|min|minute|h|hour)\\s*$',
      }),
    ),
    arrivals: v.optional(
      described(
        choice(['uniform', 'poisson']),
        t('Open loop. uniform: evenly spaced. poisson: at random, as from many independent users.'),
      ),
    ),
    duration: v.optional(
      duration(
        t('Open loop: how long statements arrive. Closed loop: after it no client begins a statement; passes may end it before.'),
        ['1 min', '10 min'],
        { from: 1, to: specLimits.maxDurationMs },
      ),
    ),
    maxInFlight: v.optional(
      described(
        whole(1, specLimits.maxConcurrent),
        t('Open loop: statements at the engine at one time; the others wait, and their wait counts.'),
        [specDefaults.maxInFlight],
      ),
    ),
    maxQueued: v.optional(
      described(whole(0, specLimits.maxQueued), t('Open loop: what arrives when this many wait already is dropped, and counted.'), [
        specDefaults.maxQueued,
      ]),
    ),
  });
}

function warmUp() {
  return object(t('a warm-up'), {
    iterations: v.optional(described(whole(1), t('Passes over the statements.'), [1])),
    duration: v.optional(duration(t('How long it lasts.'), ['30 s', '1 min'], { from: 1, to: specLimits.maxDurationMs })),
  });
}

function lines() {
  return v.pipe(
    v.array(text(200), (issue) => wrongType(issue.input, t('a list of rules'), '- errors <= 1 %')),
    v.maxLength(specLimits.maxRules, t('There are more than {0} rules', formatCount(specLimits.maxRules))),
  );
}

function name() {
  return text(specLimits.maxTitleCharacters, /^(?=.*\S)[^\r\n\t]*$/, t('A name has one line'));
}

function statementName() {
  return text(
    specLimits.maxNameCharacters,
    // oxlint-disable-next-line no-control-regex
    /^(?=.*\S)[^()\u0000-\u001f]*$/,
    message(t('A statement’s name has no parentheses and one line'), t('Expectations write it in parentheses.')),
  );
}

function rateOf(written: string): number {
  const rate = parseRate(written);
  if (rate > 0 && rate <= specLimits.maxRatePerSecond) return rate;
  throw new FaultlineError('invalid', {
    what:
      rate > 0
        ? t('The rate is above {0}/s', formatCount(specLimits.maxRatePerSecond))
        : t('A rate is above zero: “{0}” would send nothing', written.trim()),
  });
}

function queriesOf(written: string | number | readonly (string | number)[]): readonly number[] {
  if (typeof written === 'object') {
    if (written.length === 0) throw new FaultlineError('invalid', { what: t('No query is listed'), remedy: t('Write all, or 1,3,5-10.') });
    return parseQueries(written.flatMap((part) => parseQueryRange(part)).join(','));
  }
  return parseQueries(String(written));
}

function listMessage(issue: { readonly input: unknown }): string {
  return wrongType(issue.input, t('all, a query’s number or a list of them'), 'tpch: all');
}

function formatMessage(issue: { readonly input: unknown }): string {
  if (typeof issue.input === 'number' && issue.input > specFormat) {
    return message(
      t('This spec has format {0}; this Faultline reads format {1}', issue.input, specFormat),
      t('A newer Faultline reads it.'),
    );
  }
  return message(t('{0} is not a format of a spec', shown(issue.input)), t('Write {0}.', `faultline: ${specFormat}`));
}
