import assert from 'node:assert/strict';
import { compareRecoveries, type Group } from '../../../src/analysis/recovery/compare.ts';
import type { RecoveryOutcome } from '../../../src/analysis/recovery/outcome.ts';
import { RunProjection } from '../../../src/analysis/run.ts';
import type { RecoveryView } from '../../../src/analysis/recovery/view.ts';
import type { RunView } from '../../../src/analysis/view.ts';
import { recoveryCsv } from '../../../src/report/csv.ts';
import { junitReport } from '../../../src/report/junit.ts';
import { markdownRecoveries, markdownReport } from '../../../src/report/markdown.ts';
import { neverBack } from '../analysis/recovery/scripts.ts';
import { journalOf, kill, leaderKill, type Script } from '../analysis/recovery/simulator.ts';
import { madeRun } from './support.ts';

function read(
  script: Script,
  state: 'running' | 'ended' | 'interrupted' = 'ended',
): { readonly view: RunView; readonly recovery: RecoveryView } {
  const { header, events } = journalOf(script);
  const projection = new RunProjection(header);
  for (const event of events) projection.add(event);
  const recovery = projection.recoveryView(state);
  if (recovery === null) throw new Error('breaks nothing');
  return { view: projection.view(state), recovery };
}

const unproven: Script = {
  ...leaderKill,
  steps: [
    [-20, 'go'],
    [0, 'applied'],
  ],
};

interface Parsed {
  readonly suite: Readonly<Record<string, string>>;
  readonly cases: readonly { readonly name: string; readonly kind: string; readonly message: string }[];
}

/** Well-formed as we write it, which is all that this reads. */
function parsed(xml: string): Parsed {
  assert.match(xml, /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites [^<>]*>\n {2}<testsuite [^<>]*>\n/);
  const text = (escaped: string): string => escaped.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
  const attributes = (tag: string): Record<string, string> =>
    Object.fromEntries([...tag.matchAll(/ ([a-z]+)="([^"<>]*)"/g)].map(([, name = '', value = '']) => [name, text(value)]));
  const cases = [...xml.matchAll(/<testcase ([^<>]*)><(failure|error|skipped|system-out)([^<>]*?)\/?>/g)];
  assert.equal(cases.length, [...xml.matchAll(/<testcase /g)].length);
  return {
    suite: attributes(/<testsuite ([^<>]*)>/.exec(xml)?.[0] ?? ''),
    cases: cases.map(([, head = '', kind = '', tail = '']) => ({
      name: attributes(` ${head}`)['name'] ?? '',
      kind: kind === 'system-out' ? 'passed' : kind,
      message: attributes(tail)['message'] ?? '',
    })),
  };
}

const junit = (script: Script, state?: 'running' | 'interrupted'): Parsed => {
  const { view, recovery } = read(script, state);
  return parsed(junitReport(view, recovery));
};

describe('a recovery as JUnit', () => {
  it('has a case for the verdict, each expectation and each proof, all green where the run has passed', () => {
    const { suite, cases } = junit(leaderKill);
    assert.deepEqual(
      cases.map(({ name, kind }) => [name, kind]),
      [
        ['verdict', 'passed'],
        ...['recovered <= 10 s', 'unavailable <= 5 s', 'messages.lost <= 0', 'probes.wrong <= 0 %'].map((name) => [name, 'passed']),
        ['effect proven', 'passed'],
        ['heal proven', 'skipped'],
        ...['samples judged', 'no watch gap', 'steady baseline', 'observed long enough'].map((name) => [name, 'passed']),
      ],
    );
    assert.deepEqual([suite['tests'], suite['failures'], suite['errors'], suite['skipped']], ['11', '0', '0', '1']);
    assert.equal(suite['timestamp'], '2026-11-21T14:05:00');
  });

  it('what is broken is a failure, with what was measured', () => {
    const { suite, cases } = junit(neverBack);
    // It was not looked at for as long after its heal as it should have been, which changes nothing for a run that failed.
    assert.deepEqual([suite['failures'], suite['errors']], ['2', '1']);
    assert.deepEqual(
      cases.filter(({ kind }) => kind !== 'passed').map(({ name, kind }) => [name, kind]),
      [
        ['verdict', 'failure'],
        ['recovered <= 10 s', 'failure'],
        ['observed long enough', 'error'],
      ],
    );
    assert.match(cases[1]?.message ?? '', /not recovered within 60 s/);
  });

  it('what is inconclusive is an error, never green and never skipped, although each expectation is met', () => {
    const { suite, cases } = junit(unproven);
    assert.deepEqual([suite['failures'], suite['errors']], ['0', '2']);
    assert.deepEqual(
      cases.filter(({ kind }) => kind === 'error').map(({ name }) => name),
      ['verdict', 'effect proven'],
    );
  });

  it('nothing is broken that was not judged: then it is an error too', () => {
    const { cases, suite } = junit({ ...neverBack, steps: neverBack.steps?.filter(([, step]) => step !== 'effect') ?? [] });
    assert.equal(suite['failures'], '0');
    assert.equal(cases.find(({ name }) => name === 'recovered <= 10 s')?.kind, 'error');
  });

  it('a run that goes on, or was killed, is not green', () => {
    assert.equal(junit({ ...leaderKill, end: null }, 'running').cases[0]?.kind, 'error');
    assert.equal(junit({ ...leaderKill, end: null }, 'interrupted').cases[0]?.kind, 'error');
  });

  it('of a benchmark has its verdict and expectations', () => {
    const { cases } = parsed(junitReport(madeRun({ failures: 2 }).view('ended'), null));
    assert.deepEqual(
      cases.map(({ name, kind }) => [name, kind]),
      [
        ['verdict', 'failure'],
        ['answers ok', 'passed'],
        ['errors <= 0 %', 'failure'],
        ['dropped <= 0 %', 'passed'],
      ],
    );
  });

  it('names are text, whatever is in them', () => {
    const evil = { ...kill, title: 'kill "a" <b> & \u0000\u001b[2J' };
    const { view, recovery } = read({ ...leaderKill, fault: evil });
    const xml = junitReport(view, recovery);
    parsed(xml);
    for (const unwanted of ['\u0000', '\u001b', '<b>']) assert.ok(!xml.includes(unwanted));
    assert.match(xml, /value="kill &#34;a&#34; &#60;b&#62; &#38; /);
  });
});

describe('a recovery as Markdown', () => {
  it('names what was not seen to heal, with its command, before any figure', () => {
    const steps = [
      ...(neverBack.steps ?? []).slice(0, 4),
      [50_000, 'unconfirmed', { text: 'no answer', command: 'kubectl uncordon n1' }] as const,
    ];
    const { view, recovery } = read({ ...neverBack, steps });
    const text = markdownReport(view, recovery);
    assert.match(text, /^## Not healed, as far as is known\n\n- cut kafka-1 off: .* To end it: kubectl uncordon n1$/m);
    assert.ok(text.indexOf('Not healed') < text.indexOf('## Recovery'));
  });

  it('a name can’t leave the timeline', () => {
    const { view, recovery } = read({ ...leaderKill, fault: { ...kill, title: 'x ``` y\n# z' } });
    const text = markdownReport(view, recovery);
    assert.match(text, /^````text$/m);
    assert.doesNotMatch(text, /^# z/m);
  });

  it('says never in words, and has no number for it', () => {
    const { view, recovery } = read(neverBack);
    const text = markdownReport(view, recovery);
    assert.match(text, /^\| Recovered \| not within 60 s \|/m);
    assert.match(text, /longer than 60 s: no number/);
    assert.match(recoveryCsv(recovery), /^figure,users,recovered,never,,$/m);
  });
});

describe('two groups of recoveries, as Markdown', () => {
  const group = (label: string, times: readonly (number | 'never')[], title: string): Group => ({
    label,
    runs: times.map((ms, i) => {
      const recovered: RecoveryOutcome['recovered'] = ms === 'never' ? { kind: 'never', withinMs: 60_000 } : { kind: 'value', ms };
      return {
        run: `${label}-${i}`,
        startedAt: Date.UTC(2026, 0, 2, 3, 2 * i + (label === 'A' ? 0 : 1)),
        outcome: { title, impactMs: 100, recovered, unavailableMs: ms === 'never' ? null : ms / 2, lost: label === 'A' ? 0 : null },
      };
    }),
  });

  it('a row a side, a row a run, and what can’t be said', () => {
    const [a, b] = [group('A', [2000, 3000, 'never'], 'kill | bus-1'), group('B', [4000], 'freeze bus-1')];
    const text = markdownRecoveries(compareRecoveries(a, b), a, b);
    assert.match(text, /^# Recoveries compared\n\n\\~ 3\.00 s and – .*: 10 runs a side are needed\.\n/);
    assert.ok(text.includes('| A | 3 | 2.00 to 3.00 s | 3.00 s | 1 | 0 | 1.00 to 1.50 s | 0 | kill \\| bus-1 |'), text);
    assert.ok(text.includes('| B | 1 | 4.00 s | – | 0 | 0 | 2.00 s | – | freeze bus-1 |'), text);
    assert.ok(text.includes('| A | A-2 | 2026-01-02 03:04:00 | not recovered | – | 0 |'), text);
    assert.ok(text.includes('Not the same was broken on both sides'), text);
  });

  it('ten a side that took turns let it be said', () => {
    const times = Array.from({ length: 10 }, (_, i) => 2000 + i);
    const [a, b] = [
      group('A', times, 'kill'),
      group(
        'B',
        times.map((ms) => 3 * ms),
        'kill',
      ),
    ];
    const text = markdownRecoveries(compareRecoveries(a, b), a, b);
    assert.match(text, /A recovers faster than B: 2\.00 s and 6\.01 s \(medians of 10 and 10\)/);
    assert.ok(!text.includes('Not the same was broken'));
  });
});
