import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'mocha';
import type { Page } from 'playwright-core';
import type { FormValues, PageState } from '../../src/ui/panels/fault/protocol.ts';
import { faultStates, kindState } from './fault-states.ts';
import { Harness } from './harness.ts';

describe('the page on which something is broken', function () {
  this.timeout(90_000);
  let harness: Harness;
  let page: Page;
  let problems: string[];
  before(async () => {
    harness = await Harness.start();
  });
  after(() => harness.stop());
  afterEach(async () => {
    assert.deepEqual(problems, []);
    await page.close();
  });

  async function open(state: PageState): Promise<void> {
    ({ page, problems } = await harness.openFault(state));
  }
  const show = (state: PageState): Promise<void> => page.evaluate((next) => window.fakeFault.show(next), state);
  /** What the host was asked under this name, once it was asked so often: a message takes its time. */
  async function asked(name: string, times = 1): Promise<readonly (readonly unknown[])[]> {
    const enough = ([wanted, least]: readonly [string, number]) =>
      window.fakeFault.calls.filter((call) => call.name === wanted).length >= least;
    await page.waitForFunction(enough, [name, times] as const);
    return page.evaluate((wanted) => window.fakeFault.calls.filter((call) => call.name === wanted).map((call) => [...call.args]), name);
  }
  const primary = () => page.locator('.go vscode-button[appearance=primary]');
  const isEnabled = (): Promise<boolean> => primary().evaluate((element) => !element.hasAttribute('disabled'));

  it('says when it ends, whom it hits, what is allowed and how it heals, and one button confirms just that', async () => {
    const state = await faultStates.first();
    await open(state);
    await page.getByRole('heading', { name: 'Delete Pod: bus-1' }).waitFor();
    const text = await page.locator('.preview').innerText();
    for (const part of [
      '1 of 3 brokers of data/bus',
      'delete pods in data',
      'another one',
      'PodDisruptionBudget bus',
      'Happens once: nothing',
    ])
      assert.ok(text.includes(part), `${part}: ${text}`);
    await primary().click();
    assert.deepEqual(await asked('confirm'), [[{ key: state.preview?.key, cluster: '', losses: [] }]]);
  });

  it('waits until every name is typed as it is, and Enter confirms then', async () => {
    const state = await faultStates.loss();
    await open(state);
    await page.getByText('what is in its emptyDir data is lost').waitFor();
    assert.equal(await isEnabled(), false);
    await page.getByLabel('Type bus-1:').fill('bus-1');
    assert.equal(await isEnabled(), false);
    const cluster = page.getByLabel('Type prod-eu:');
    await cluster.fill('Prod-eu');
    await cluster.press('Enter');
    assert.equal(await isEnabled(), false);
    await cluster.fill('prod-eu');
    assert.equal(await isEnabled(), true);
    // A preview that is renewed meanwhile takes nothing away of it.
    await show({ ...state, preview: state.preview && { ...state.preview, atMs: state.preview.atMs + 5_000 } } as PageState);
    assert.equal(await cluster.inputValue(), 'prod-eu');
    await cluster.press('Enter');
    assert.deepEqual(await asked('confirm'), [[{ key: state.preview?.key, cluster: 'prod-eu', losses: [{ fault: 0, typed: 'bus-1' }] }]]);
  });

  it('what is chosen and typed goes to the host as a whole, and what is being typed is not overwritten', async () => {
    const state = await faultStates.cut();
    await open(state);
    await page.getByLabel('For', { exact: true }).fill('90 s');
    const [[values]] = (await asked('change')) as [[FormValues]];
    assert.deepEqual([values.duration, values.kind, values.whom, values.partition], ['90 s', 'networkCut', 'leader', 'messages/1']);
    assert.deepEqual(values.settings, { direction: 'both', peers: '' });
    await show(state);
    assert.equal(await page.getByLabel('For', { exact: true }).inputValue(), '90 s');
    await page.getByLabel('What happens').selectOption({ label: 'Freeze' });
    const all = (await asked('change', 2)) as [FormValues][];
    assert.equal(all.at(-1)?.[0].kind, 'freeze');
  });

  it('promises no time of day: when the baseline begins nobody knows', async () => {
    await open(await faultStates.cut());
    const text = await page.locator('.preview').innerText();
    for (const part of [
      'Ends by itself 60 s after it was applied',
      'after the baseline of 60 s, which begins some seconds after you confirm',
    ])
      assert.ok(text.includes(part), `${part}: ${text}`);
    assert.doesNotMatch(text, /\d\d:\d\d:\d\d/);
  });

  it('a field that is drawn anew while it has the focus shows what holds, and what is being typed stays', async () => {
    const state = await faultStates.cut();
    await open(state);
    const duration = page.getByLabel('For', { exact: true });
    await duration.focus();
    const other = async (kind: string): Promise<PageState> => {
      const { form } = await kindState(kind);
      return { ...state, form } as PageState;
    };
    await show(await other('freeze'));
    assert.equal(await duration.inputValue(), '30 s');
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'field-duration');
    await duration.fill('45 s');
    await show(await other('latency'));
    assert.equal(await duration.inputValue(), '45 s');
    const kind = page.getByLabel('What happens');
    await kind.focus();
    await show(await other('packetLoss'));
    assert.equal(await kind.inputValue(), 'packetLoss');
    assert.equal(await duration.inputValue(), '60 s');
  });

  it('a short baseline has a note at its field, and can be confirmed', async () => {
    await open(await faultStates.short());
    const field = page.locator('#field-baseline');
    assert.equal(await field.getAttribute('aria-invalid'), null);
    const note = page.locator(`#${(await field.getAttribute('aria-describedby')) ?? ''}`);
    assert.match((await note.textContent()) ?? '', /Back to baseline is not judged then\.$/);
    assert.equal(await isEnabled(), true);
  });

  it('what is refused says why and what else is possible; a click chooses that', async () => {
    await open(await faultStates.forbidden());
    await page.locator('.refusals', { hasText: 'You may not patch pods/ephemeralcontainers in data.' }).waitFor();
    assert.equal(await isEnabled(), false);
    assert.match(await page.locator('.go .why').innerText(), /refused/);
    await page.getByRole('button', { name: 'Delete Pod', exact: true }).click();
    const [[values]] = (await asked('change')) as [[FormValues]];
    assert.equal(values.kind, 'podDelete');
  });

  it('more than one target is allowed by a click, and no longer by another', async () => {
    const state = await faultStates.many();
    await open(state);
    await page.getByRole('button', { name: 'Allow more than one target' }).click();
    const [[values]] = (await asked('change')) as [[FormValues]];
    assert.deepEqual(values.allow, ['several']);
    await show({ ...state, form: { ...state.form, values } } as PageState);
    await page.getByRole('button', { name: 'No longer allow several' }).click();
    const all = (await asked('change', 2)) as [FormValues][];
    assert.deepEqual(all.at(-1)?.[0].allow, []);
  });

  it('what is wrong stands at its field, for a screen reader too', async () => {
    await open(await faultStates.wrong());
    const field = page.getByLabel('For', { exact: true });
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    const described = (await field.getAttribute('aria-describedby'))?.split(' ')[0] ?? '';
    assert.equal(await page.locator(`#${described}`).innerText(), '“60” has no unit. Write 60 s.');
    assert.equal(await isEnabled(), false);
  });

  it('what has changed since it was looked at is said, and heard', async () => {
    await open(await faultStates.changed());
    await page.getByText('bus-2 (leader of messages/1) would be hit now.').first().waitFor();
    await page.locator('.vh[role=status]', { hasText: 'bus-1 would no longer be hit' }).waitFor({ state: 'attached' });
  });

  it('is worked by the keys alone: from the form to the button in the order that is seen', async () => {
    await open(await faultStates.first());
    const seen: string[] = [];
    for (let at = 0; at < 30; at++) {
      await page.keyboard.press('Tab');
      const name = await page.evaluate(() => {
        const element = document.activeElement;
        const label = element?.id === '' ? null : document.querySelector(`label[for="${element?.id ?? ''}"]`);
        return label?.textContent ?? element?.textContent ?? '';
      });
      seen.push(name.trim());
      if (name.includes('Delete Pod: bus-1')) break;
    }
    const order = ['What happens', 'To whom', 'Grace period', 'Who feels it', 'Rate', 'Passes when', 'Cancel', 'Delete Pod: bus-1'];
    assert.deepEqual(
      seen.filter((name) => order.includes(name)),
      order,
      seen.join(' · '),
    );
  });
});
