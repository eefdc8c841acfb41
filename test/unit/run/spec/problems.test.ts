import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { specLimits } from '../../../../src/run/spec/limits.ts';
import { readSpec } from '../../../../src/run/spec/spec.ts';
import { head, library, minimal, read } from './kit.ts';

/** What a person wrote, with the problem's place between « and »; what is said there. */
type Case = readonly [marked: string, said: string | RegExp];

describe('a problem of a spec stands at its value and says what to write', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faultline-spec-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const cases = (title: string, all: readonly Case[]): void => {
    it(title, async () => {
      for (const [marked, expected] of all) {
        const found = await read(marked, { folder });
        assert.equal(found.marked, marked.replace(/^\uFEFF/, ''), found.said.join('\n'));
        assert.equal(found.said.length, 1, found.said.join('\n'));
        if (typeof expected === 'string') assert.equal(found.said[0], expected);
        else assert.match(found.said[0] ?? '', expected);
      }
    });
  };

  cases('quantities without a unit, with a wrong one, or none at all', [
    [`${minimal}timeout: «30»\n`, '“30” has no unit | Write 30 s.'],
    [`${minimal}timeout: «"30"»\n`, '“30” has no unit | Write 30 s.'],
    [`${minimal}timeout: «30 parsec»\n`, '“parsec” is not a unit of a duration | Use µs, ms, s, min, h: 30 s.'],
    [`${minimal}timeout: «soon»\n`, '“soon” is not a duration | Write 30 s.'],
    [`${minimal}timeout: «0 s»\n`, 'It has to be from 1 ms to 24:00:00 h'],
    [`${minimal}timeout: «-1 s»\n`, 'It has to be from 1 ms to 24:00:00 h'],
    [`${minimal}timeout: «2 days»\n`, /is not a unit of a duration/],
    [`${minimal}load: {rate: «20», duration: 1 min}\n`, '“20” has no unit | Write 20/s.'],
    [`${minimal}load: {rate: «-3/s», duration: 1 min}\n`, 'A rate is above zero: “-3/s” would send nothing'],
    [`${minimal}load: {rate: «0/s», duration: 1 min}\n`, 'A rate is above zero: “0/s” would send nothing'],
    [`${minimal}load: {rate: «20 s», duration: 1 min}\n`, /“s” is not a unit of a rate \| Use \/s, \/min, \/h: 20\/s\./],
    [`${minimal}load: {rate: «60000/s», duration: 1 min}\n`, 'The rate is above 50,000/s'],
    [`faultline: 1\nengine: {kind: duckdb, scale: 1, memory: «2»}\nworkload: {tpch: 6}\n`, '“2” has no unit | Write 2 GB.'],
    [`faultline: 1\nengine: {kind: duckdb, scale: 1, memory: «1 MB»}\nworkload: {tpch: 6}\n`, /has to be from 64\.0 MB/],
  ]);

  cases('unknown keys name the nearest known one', [
    [`${minimal}«timout»: 30 s\n`, '“timout” is not known here | Did you mean timeout?'],
    [`${minimal}load: {«client»: 2}\n`, '“client” is not known here | Did you mean clients?'],
    [`${minimal}load: {«think_time»: 2 s}\n`, '“think_time” is not known here | Did you mean thinkTime?'],
    [`${minimal}warmup: {iterations: 1}\n`.replace('warmup', '«warmup»'), '“warmup” is not known here | Did you mean warmUp?'],
    [`${minimal}«zzz»: 1\n`, /“zzz” is not known here \| A spec can be faultline, name, engine/],
    [`${minimal}«password»: x\n`, /“password” is not known here/],
  ]);

  cases('values of the wrong kind', [
    [`${minimal}name: «2026»\n`, '“2026” is not a text | Write it as "2026".'],
    [`${minimal}name: «[a]»\n`, 'A list is not a text | Write it as "a text".'],
    [`${minimal}«name»:\n`, /^The value is missing \| Write a text, as/],
    [`${minimal}«load»:\n`, /^The value is missing/],
    [`${minimal}load: {clients: 1, duration: «1»}\n`, '“1” has no unit | Write 1 s.'],
    [`${minimal}load: {clients: 1, duration: «25 h»}\n`, /24/],
    [`${minimal}load: {clients: «0»}\n`, '“0” is not a whole number from 1 to 250 | Write it as 1.'],
    [`${minimal}load: {clients: «-2»}\n`, /“-2” is not a whole number from 1 to 250/],
    [`${minimal}load: {clients: «1.5»}\n`, /“1.5” is not a whole number/],
    [`${minimal}load: {clients: «251»}\n`, /“251” is not a whole number from 1 to 250/],
    [`${minimal}load: {clients: «many»}\n`, /“many” is not a whole number/],
    [`${minimal}load: «4»\n`, '“4” is not a load | Write it as {clients: …}.'],
    [`${minimal}seed: «-1»\n`, /whole number from 0 to 4,294,967,295/],
    [
      `faultline: 1\nengine: {kind: «duckdbb», scale: 1}\nworkload: {tpch: 6}\n`,
      '“duckdbb” is not one of duckdb, trino, presto, clickhouse | Did you mean duckdb?',
    ],
    [
      `faultline: 1\nengine: {kind: duckdb, scale: «0»}\nworkload: {tpch: 6}\n`,
      /0 is not a scale factor \| Choose a number from 0.001 to 1000/,
    ],
    [`faultline: 1\nengine: {kind: duckdb, scale: «big»}\nworkload: {tpch: 6}\n`, '“big” is not a number | Write it as 0.01.'],
    [`${head}workload: {tpch: all, order: «random»}\n`, /“random” is not one of listed, power, shuffled/],
    [`${minimal}load: {rate: 1/s, duration: 1 min, arrivals: «poison»}\n`, /“poison” is not one of .* \| Did you mean poisson\?/],
    [`${minimal}expect: «errors <= 1 %»\n`, /is not a list of rules/],
    [`${minimal}expect:\n  - «12»\n`, /“12” is not a text/],
  ]);

  cases('what is missing is missed where it belongs', [
    [`«engine»: {kind: duckdb, scale: 1}\nworkload: {tpch: 6}\n`, '“faultline” is missing | Begin with faultline: 1.'],
    [`«faultline»: 1\nworkload: {tpch: 6}\n`, '“engine” is missing | Write engine: {kind: duckdb, scale: 0.01}.'],
    [`«faultline»: 1\nengine: {kind: duckdb, scale: 1}\n`, '“workload” is missing | Write workload: {tpch: all}.'],
    [`faultline: 1\nengine: «{scale: 1}»\nworkload: {tpch: 6}\n`, '“kind” is missing | Write kind: duckdb.'],
    [`faultline: 1\nengine: «{kind: duckdb}»\nworkload: {tpch: 6}\n`, /^The engine has no data \| Write scale: 0.01/],
    [`faultline: 1\n«engine»:\n  kind: duckdb\n  threads: 2\nworkload: {tpch: 6}\n`, /^The engine has no data/],
    [`${head}workload: «{}»\n`, 'The workload has no statements | Write tpch: all or statements.'],
    [`${head}workload: {statements: «[]»}\n`, 'There is no statement'],
    [`${head}workload:\n  statements:\n    - «name»: x\n      weight: 2\n`, 'A statement has one of sql, file and library'],
    [`${minimal}load: «{rate: 20/s}»\n`, 'An open loop has a duration | Write duration: 1 min.'],
    [`${minimal}load: «{duration: 1 min}»\n`, 'A load has clients or a rate | Write clients: 1 or rate: 20/s.'],
    [`${minimal}load: «{duration: 1 min, maxInFlight: 4}»\n`, 'An open loop has a rate | Write rate: 20/s.'],
    [`${minimal}warmUp: «{}»\n`, 'The warm-up has no length | Write iterations: 1 or duration: 30 s.'],
  ]);

  cases('what contradicts itself', [
    [`faultline: 1\nengine: {kind: duckdb, scale: 1, file: «x.parquet»}\nworkload: {tpch: 6}\n`, /^An engine has a scale or a file/],
    [`${head}workload: {tpch: 6, statements: [{sql: select 1, file: «x.sql»}]}\n`, 'A statement has one of sql, file and library'],
    [`${minimal}warmUp: {iterations: 1, duration: «1 min»}\n`, /^A warm-up has iterations or a duration/],
    [
      `${minimal}load: {clients: 4, rate: «20/s», duration: 1 min}\n`,
      '“clients” is of a closed loop, “rate” of an open one | Keep clients, iterations, thinkTime, or keep rate, arrivals, maxInFlight, maxQueued.',
    ],
    [`${head}workload: {tpch: 6, order: «power», statements: [{sql: select 1}]}\n`, /^The power order is one of TPC-H’s queries only/],
    [
      `${head}workload:\n  statements:\n    - {name: a, sql: select 1}\n    - {name: «a», sql: select 2}\n`,
      'Two statements are called a | Give one of them another name.',
    ],
    [`${head}workload:\n  tpch: 1\n  statements:\n    - {library: «tpch/q01.sql»}\n`, /^Two statements are called q01/],
  ]);

  cases('queries that TPC-H does not have', [
    [`${head}workload: {tpch: «23»}\n`, 'TPC-H has no query 23 | Its queries are 1 to 22.'],
    [`${head}workload: {tpch: «0»}\n`, /TPC-H has no query 0/],
    [`${head}workload: {tpch: «[1, 20-25]»}\n`, /TPC-H has no query 25/],
    [`${head}workload: {tpch: «[5-3]»}\n`, '5-3 runs backwards | Write 3-5.'],
    [`${head}workload: {tpch: «[1, 1]»}\n`, /Query 1 is named twice/],
    [`${head}workload: {tpch: «[]»}\n`, /No query is listed/],
    [`${head}workload: {tpch: «some»}\n`, /“some” is not a query of TPC-H \| Write all, a number from 1 to 22/],
    [`${head}workload:\n  «tpch»:\n    - 1\n    - 44\n`, /TPC-H has no query 44/],
  ]);

  cases('what is too much, with its arithmetic', [
    [
      `${minimal}load: {clients: 4, iterations: «1000000000»}\n`,
      '4 clients × 1,000,000,000 iterations × 22 statements a pass is 88,000,000,000 operations; a run plans 10,000,000 at most | Plan less, or split it into several runs.',
    ],
    [
      `${minimal}load: {rate: «50000/s», duration: 10 min}\n`,
      /^50,000\/s × 10:00 min is 30,000,000 operations; a run plans 10,000,000 at most/,
    ],
    [`${minimal}load: {clients: 1, duration: 1 min}\nwarmUp: «{iterations: 1000000}»\n`, /^The warm-up adds 22,000,000 operations/],
    [`${minimal}warmUp: «{iterations: 1000000}»\n`, /^The warm-up adds 22,000,000 operations/],
    [`${head}workload: {tpch: 6, statements: [{sql: select 1, weight: «1001»}]}\n`, /whole number from 1 to 1,000/],
  ]);

  cases('rules, at the part that is wrong', [
    [`${minimal}expect:\n  - «eror» <= 1 %\n`, '“eror” is not measured | Did you mean errors?'],
    [`${minimal}expect:\n  - "«eror» <= 1 %"\n`, '“eror” is not measured | Did you mean errors?'],
    [`${minimal}expect: [answers ok, latency.max <= «2»]\n`, '“2” has no unit | Write 2 s.'],
    [`${minimal}expect:\n  - «latency» <= 2 s\n`, /“latency” does not say which percentile \| Write latency.p50, latency.p99/],
    [`${minimal}expect:\n  - «latency.p0» <= 2 s\n`, /“p0” is not a percentile/],
    [`${minimal}expect:\n  - «latency.p101» <= 2 s\n`, /“p101” is not a percentile/],
    [`${minimal}expect:\n  - «errors.p99» <= 1 %\n`, /“errors” has no percentiles/],
    [`${minimal}expect:\n  - errors(«q01») <= 1 %\n`, /“errors” is known for the whole run only/],
    [`${minimal}expect:\n  - latency.max( «q1» ) <= 2 s\n`, 'The workload has no statement “q1” | Did you mean q01?'],
    [`${minimal}expect:\n  - latency.max «=<» 2 s\n`, '“=<” is not a comparison | Use <=, <, >= or >.'],
    [`${minimal}expect:\n  - errors <= «101 %»\n`, '101 % is outside of 0 % to 100 %'],
    [`${minimal}expect:\n  - errors <= «1 s»\n`, /“s” is not a unit of a percentage/],
    [`${minimal}expect:\n  - throughput >= «15 %»\n`, /“%” is not a unit of a rate/],
    [`${minimal}expect:\n  - latency.max <= «-2 s»\n`, '-2 s is below zero'],
    [`${minimal}expect:\n  - «answers wrong»\n`, 'Answers are ok, or the run fails | Write answers ok.'],
    [`${minimal}expect:\n  - «latency.max»\n`, /“latency.max” is not a rule/],
    [`${minimal}expect:\n  - errors <= 1 % over «10 s»\n`, /^An expectation holds for the whole run/],
    [`${minimal}abort:\n  - «errors > 20 %»\n`, 'The rule does not say over how long | Write errors > 20 % over 10 s.'],
    [`${minimal}abort:\n  - errors > 20 % over «10»\n`, '“10” has no unit | Write 10 s.'],
    [`${minimal}abort:\n  - errors > 20 % over «1 ms»\n`, /^The window is from/],
    [`${minimal}abort:\n  - «answers ok»\n`, /^“answers” can’t end a run early/],
  ]);

  cases('an expectation that the load can never answer is a warning', [
    [
      `${minimal}expect:\n  - «latency.p99 <= 2 s»\n`,
      'warning: “latency.p99 <= 2 s” needs 500 samples, and 66 are planned: the verdict would be inconclusive | Plan more, or expect something of a lower percentile or of the maximum.',
    ],
    [
      `${minimal}load: {clients: 1, iterations: 3, duration: 1 h}\nexpect:\n  - «latency.p99 <= 2 s»\n`,
      /^warning: .* needs 500 samples, and at most 66 are planned/,
    ],
    [`${minimal}load: {iterations: 99}\nexpect:\n  - «latency.p95(q01) <= 2 s»\n`, /^warning: .* needs 100 samples, and 99 are planned/],
  ]);

  it('how many answers come in a time nobody knows: no warning', async () => {
    const found = await read(`${minimal}load: {clients: 1, duration: 1 s}\nexpect:\n  - latency.p99 <= 2 s\n`);
    assert.deepEqual(found.said, []);
  });

  it('files that are not there, are folders, are empty or too large', async () => {
    await mkdir(join(folder, 'folder.sql'), { recursive: true });
    await writeFile(join(folder, 'empty.sql'), '-- nothing but this\n');
    await writeFile(join(folder, 'large.sql'), `select '${'x'.repeat(specLimits.maxStatementFileBytes)}'`);
    await writeFile(join(folder, 'binary.sql'), Buffer.from([0x50, 0x41, 0x52, 0x31, 0]));
    const files: readonly Case[] = [
      [
        `${head}workload: {statements: [{file: «no.sql»}]}\n`,
        `There is no file ${join(folder, 'no.sql')} | A path is read from the folder of the spec, ${folder}.`,
      ],
      [`${head}workload: {statements: [{file: «folder.sql»}]}\n`, `${join(folder, 'folder.sql')} is not a file`],
      [`${head}workload: {statements: [{file: «empty.sql»}]}\n`, 'There is no statement in it, only comments or blanks'],
      [`${head}workload: {statements: [{file: «large.sql»}]}\n`, /large\.sql has 1\.00 MB; a file of statements has 1\.00 MB at most/],
      [`${head}workload: {statements: [{file: «binary.sql»}]}\n`, /binary\.sql is not a text/],
      [`${head}workload: {statements: [{library: «tpch/q1.sql»}]}\n`, 'The SQL library has no tpch/q1.sql | Did you mean tpch/q01.sql?'],
      [`${head}workload: {statements: [{library: «tpch/q1»}]}\n`, 'The SQL library has no tpch/q1 | Did you mean tpch/q01.sql?'],
      [`${head}workload: {statements: [{library: «../secret.sql»}]}\n`, /The SQL library has no/],
      [
        `faultline: 1\nengine: {kind: duckdb, file: «sales.parquet»}\nworkload: {statements: [{sql: select 1}]}\n`,
        /^There is no file .*sales\.parquet/,
      ],
      [`${head}workload: {statements: [{sql: «"-- only this"»}]}\n`, /no statement in it/],
    ];
    for (const [marked, expected] of files) {
      const found = await read(marked, { folder });
      assert.equal(found.marked, marked, found.said.join('\n'));
      if (typeof expected === 'string') assert.deepEqual(found.said, [expected]);
      else assert.match(found.said.join('\n'), expected);
    }
  });

  it('a statement that holds a secret is not run: its journal would keep it', async () => {
    const found = await read(
      `${head}workload:\n  statements:\n    - sql: select 1\n    - «sql»: "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')"\n`,
    );
    assert.match(found.said.join(), /^The statement statement-2 seems to hold a password/);
  });

  it('all problems are told at once, in the order of the text', async () => {
    const found = await read(`faultline: 1
«nam»: x
engine: {kind: duckdb, scale: 0.01, «thread»: 2}
workload: {tpch: «[1, 23]»}
load: {clients: «0», thinkTime: «5»}
timeout: «30»
expect:
  - «eror» <= 1 %
abort:
  - «errors > 20 %»
`);
    assert.equal(found.said.length, 8, found.said.join('\n'));
    assert.equal(found.marked.match(/«/g)?.length, 8);
  });

  it('a file with a thousand slips shows a hundred', async () => {
    const { problems } = await readSpec(`${minimal}${Array.from({ length: 1_000 }, (_, at) => `x${at}: 1\n`).join('')}`, {
      folder,
      library,
    });
    assert.equal(problems.length, specLimits.maxProblems);
  });

  it('files that a spec names are not looked at where nobody trusts them', async () => {
    const { plan, problems } = await readSpec(
      `faultline: 1\nengine: {kind: duckdb, file: no.parquet}\nworkload: {statements: [{file: no.sql}]}\nexpect: [latency.max(no) <= 1 s]\n`,
      { folder, library, readsFiles: false },
    );
    assert.deepEqual({ plan, problems }, { plan: undefined, problems: [] });
  });
});
