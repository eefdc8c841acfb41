import assert from 'node:assert/strict';
import type { PanelState, TabState } from '../../src/ui/panels/results/protocol.ts';
import { tab } from './fake-states.ts';
import { Harness } from './harness.ts';

const one = (change: Partial<TabState> = {}): PanelState => ({ tabs: [tab('t1', change)], active: 't1' });

describe('the results page of two engines', function () {
  this.timeout(60_000);
  let harness: Harness;
  before(async () => {
    harness = await Harness.start();
  });
  after(() => harness.stop());

  it('an equal answer of two texts says that there were two, and opens them', async () => {
    const otherWords = 'ClickHouse was asked the library’s own text.';
    const { page, problems } = await harness.open(one({ rowCount: 0, viewRowCount: 0, comparison: 'Equal: 1 row', otherWords }));
    await page.getByText('Equal: 1 row').waitFor();
    await page.locator('.status', { hasText: '0 differences' }).waitFor();
    assert.equal(await page.getByText('0 rows').count(), 0);
    await page.getByText(otherWords).waitFor();
    await page.getByRole('button', { name: 'Show Both Texts' }).click();
    await page.waitForFunction(() => window.fake.calls.some(({ name }) => name === 'showTexts'));
    assert.deepEqual(problems, []);
    await page.close();
  });
});
