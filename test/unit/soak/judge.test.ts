import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { judge, type Seen } from '../../soak/judge.ts';
import { batchesOf, roundsOf, type Round } from '../../soak/rounds.ts';
import { readTables, type Sample } from '../../soak/truth.ts';

const goMs = 1_000_000;
const round: Round = {
  ...{ number: 1, kind: 'freeze', victim: 'runner', moment: 'during', at: 0.5, durationMs: 8000 },
  ...{ nodeFault: 'cut', awayMs: 3000, node: 0 },
};
const step = (name: string, afterGoMs: number): Seen['told']['steps'][number] => ({ step: name, atMs: goMs + afterGoMs, text: '' });
/** A look each 100 ms: it was there from the first to the second moment after go. */
const looks = (fromMs: number, toMs: number): readonly Sample[] =>
  Array.from({ length: 300 }, (_, index) => {
    const atMs = goMs - 5000 + index * 100;
    return { atMs, untilMs: atMs + 10, active: atMs >= goMs + fromMs && atMs < goMs + toMs, text: 'seen' };
  });
const whole: Seen = {
  round,
  told: { steps: [step('ready', -10), step('go', 0), step('applied', 50), step('effect', 300)], end: undefined, lastMs: goMs + 4000 },
  samples: looks(20, 4200),
  hit: { atMs: goMs + 4000, backMs: goMs + 4000, text: 'runner' },
  opened: { code: 3, verdict: 'inconclusive', effectProven: true, healProven: false, reason: 'interrupted' },
  stopped: [{ end: 'healed', text: '' }],
  left: [],
};
const lived: Seen = {
  ...whole,
  told: { ...whole.told, steps: [...whole.told.steps, step('heal', 8050), step('healed', 8100)], end: 'finished' },
  samples: looks(20, 8060),
  hit: undefined,
  opened: { code: 0, verdict: 'passed', effectProven: true, healProven: true, reason: '' },
  stopped: [],
};

describe('what the soak calls a violation', () => {
  it('not what keeps its deadline and is told as it was', () => {
    assert.deepEqual([judge(whole), judge(lived)], [[], []]);
    assert.deepEqual(judge({ ...whole, samples: looks(20, 9000) }), [], 'the kernel has a second');
  });

  it('what is there after its deadline and a second, or without its go', () => {
    assert.match(judge({ ...whole, samples: looks(20, 9300) }).join(), /outlived its deadline/);
    assert.match(judge({ ...whole, samples: looks(-2000, 4000) }).join(), /before its journal says go/);
    assert.match(judge({ ...whole, told: { ...whole.told, steps: [] } }).join(), /has no go/);
  });

  it('of a field that a healer sets back: not while the API was away, and not the healer’s own pause', () => {
    const away: Seen = {
      ...{
        ...whole,
        round: { ...round, kind: 'scale', victim: 'apiServer' },
        hit: { atMs: goMs + 4000, backMs: goMs + 15_000, text: 'API' },
      },
      told: { ...whole.told, end: 'aborted' },
    };
    assert.deepEqual(judge({ ...away, samples: looks(20, 17_000) }), []);
    assert.match(judge({ ...away, samples: looks(20, 20_500) }).join(), /outlived/);
    assert.match(
      judge({ ...away, round: { ...round, victim: 'apiServer' }, samples: looks(20, 17_000) }).join(),
      /outlived/,
      'of the kernel',
    );
  });

  it('a journal that says healed, applied or passed where that is not so, that has no end, or does not open', () => {
    assert.match(judge({ ...lived, samples: looks(20, 8900) }).join(), /says healed, and it was there/);
    assert.match(judge({ ...whole, samples: looks(0, 0) }).join(), /says applied, and none/);
    assert.match(judge({ ...whole, opened: lived.opened }).join(), /passed, although its runner was killed/);
    assert.match(judge({ ...lived, told: { ...lived.told, end: undefined } }).join(), /has no end/);
    assert.match(judge({ ...whole, opened: undefined }).join(), /does not open/);
  });

  it('what stop can’t confirm, what is left, and a run that the end of its window changed', () => {
    assert.match(judge({ ...whole, stopped: [{ end: 'unconfirmed', text: 'no answer' }] }).join(), /no answer/);
    assert.match(judge({ ...whole, left: ['jobs healer'] }).join(), /left behind: jobs healer/);
    const host = { ...lived, round: { ...round, victim: 'host' as const }, told: { ...lived.told, end: 'interrupted the window closed' } };
    assert.match(judge(host).join(), /changed the run/);
  });
});

describe('the rounds of a soak', () => {
  it('follow from the seed, and each victim and kind comes up', () => {
    const rounds = roundsOf(7, 60, 2);
    assert.deepEqual(roundsOf(7, 60, 2), rounds);
    assert.notDeepEqual(roundsOf(8, 60, 2), rounds);
    assert.deepEqual(roundsOf(7, 30).slice(0, 20), roundsOf(7, 40).slice(0, 20));
    assert.deepEqual([...new Set(rounds.map(({ victim }) => victim))].sort(), ['apiServer', 'helper', 'host', 'node', 'runner']);
    assert.equal(new Set(rounds.map(({ kind }) => kind)).size, 9);
  });

  it('go at one time where nobody is disturbed, and each is carried out once', () => {
    const rounds = roundsOf(7, 60, 2);
    const [own, ...others] = batchesOf(rounds, 4);
    assert.ok(own?.rounds.every(({ victim, kind }) => (victim === 'runner' || victim === 'helper') && kind !== 'cordon'));
    assert.ok(others.every(({ rounds: some, isShared }) => isShared && some.length <= 4));
    assert.ok(others.every(({ rounds: some }) => some.length === 1 || some.every(({ kind }) => kind !== 'cordon')));
    const all = [own, ...others].flatMap((batch) => batch?.rounds.map(({ number }) => number) ?? []);
    assert.deepEqual(
      all.sort((a, b) => a - b),
      rounds.filter(({ victim }) => victim !== 'host').map(({ number }) => number),
    );
  });

  it('tell rules that hold from rules that the kernel has let go', () => {
    const table = (name: string, elements: string): string =>
      `table netdev ${name} {\n\tset on {\n\t\ttype ifname\n\t\tflags timeout${elements}\n\t}\n\tset exempt4 {\n\t\ttype ipv4_addr\n\t\telements = { 10.0.0.1 }\n\t}\n}\n`;
    const rules = `${table('faultline_a', '\n\t\telements = { "eth0" timeout 5s expires 3s }')}${table('faultline_b', '')}table ip nat {\n}\n`;
    assert.deepEqual(readTables(rules), { tables: ['faultline_a', 'faultline_b'], live: ['faultline_a'] });
  });
});
