import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import { RunProjection } from '../../src/analysis/run.ts';
import { keyNumbers } from '../../src/analysis/recovery/show/words.ts';
import { JournalText } from '../../src/journal/parse.ts';
import { Harness, type OpenOptions } from './harness.ts';
import type { ServedJournal } from './latency-states.ts';
import { calls, cells, cursor, isWiderThanWindow, kept, lanes, reading, wordsOf } from './recovery-look.ts';
import { recoveryScenes, until, type RecoverySceneName } from './recovery-states.ts';
import { scripts } from '../unit/analysis/recovery/scripts.ts';

describe('the recovery page', function () {
  this.timeout(60_000);
  let harness: Harness;
  let page: Page;
  let problems: readonly string[];
  before(async () => {
    harness = await Harness.start();
  });
  after(() => harness.stop());
  afterEach(async () => {
    await page.close();
    assert.deepEqual(problems, []);
  });

  async function open(served: ServedJournal | RecoverySceneName, options: OpenOptions = {}): Promise<ServedJournal> {
    const journal = typeof served === 'string' ? recoveryScenes[served]() : served;
    ({ page, problems } = await harness.openRecovery(journal, options));
    await page.waitForSelector('main:not([hidden]) .row.ov svg');
    return journal;
  }

  const heading = (): Promise<string> => page.getByRole('heading', { level: 1 }).innerText();
  const reason = (): Promise<string> => page.locator('.reason').innerText();

  it('says the verdict, its reason with the figure, what it stands on, and every key number', async () => {
    const journal = await open('passed');
    assert.equal(await heading(), 'Passed');
    assert.match(await reason(), /^Users were served again 3\.05 s after the fault \(limit 10 s\)/);
    assert.equal(await page.locator('.reason b').innerText(), '3.05 s');
    const proofs = await page.locator('.proof .one').allInnerTexts();
    assert.ok(proofs.some((text) => text.includes('effect proven: old container id gone')));
    const text = new JournalText();
    const events = text.push(journal.read(0, 100_000_000).text);
    assert.ok(text.header);
    const run = new RunProjection(text.header);
    for (const event of events) run.add(event);
    const view = run.recoveryView('ended');
    assert.ok(view);
    const shown = await page.locator('.num-cell dd.v').allInnerTexts();
    assert.deepEqual(
      shown.map((each) => each.replace(/\s+/g, ' ').trim()),
      keyNumbers(view).map(({ value, error }) => `${value} ${error}`.trim()),
    );
  });

  it('a definition stands behind each number, and Escape closes it', async () => {
    await open('passed');
    const mark = page.getByRole('button', { name: 'Definition of Back to baseline' });
    await mark.focus();
    const tip = page.getByRole('tooltip');
    assert.match(
      await tip.innerText(),
      /three consecutive windows \(5 s, or 25 probes of the slowest vantage\) with p50 and p95 ≤ T; T = median/,
    );
    assert.equal(await mark.getAttribute('aria-describedby'), 'tip');
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('.tip').isHidden(), true);
  });

  it('each lane adds up to its total; a lane where nothing changed is one sentence', async () => {
    await open('passed');
    assert.equal(await reading(page, 'recovery-client'), '0.18 + 2.17 + 0.70 + 5.40');
    const words = await wordsOf(page, 'recovery');
    assert.ok(words.includes('8.45 s back to baseline'), words.join(' | '));
    assert.ok(words.includes('14.10 s'), words.join(' | '));
    assert.equal(await page.locator('[data-key="controller-folded"] .folded').innerText(), 'epoch 7 on broker 0, unchanged');
    assert.equal(await page.locator('[data-key="predicted-0"] .rd').innerText(), 'recovered 6–7 s sooner');
    await page.getByRole('button', { name: 'Definition of Predicted' }).hover();
    assert.match(await page.getByRole('tooltip').innerText(), /broker\.session\.timeout\.ms 9 s \+ up to 1 s/);
  });

  it('the legend of client truth is the sum, and each outcome has a mark of its own', async () => {
    await open('passed');
    const legend = (await page.locator('.legend').innerText()).replace(/\s+/g, ' ');
    assert.equal(legend, '4,800 planned = 4,710 ok + 30 slow + 53 failed + 7 unknown + 0 not judged + 0 dropped');
    for (const mark of ['m-ok', 'm-slow', 'm-failed', 'm-unknown']) {
      assert.equal(await page.locator(`[data-key="client-probe-a"] .plot .${mark}`).count(), 1, mark);
    }
    assert.ok((await page.locator('.wash-bad').count()) >= 2);
    const label = await page.locator('[data-key="client-probe-a"] .plot svg').getAttribute('aria-label');
    assert.match(label ?? '', /pooled: good until \+0\.18 s, first good answer at \+2\.43 s/);
  });

  it('arrows move the cursor by a probe, with Shift by a second, brackets to events; lanes and clocks say what was then', async () => {
    await open('passed');
    await lanes(page).focus();
    await page.keyboard.press('[');
    assert.equal(await cursor(page), '+2.35 s');
    await page.keyboard.press('ArrowRight');
    assert.equal(await cursor(page), '+2.38 s');
    await page.keyboard.press('Shift+ArrowLeft');
    assert.equal(await cursor(page), '+1.38 s');
    assert.match(await reading(page, 'client-probe-a'), /no answer/);
    assert.equal((await reading(page, 'pods-0')).split('\n')[0], 'container gone');
    assert.equal((await reading(page, 'redundancy-0')).split('\n')[0], 'ISR 2 of 3');
    assert.match(await reading(page, 'leader-0'), /^broker 2/);
    await page.keyboard.press('Home');
    assert.match(await cursor(page), /^−1\.5/);
    await page.waitForFunction(() => document.querySelector('.said')?.textContent?.includes('kafka-1 in EndpointSlice'));
  });

  it('T shows the table of the lane, Escape closes it, Enter folds the lane', async () => {
    await open('passed');
    await lanes(page).focus();
    for (let i = 0; i < 2; i++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('t');
    assert.deepEqual(await cells(page, 'pods'), [
      ['Victim gone', '+0.04', '−0.06', '0.04', 'helper', 'old container id gone'],
      ['Started', '+1.90', '−1.00', '1.86', 'watch', 'the kubelet reports up to 1 s late'],
      ['Ready', '+8.20', '−1.00', '6.30', 'watch', 'the kubelet reports up to 1 s late'],
      ['In EndpointSlice', '+8.60', '', '0.40', 'watch', 'same pod: no replacement to pair'],
      ['Sum', '', '', '8.60', '', 'in EndpointSlice'],
    ]);
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('[data-table-of]').count(), 0);
    await page.keyboard.press('Enter');
    assert.match(await page.locator('[data-key="pods-folded"] .folded').innerText(), /^kafka-1: in EndpointSlice, 8\.60 s$/);
    assert.equal(await lanes(page).evaluate((element) => element === document.activeElement), true);
  });

  it('every lane has a table that a mouse can open', async () => {
    await open('nodeLoss');
    for (const lane of ['recovery', 'client', 'pods', 'redundancy', 'nodes', 'autoscaling']) {
      await page.locator(`.row[data-lane=${lane}] .tbl`).first().click();
      assert.ok((await cells(page, lane)).length > 0, lane);
    }
  });

  it('zooms around the cursor, pans, and comes back to all of the run; the strip shows the window', async () => {
    await open('passed');
    await lanes(page).focus();
    await page.keyboard.press('+');
    const near = (await kept(page)).window;
    assert.ok(near !== null && near.toAt - near.fromAt < 9000 && near.fromAt < 65_050 && near.toAt > 65_050);
    await page.keyboard.press('0');
    assert.equal(await page.locator('.row.ov .rd .k').innerText(), 'window 120 of 120 s');
    const strip = page.getByRole('slider', { name: 'Window on the whole run' });
    await page.getByRole('button', { name: 'Recovery', exact: true }).and(page.locator('.windows button')).click();
    const before = await strip.getAttribute('aria-valuetext');
    await strip.focus();
    await page.keyboard.press('ArrowRight');
    assert.notEqual(await strip.getAttribute('aria-valuetext'), before);
  });

  it('a brush over the strip is the window', async () => {
    await open('passed');
    const box = await page.locator('.ov-plot').boundingBox();
    assert.ok(box);
    await page.mouse.move(box.x + box.width * 0.2, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.3, box.y + 20, { steps: 4 });
    await page.mouse.up();
    const { window } = await kept(page);
    assert.ok(window !== null && window.toAt < 60_000, JSON.stringify(window));
    assert.ok(Math.abs(window.toAt - window.fromAt - 13_000) < 1500, JSON.stringify(window));
  });

  it('a press pins a moment, and the cursor says how far from it', async () => {
    await open('passed');
    await lanes(page).focus();
    await page.keyboard.press('p');
    await page.keyboard.press('Shift+ArrowRight');
    assert.equal(await cursor(page), '+4.05 s · Δ +1.00');
    await page.keyboard.press('Escape');
    assert.equal(await cursor(page), '+4.05 s');
    const plot = await page.locator('[data-key="client-probe-a"] .plot svg').boundingBox();
    assert.ok(plot);
    await page.mouse.click(plot.x + plot.width / 2, plot.y + 40);
    assert.notEqual((await kept(page)).pinAt, null);
  });

  it('what was arranged is there after a reload', async () => {
    await open('passed');
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await page.locator('.row[data-lane=pods] .tbl').click();
    await kept(page);
    await page.reload();
    await page.waitForSelector('[data-table-of=pods]');
    assert.equal(await page.locator('.row.ov .rd .k').innerText(), 'window 120 of 120 s');
  });

  it('exports by its buttons; a picture holds verdict, lanes and colours without the page', async () => {
    await open('passed');
    await page.getByRole('button', { name: 'Export JUnit' }).click();
    assert.deepEqual(await calls(page, 'export', 1), [['junit']]);
    for (const [name, format] of [
      ['SVG', 'svg'],
      ['PNG', 'png'],
    ] as const) {
      await page.getByRole('button', { name: 'More actions' }).click();
      await page.getByRole('menuitem', { name: `(${name})` }).click();
      const all = await calls(page, 'savePicture', format === 'svg' ? 1 : 2);
      const [kind, text] = all.at(-1) ?? [];
      assert.equal(kind, format);
      assert.ok(typeof text === 'string');
      if (format === 'png') assert.equal(Buffer.from(text, 'base64').subarray(1, 4).toString(), 'PNG');
      else {
        assert.match(text, /^<svg xmlns/);
        for (const word of ['Passed', '3.05 s', 'recovered 3.05', 'slow limit 50 ms', 'Client truth']) assert.ok(text.includes(word), word);
        assert.doesNotMatch(text, /class=|var\(/);
      }
    }
  });

  it('a recovery that never came has no number', async () => {
    await open('never');
    assert.equal(await heading(), 'Failed');
    assert.match(await reason(), /Not recovered within 120 s/);
    assert.equal(await page.locator('.num-cell.recovered dd.v').innerText(), 'not within 120 s');
    assert.ok((await wordsOf(page, 'recovery')).includes('longer than 120 s: no number'));
  });

  it('names what was unstable, with how long of it was bad: in the lane, its table and its definition', async () => {
    await open('never');
    assert.ok((await wordsOf(page, 'recovery')).includes('unstable (76.08 bad)'));
    await page.close();
    await open('relapse');
    assert.ok((await wordsOf(page, 'recovery')).includes('unstable (1.03 bad) 13.00'));
    await page.locator('.row[data-lane=recovery] .tbl').first().click();
    assert.ok((await cells(page, 'recovery')).some(([, , part, from]) => part === 'unstable (1.03 bad)' && from === '+3.00'));
    await page.getByRole('button', { name: 'Definition of Client' }).hover();
    assert.match(await page.getByRole('tooltip').innerText(), /unstable for 13\.00 s, 1\.03 s bad/);
  });

  it('steps close to each other are told as one, no words lie on a step, and a range has its numbers wherever it ends', async () => {
    await open('steps');
    const words = await wordsOf(page, 'redundancy');
    for (const said of ['72 → 48, +7.56 to +7.57', '48 → 72, +26.97 to +27.00', '1 → 0', '0 → 1'])
      assert.ok(
        words.some((text) => text.includes(said)),
        words.join(' | '),
      );
    const crossed = await page.locator('.row[data-lane=redundancy] .plot svg').evaluateAll((all) =>
      all.flatMap((svg) => {
        const line = svg.querySelector<SVGPathElement>('path.step');
        if (line === null) return [];
        const points = Array.from({ length: Math.ceil(line.getTotalLength()) }, (_, i) => line.getPointAtLength(i));
        return [...svg.querySelectorAll('text')].flatMap((text) => {
          const { x, y, width, height } = text.getBBox();
          // Room for letters that go below their line is not their ink.
          const isOn = points.some((at) => at.x > x && at.x < x + width && at.y > y + 2 && at.y < y + height - 3);
          return isOn ? [text.textContent] : [];
        });
      }),
    );
    assert.deepEqual(crossed, []);
    assert.match((await wordsOf(page, 'recovery')).join(' | '), /predicted to recover in 1–140 s: pod start/);
    const title = page.locator('[data-key="redundancy-1"] .sub-title span').first();
    assert.equal(await title.getAttribute('title'), 'replicas in sync of faultline-probe-fa0d8d21e53d');
    const tops = (id: string): Promise<number> => page.locator(`.num-cell.${id}`).evaluate((cell) => cell.getBoundingClientRect().top);
    await page.setViewportSize({ width: 1000, height: 860 });
    assert.equal(await tops('messages'), await tops('probes'));
  });

  it('a broken control hatches what is not judged, and says between which moments it recovered', async () => {
    await open('inconclusive');
    assert.equal(await heading(), 'Inconclusive');
    assert.ok((await wordsOf(page, 'client')).includes('not judged'));
    assert.equal(await page.locator('[data-key="client-probe-b"] .m-notjudged').count(), 1);
    assert.equal(await page.locator('.num-cell.recovered dd.v').innerText(), '+2.40 to +8.58 s');
    assert.match(await page.locator('.proof .missing').innerText(), /95\.8 % of the samples of fresh since the fault/);
  });

  it('a gap of the watch lies over the stages, and their brackets are not told apart', async () => {
    await open('gap');
    assert.ok((await wordsOf(page, 'pods')).includes('watch gap'));
    assert.ok((await page.locator('[data-key="recovery-pod"] .hatched').count()) >= 1);
  });

  it('two pods have a bar each, and the table names both', async () => {
    await open('pods');
    assert.equal(await page.locator('.row[data-lane=pods]').count(), 2);
    await page.locator('.row[data-lane=pods] .tbl').click();
    const names = new Set((await cells(page, 'pods')).map(([name]) => name));
    assert.ok(names.has('worker-c') && names.has('worker-d'), [...names].join());
  });

  it('lost messages: each with partition, sequence and offset', async () => {
    await open('lost');
    assert.match(await reason(), /^Lost, as configured \(min ISR 1, unclean election\): 2 of 41,230 acknowledged/);
    const anomalies = page.getByRole('region', { name: 'Anomalies' });
    assert.match(await anomalies.innerText(), /lost\s+17\s+20,411\s+20,399/);
  });

  it('an end that nobody confirmed shows the command that checks it', async () => {
    await open('unconfirmed');
    await page.locator('.unconfirmed').getByRole('button', { name: 'Copy' }).click();
    assert.deepEqual(await calls(page, 'copyText', 1), [['faultline fault heal 20261121-140500-a-run-a1b2']]);
  });

  it('no page is wider than its window, and no number wider than its place, in any state', async function () {
    this.timeout(180_000);
    for (const name of Object.keys(recoveryScenes) as RecoverySceneName[]) {
      await open(name);
      for (const width of [1600, 1280, 1241, 800, 480]) {
        await page.setViewportSize({ width, height: 860 });
        await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
        assert.equal(await isWiderThanWindow(page), false, `${name} at ${width}`);
        const wider = (all: readonly Element[]): readonly string[] =>
          all.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth).map(({ textContent }) => textContent);
        assert.deepEqual(await page.locator('.num-cell dd').evaluateAll(wider), [], `${name} at ${width}`);
      }
      await page.close();
    }
    await open('passed', { width: 800 });
    assert.equal(await page.getByRole('button', { name: 'Export HTML' }).count(), 0);
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Export HTML' }).click();
    assert.deepEqual(await calls(page, 'export', 1), [['html']]);
  });

  it('while it runs: what is not yet observed is grey, the fault’s end lies ahead, Heal now asks the host once', async () => {
    await open('live');
    assert.equal(await heading(), 'Running');
    assert.ok((await wordsOf(page, 'client')).includes('not yet observed'));
    assert.equal(await page.locator('.row.axis .band.ahead').count(), 1);
    assert.match((await page.locator('.row.axis text').allTextContents()).join(' | '), /now \+9\.5 s/);
    const heal = page.locator('vscode-button', { hasText: 'Heal now' });
    await heal.click();
    assert.equal((await calls(page, 'heal', 1)).length, 1);
    assert.equal(await page.locator('vscode-button', { hasText: 'Healing…' }).getAttribute('disabled'), '');
    await page.locator('vscode-button', { hasText: 'Stop run…' }).click();
    assert.equal((await calls(page, 'stop', 1)).length, 1);
  });

  it('grows as the journal does, keeps its window, and neither lanes nor numbers move when the verdict comes', async () => {
    const script = scripts['leader-kill'];
    const journal = await open(until(script, 9000));
    const whole = recoveryScenes.passed();
    const places = (): Promise<readonly number[]> =>
      page
        .locator('.num-cell, .row[data-key], .row.ov')
        .evaluateAll((all) => all.map((each) => Math.round(each.getBoundingClientRect().top)));
    const shown = await page.getByRole('slider').getAttribute('aria-valuetext');
    await lanes(page).focus();
    const before = await places();
    const planned = await page.locator('.legend span').first().innerText();
    journal.become(whole);
    await page.evaluate((facts) => window.fakeRecovery.changed({ a: facts, b: null, place: 'editor' }), journal.facts);
    await page.getByRole('heading', { name: 'Passed' }).waitFor();
    assert.notEqual(await page.locator('.legend span').first().innerText(), planned);
    assert.equal(await page.getByRole('slider').getAttribute('aria-valuetext'), shown);
    const moved = (await places()).map((top, i) => Math.abs(top - (before[i] ?? NaN)));
    assert.ok(Math.max(...moved) <= 2, `rows moved by ${moved.join()}`);
    assert.equal(await page.evaluate(() => document.activeElement?.className), 'lanes');
  });

  it('before the fault the lanes have their places, and no number is made up', async () => {
    await open('baseline');
    assert.deepEqual(await page.locator('.num-cell.recovered dd.v').innerText(), '–');
    assert.match(await page.locator('.row.axis .lh').innerText(), /Seconds of the run/);
    assert.equal(await page.locator('.num-cell.messages dd.v').innerText(), 'not yet judged');
  });

  it('when the host can’t read, says why and reads on when asked', async () => {
    const journal = recoveryScenes.passed();
    ({ page, problems } = await harness.openRecovery(journal));
    await page.waitForSelector('main:not([hidden])');
    await page.evaluate(() => (window.fakeRecovery.failing['export'] = 'The disk is full'));
    await page.getByRole('button', { name: 'Export JSON' }).click();
    await page.getByRole('alert').getByText('The disk is full').waitFor();
    await page.getByRole('alert').getByRole('button', { name: 'Open the log' }).click();
    assert.equal((await calls(page, 'openLog', 1)).length, 1);
    await page.getByRole('alert').getByRole('button', { name: 'Try again' }).click();
    await page.locator('.trouble').waitFor({ state: 'hidden' });
  });
});
