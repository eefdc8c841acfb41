import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { PanelState, TabState } from '../../src/ui/panels/results/protocol.ts';
import { failed, plan, tab, withOthers } from './fake-states.ts';
import { Harness } from './harness.ts';
import { arrived, calls, topRow } from './look.ts';

const one = (change: Partial<TabState> = {}): PanelState => ({ tabs: [tab('t1', change)], active: 't1' });
const several = (change: Partial<TabState> = {}): PanelState => ({ tabs: [...withOthers(tab('t1', change)), failed], active: 't1' });

describe('the results page', function () {
  this.timeout(60_000);
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

  async function open(state: PanelState, options: Parameters<Harness['open']>[1] = {}): Promise<void> {
    ({ page, problems } = await harness.open(state, options));
    await page.waitForFunction(() => window.fake.calls.some(({ name }) => name === 'ready'));
  }

  const called = (name: string): Promise<unknown> =>
    page.waitForFunction((wanted) => window.fake.calls.some((call) => call.name === wanted), name);

  it('says what to do while there is no result', async () => {
    await open({ tabs: [], active: null });
    await page.getByText('No results yet').waitFor();
    assert.equal(await page.locator('.status').isVisible(), false);
  });

  it('ticked values become a filter, shown as a chip that can be removed', async () => {
    await open(one());
    await arrived(page);
    await page.locator('[data-head="4"]').hover();
    await page.locator('[data-funnel="4"]').click();
    await page.getByRole('checkbox', { name: /^JAPAN/ }).click();
    await page.getByRole('checkbox', { name: /^EGYPT/ }).click();
    await page.getByText('2 ticked = 2,627 rows').waitFor();
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.locator('.chip', { hasText: 'n_name is one of JAPAN, EGYPT' }).waitFor();
    await page.locator('.status', { hasText: '5,423 of 37,967 rows' }).waitFor();
    await page.getByRole('button', { name: /^Remove the filter n_name/ }).click();
    await page.locator('.chip').waitFor({ state: 'detached' });
    const filters = (await calls(page, 'setView', 2)).map(({ args }) => (args[1] as { filters: unknown }).filters);
    assert.deepEqual(filters, [[{ column: 4, op: 'in', values: ['JAPAN', 'EGYPT'] }], []]);
  });

  it('Alt+Down opens the filter of the active column, a condition is typed, Esc gives the focus back', async () => {
    await open(one());
    await arrived(page);
    await page.locator('[aria-rowindex="3"] [data-column="3"]').click();
    await page.keyboard.press('Alt+ArrowDown');
    await page.getByRole('dialog', { name: 'Filter c_acctbal' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('role')), 'grid');
    await page.keyboard.press('Alt+ArrowDown');
    await page.keyboard.type('>= 500.00');
    await page.keyboard.press('Enter');
    await page.locator('.chip', { hasText: 'c_acctbal ≥ 500.00' }).waitFor();
    assert.deepEqual(
      (await calls(page, 'setView', 1)).map(({ args }) => (args[1] as { filters: unknown }).filters),
      [[{ column: 3, op: '>=', text: '500.00' }]],
    );
  });

  it('a hostile value stays text: no element, no attribute, no dialog, nothing laid out at length', async () => {
    const script = '<script>alert(1)</script><img src=x onerror=alert(2)>';
    const long = 'x'.repeat(1_000_000);
    await open(
      one({
        title: script,
        columns: [
          { name: script, type: script, kind: 'text' },
          { name: 'b', type: 'VARCHAR', kind: 'text' },
        ],
      }),
      {
        cells: {
          '0:0': script,
          '1:0': 'a\u0000b\u202Ec\u200E\nd',
          '2:0': long,
          '0:1': { kind: 'struct', entries: [[script, script]] },
          '1:1': { kind: 'long', length: 1_000_000, text: 'y'.repeat(1000) },
        },
      },
    );
    await arrived(page);
    assert.equal(await page.locator('[aria-rowindex="2"] [data-column="0"]').textContent(), script);
    assert.equal(await page.locator('[aria-rowindex="3"] [data-column="0"]').textContent(), 'a\u2400b\\u202ec\\u200e\u240ad');
    assert.ok(((await page.locator('[aria-rowindex="4"] [data-column="0"]').textContent()) ?? '').length <= 401);
    for (const place of [
      '[aria-rowindex="2"] [data-column="0"]',
      '[aria-rowindex="2"] [data-column="1"]',
      '[aria-rowindex="4"] [data-column="0"]',
      '[aria-rowindex="3"] [data-column="1"]',
    ]) {
      await page.locator(place).dblclick();
      await page.getByRole('dialog').waitFor();
      assert.ok((await page.locator('.value-body').textContent())?.length);
      await page.keyboard.press('Escape');
    }
    await page.locator('[data-head="0"]').hover();
    await page.locator('[data-funnel="0"]').click();
    await page.locator('.filter vscode-checkbox').first().waitFor();
    const found = await page.evaluate(() => ({
      scripts: document.querySelectorAll('#app script, .pop script, img').length,
      handlers: [...document.querySelectorAll('*')].flatMap((element) =>
        element.getAttributeNames().filter((name) => name.startsWith('on')),
      ),
    }));
    assert.deepEqual(found, { scripts: 0, handlers: [] });
  });

  it('a nested value opens as a tree, is read whole and copied exactly by the host', async () => {
    await open(one(), {
      cells: {
        '0:6': {
          kind: 'list',
          length: 2,
          values: [
            {
              kind: 'struct',
              entries: [
                ['a', '1'],
                ['b', null],
              ],
            },
            '',
          ],
        },
      },
    });
    await arrived(page);
    await page.locator('[aria-rowindex="2"] [data-column="6"]').click();
    await page.keyboard.press('Enter');
    await page.getByRole('treeitem').nth(1).waitFor();
    await called('cell');
    await page.keyboard.press('ArrowRight');
    await page.getByRole('treeitem', { name: /^b/ }).waitFor();
    assert.equal(await page.getByRole('treeitem').count(), 4);
    await page.getByRole('button', { name: 'Copy value' }).click();
    assert.deepEqual(
      (await calls(page, 'copy', 1)).map(({ args }) => args[1]),
      [{ fromRow: 0, toRow: 1, fromColumn: 6, toColumn: 7 }],
    );
  });

  it('what was arranged is there again after the page was made anew', async () => {
    await open(several());
    await arrived(page);
    const grip = await page.locator('[data-grip="1"]').boundingBox();
    assert.ok(grip !== null);
    await page.mouse.move(grip.x + 3, grip.y + 8);
    await page.mouse.down();
    await page.mouse.move(grip.x + 43, grip.y + 8, { steps: 3 });
    await page.mouse.up();
    await page.mouse.move(400, 400);
    await page.mouse.wheel(0, 22 * 500);
    await page.locator('[aria-rowindex="505"] [data-column="3"]').click();
    await page.keyboard.press('Shift+ArrowDown');
    const width = (await page.locator('[data-head="1"]').boundingBox())?.width;
    const top = await topRow(page);
    await page.reload();
    await arrived(page);
    assert.equal(await topRow(page), top);
    assert.equal((await page.locator('[data-head="1"]').boundingBox())?.width, width);
    assert.equal(await page.locator('[aria-rowindex="506"] [data-column="3"]').getAttribute('aria-selected'), 'true');
    await page.getByRole('tab', { name: 'Messages' }).click();
    await page.getByText('Statement sent to').waitFor();
    await page.reload();
    await page.getByText('Statement sent to').waitFor();
  });

  it('each tab keeps its place while another one, or its messages, are looked at', async () => {
    await open(several(), { width: 800 });
    await arrived(page);
    await page.locator('.scroller').evaluate((element) => element.scrollTo(200, 22 * 700));
    await page.locator('[aria-rowindex="705"]').waitFor();
    const left = (): Promise<number> => page.locator('.scroller').evaluate((element) => element.scrollLeft);
    const top = await topRow(page);
    await page.getByRole('tab', { name: 'Messages' }).click();
    await page.getByText('Statement sent to').waitFor();
    await page.getByRole('tab', { name: 'Rows', exact: true }).click();
    await arrived(page);
    assert.deepEqual([await topRow(page), await left()], [top, 200]);
    await page.getByRole('tab', { name: /nations/ }).click();
    await page.locator('.grid[aria-rowcount="26"]').waitFor();
    await arrived(page);
    assert.deepEqual([await topRow(page), await left()], [0, 0]);
    await page.getByRole('tab', { name: /q10 returned items/ }).click();
    await page.locator('.grid[aria-rowcount="37968"]').waitFor();
    await arrived(page);
    assert.deepEqual([await topRow(page), await left()], [top, 200]);
  });

  it('the error names the place, shows it in the statement and puts the nearest name there', async () => {
    await open({ ...several(), active: 't4' });
    const alert = page.getByRole('alert');
    await alert.getByRole('heading', { name: 'There is no column c_naem' }).waitFor();
    assert.equal(await alert.locator('.sq').textContent(), 'c_naem');
    assert.equal(await alert.locator('.at .ln').textContent(), '4');
    assert.equal(await alert.locator('vscode-button[appearance=primary]').count(), 1);
    await alert.getByRole('button', { name: 'Replace with c_name' }).click();
    await alert.getByRole('button', { name: 'Go to line 4' }).click();
    await alert.getByRole('button', { name: 'Copy message' }).click();
    assert.deepEqual(
      (await calls(page, 'replaceError', 1)).map(({ args }) => args),
      [['t4', 'c_name']],
    );
    assert.equal((await calls(page, 'goToError', 1)).length, 1);
    assert.match(String((await calls(page, 'copyText', 1))[0]?.args[0]), /There is no column c_naem[^]*COLUMN_NOT_FOUND/);
  });

  it('the plan says what takes longest, marks it and estimates that were off, and folds', async () => {
    await open(one({ plan, opens: 'plan' }));
    await page.getByText('Join on l_orderkey takes 40 % of the time and met 38 times the rows that were expected.').waitFor();
    assert.deepEqual(await page.locator('tr.top td').first().textContent(), ' Join l_orderkey = o_orderkey');
    assert.deepEqual(await page.locator('.off').allTextContents(), [' ×38 ', ' ÷10 ']);
    assert.equal(await page.locator('tbody tr').count(), 10);
    await page.locator('tr.top').click();
    await page.keyboard.press('ArrowLeft');
    assert.equal(await page.locator('tbody tr').count(), 4);
    assert.equal(await page.locator('tr.top').getAttribute('aria-expanded'), 'false');
    await page.getByRole('button', { name: 'Text', exact: true }).click();
    await page.locator('pre', { hasText: 'HASH_JOIN' }).waitFor();
    await page.getByRole('button', { name: 'Copy text' }).click();
    await called('copyText');
    await page.getByRole('tab', { name: 'Rows', exact: true }).click();
    await arrived(page);
  });

  it('a running statement shows its time, its progress and Stop, and rows that have come', async () => {
    await open(one({ status: 'running', durationMs: 4200, fraction: 0.42, rowCount: 5000, viewRowCount: 5000 }));
    await arrived(page);
    assert.equal(await page.getByRole('progressbar').getAttribute('aria-valuenow'), '42');
    const first = await page.locator('.elapsed').textContent();
    await page.waitForFunction((text) => document.querySelector('.elapsed')?.textContent !== text, first);
    await page.getByRole('button', { name: 'Stop' }).click();
    await called('stop');
    await page.evaluate(() => window.fake.change('t1', { status: 'cancelled', durationMs: 4500, stopMs: 20 }));
    await page.getByText('Cancelled after 4.50 s.').waitFor();
    await page.locator('footer', { hasText: '5,000 rows, not all' }).waitFor();
    await page.getByRole('button', { name: 'Run again' }).click();
    await called('runAgain');
    assert.equal(await page.locator('.progress').isVisible(), false);
  });

  it('a statement that finds nothing, one that returns nothing and a reloaded window each say so', async () => {
    await open(one({ rowCount: 0, viewRowCount: 0 }));
    await page.getByText('0 rows: the statement ran and nothing matched it.').waitFor();
    assert.equal(await page.getByRole('columnheader', { name: /c_name/ }).count(), 1);
    await page.evaluate(() => window.fake.change('t1', { columns: [], changedRows: 12 }));
    await page.getByRole('heading', { name: 'Changed 12 rows' }).waitFor();
    await page.evaluate(() => window.fake.change('t1', { status: 'gone' }));
    await page.getByRole('heading', { name: 'The rows are no longer held' }).waitFor();
    await page.getByRole('button', { name: 'Run again' }).click();
    await called('runAgain');
  });

  it('rows that could not be read are said and tried again', async () => {
    await open(one({ rowCount: 100_000, viewRowCount: 100_000 }));
    await arrived(page);
    await page.evaluate(() => (window.fake.failing['window'] = 'the query host ended'));
    await page.locator('.grid').focus();
    await page.keyboard.press('Control+End');
    await page.getByText('the query host ended').first().waitFor();
    await page.evaluate(() => delete window.fake.failing['window']);
    await page.getByRole('button', { name: 'Try again' }).click();
    await arrived(page);
    assert.equal(await page.locator('.part').isVisible(), false);
  });

  it('tabs are switched by arrows, pinned by P, closed by Delete and by the middle button', async () => {
    await open(several());
    await arrived(page);
    await page.getByRole('tab', { name: /q10 returned items/ }).focus();
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(() => document.activeElement?.id === 'tab-t2');
    await called('activate');
    await page.keyboard.press('p');
    assert.deepEqual(
      (await calls(page, 'pin', 1)).map(({ args }) => args),
      [['t2', false]],
    );
    await page.getByRole('tab', { name: /nations/ }).click({ button: 'middle' });
    await page.getByRole('tab', { name: /nations/ }).waitFor({ state: 'detached' });
    await page.getByRole('tab', { name: /q10, pinned/ }).focus();
    await page.keyboard.press('Delete');
    await page.getByRole('tab', { name: /q10, pinned/ }).waitFor({ state: 'detached' });
    assert.deepEqual(
      (await calls(page, 'close', 2)).map(({ args }) => args[0]),
      ['t3', 't2'],
    );
  });

  it('a tab can be pressed while the rows of a statement stream in', async () => {
    await open(several({ status: 'running', rowCount: 5000, viewRowCount: 5000 }));
    await arrived(page);
    const other = page.getByRole('tab', { name: /nations/ });
    await other.hover();
    await page.mouse.down();
    await page.evaluate(() => window.fake.change('t1', { rowCount: 6000, viewRowCount: 6000 }));
    await page.getByRole('tab', { name: /q10 returned items.*6,000 rows/ }).waitFor();
    await page.mouse.up();
    assert.deepEqual((await calls(page, 'activate', 1))[0]?.args, ['t3']);
  });

  it('what is selected in one tab is not copied from another', async () => {
    await open(several(), { width: 1600 });
    await arrived(page);
    await page.getByRole('tab', { name: /nations/ }).click();
    await page.getByRole('tab', { name: 'Messages' }).click();
    await page.getByRole('tab', { name: /q10 returned items/ }).click();
    await arrived(page);
    await page.locator('[aria-rowindex="3"] [data-column="3"]').click();
    await page.getByRole('button', { name: 'Export' }).click();
    assert.equal(await page.getByText('nothing selected').count(), 0);
    // Another tab comes to the front by itself, as when a statement is started: its rows are not what the menu spoke of.
    await page.evaluate(() => window.fake.show({ ...window.fake.state, active: 't3' }));
    await page.getByRole('menu').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Export' }).click();
    assert.equal(await page.getByText('nothing selected').count(), 2);
  });

  it('Tab leaves the Export menu and closes it', async () => {
    await open(one());
    await arrived(page);
    await page.getByRole('button', { name: 'Export' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menu').waitFor();
    await page.keyboard.press('Tab');
    await page.getByRole('menu').waitFor({ state: 'detached' });
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('role')), 'grid');
  });

  it('Tab goes from the result sets to the views, Export and the grid; Export is a menu for the keyboard', async () => {
    await open(several());
    await arrived(page);
    await page.locator('[aria-rowindex="3"] [data-column="3"]').click();
    await page.getByRole('tab', { name: /q10 returned items/ }).focus();
    const stops: string[] = [];
    for (let i = 0; i < 3; i++) {
      await page.keyboard.press('Tab');
      stops.push(
        await page.evaluate(() =>
          `${document.activeElement?.getAttribute('role') ?? document.activeElement?.localName ?? ''} ${document.activeElement?.className ?? ''}`.trim(),
        ),
      );
    }
    assert.deepEqual(stops, ['tab', 'button quiet export', 'grid grid']);
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('menu').waitFor();
    for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    assert.deepEqual(
      (await calls(page, 'export', 1)).map(({ args }) => args),
      [['t1', 'parquet']],
    );
  });

  it('a screen reader is told rows, columns, order and where the person is', async () => {
    await open(one({ view: { sort: [{ column: 2, descending: true }], filters: [] } }));
    await arrived(page);
    const grid = page.getByRole('grid', { name: 'Rows' });
    assert.equal(await grid.getAttribute('aria-rowcount'), '37968');
    assert.equal(await grid.getAttribute('aria-colcount'), '10');
    assert.equal(await page.locator('[data-head="2"]').getAttribute('aria-sort'), 'descending');
    await page.locator('[aria-rowindex="3"] [data-column="3"]').click();
    await page.keyboard.press('ArrowDown');
    const active = await grid.getAttribute('aria-activedescendant');
    const cell = page.locator(`[id="${active}"]`);
    assert.equal(await cell.getAttribute('aria-colindex'), '5');
    assert.equal(await cell.locator('xpath=..').getAttribute('aria-rowindex'), '4');
    await page.keyboard.press('Control+c');
    await page.locator('.vh[role=status]', { hasText: 'Copied 1 cell' }).waitFor({ state: 'attached' });
  });

  it('nothing moves by itself where a person asked for less motion', async () => {
    await open(one({ status: 'running', rowCount: 0, viewRowCount: 0 }), { reducedMotion: true });
    await page.locator('.progress').waitFor();
    assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
  });
});
