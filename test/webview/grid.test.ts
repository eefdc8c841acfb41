import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { PanelState, TabState } from '../../src/ui/panels/results/protocol.ts';
import { cellOf, columns } from './fake-rows.ts';
import { tab } from './fake-states.ts';
import { Harness } from './harness.ts';
import { arrived, calls, inSight, lastRow, moves, scrollToFraction, selectedCells, topRow } from './look.ts';

const million = 1_000_000;
const of = (change: Partial<TabState>): PanelState => ({ tabs: [tab('t1', change)], active: 't1' });
const many = (rows: number): PanelState => of({ rowCount: rows, viewRowCount: rows });

describe('the grid of the results page', function () {
  this.timeout(60_000);
  let harness: Harness;
  before(async () => {
    harness = await Harness.start();
  });
  after(() => harness.stop());

  async function open(state: PanelState, options: Parameters<Harness['open']>[1] = {}): Promise<{ page: Page; problems: string[] }> {
    const opened = await harness.open(state, options);
    await arrived(opened.page);
    return opened;
  }

  it('Ctrl+End reaches the last of ten million rows, Ctrl+Home the first', async () => {
    const { page, problems } = await open(many(10 * million));
    await page.locator('.grid').focus();
    await page.keyboard.press('Control+End');
    await page.locator('[aria-rowindex="10000001"]').waitFor();
    await arrived(page);
    const last = page.locator('[aria-rowindex="10000001"]');
    assert.equal(await last.locator('.rn').textContent(), '10,000,000');
    assert.equal(await last.locator('[data-column="0"]').textContent(), '10000000');
    const pane = await page.locator('.scroller').boundingBox();
    const row = await last.boundingBox();
    assert.ok(pane !== null && row !== null && row.y + row.height <= pane.y + pane.height + 1, 'the whole row is in sight');
    await page.keyboard.press('Control+Home');
    assert.equal(await topRow(page), 0);
    assert.deepEqual(problems, []);
    await page.close();
  });

  it('the scroll bar dragged to its end shows the last of ten million rows, to its middle the middle', async () => {
    const { page } = await open(many(10 * million));
    const box = await page.locator('.scroller').boundingBox();
    assert.ok(box !== null);
    const x = box.x + box.width - 5;
    await page.mouse.move(x, box.y + 8);
    await page.mouse.down();
    await page.mouse.move(x, box.y + box.height / 2, { steps: 12 });
    await page.waitForFunction(() => Number(document.querySelector('.row:not([hidden])')?.getAttribute('aria-rowindex')) > 1_000_000);
    const middle = await topRow(page);
    assert.ok(Math.abs(middle - 5 * million) < million, `row ${middle} is about the middle`);
    await page.mouse.move(x, box.y + box.height + 40, { steps: 12 });
    // Drawn is not yet in sight: a few rows are drawn beyond the edge.
    await inSight(page, 10 * million - 1);
    await page.mouse.up();
    await arrived(page);
    assert.equal(await lastRow(page), 10 * million - 1);
    await page.close();
  });

  it('one step of the wheel moves by about four rows, at the top, in the middle and at the end of ten million', async () => {
    const { page } = await open(many(10 * million));
    await page.mouse.move(400, 400);
    for (const fraction of [0, 0.5, 0.9999]) {
      await scrollToFraction(page, fraction);
      const before = await topRow(page);
      await page.mouse.wheel(0, 100);
      await moves(page, before);
      const moved = (await topRow(page)) - before;
      assert.ok(moved >= 4 && moved <= 5, `${moved} rows at ${fraction}`);
    }
    await page.close();
  });

  it('scrolling through ten million rows keeps elements and memory bounded and asks for blocks of at most 500', async () => {
    const { page } = await open(many(10 * million));
    const measure = (): Promise<{ nodes: number; heap: number }> =>
      page.evaluate(() => {
        const { gc } = globalThis as { gc?: () => void };
        gc?.();
        const { memory } = performance as Performance & { memory: { usedJSHeapSize: number } };
        return { nodes: document.querySelectorAll('*').length, heap: memory.usedJSHeapSize };
      });
    const before = await measure();
    for (let i = 1; i <= 40; i++) {
      await scrollToFraction(page, i / 41);
      if (i % 2 === 0) await arrived(page);
    }
    const after = await measure();
    assert.ok(after.nodes < 1200, `${after.nodes} elements`);
    assert.ok(after.nodes - before.nodes < 400, `${after.nodes - before.nodes} more elements`);
    assert.ok(after.heap - before.heap < 60e6, `${Math.round((after.heap - before.heap) / 1e6)} MB more`);
    for (const { args } of await calls(page, 'window')) assert.ok(Number(args[2]) <= 500);
    await page.close();
  });

  it('rows that were scrolled past before they came are never asked for', async () => {
    const { page } = await open(many(10 * million));
    await page.evaluate(() => (window.fake.hold = true));
    const before = (await calls(page, 'window')).length;
    for (const at of [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]) {
      await scrollToFraction(page, at);
    }
    await page.evaluate(() => window.fake.release());
    await arrived(page);
    const asked = (await calls(page, 'window')).slice(before).map(({ args }) => Number(args[1]) / 1e7);
    assert.ok(
      asked.some((at) => Math.abs(at - 0.6) < 0.01),
      'what is in sight has come',
    );
    assert.deepEqual(
      asked.filter((at) => at > 0.15 && at < 0.55),
      [],
    );
    await page.close();
  });

  it('shift and arrows select, the footer sums exactly what is selected, Ctrl+C copies it', async () => {
    const { page } = await open(many(1000));
    await page.locator('[aria-rowindex="5"] [data-column="2"]').click();
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Shift+ArrowRight');
    assert.equal(await selectedCells(page), 6);
    const sum = [3, 4, 5].reduce((total, row) => total + BigInt(String(cellOf(row, 2)).replace('.', '')), 0n);
    const text = sum.toString();
    const expected = `${Number(text.slice(0, -4)).toLocaleString('en-US')}.${text.slice(-4)}`;
    await page.locator('footer', { hasText: expected }).waitFor();
    await page.keyboard.press('Control+c');
    await page.keyboard.press('Control+Shift+C');
    const range = { fromRow: 3, toRow: 6, fromColumn: 2, toColumn: 4 };
    assert.deepEqual(
      (await calls(page, 'copy', 2)).map(({ args }) => args),
      [
        ['t1', range, false],
        ['t1', range, true],
      ],
    );
    await page.close();
  });

  it('dragging selects a rectangle, Ctrl+A everything, Ctrl and a header a column, a number a row', async () => {
    const { page } = await open(many(10 * million));
    const from = await page.locator('[aria-rowindex="4"] [data-column="1"]').boundingBox();
    const to = await page.locator('[aria-rowindex="7"] [data-column="3"]').boundingBox();
    assert.ok(from !== null && to !== null);
    await page.mouse.move(from.x + 20, from.y + 10);
    await page.mouse.down();
    await page.mouse.move(to.x + 20, to.y + 10, { steps: 6 });
    await page.waitForFunction(() => document.querySelectorAll('.row:not([hidden]) [aria-selected=true]').length === 12);
    await page.mouse.up();
    await page.locator('footer', { hasText: '12 cells' }).waitFor();
    await page.keyboard.press('Control+a');
    await page.locator('footer', { hasText: '90,000,000 cells' }).waitFor();
    await page.locator('[data-head="2"]').click({ modifiers: ['Control'] });
    await page.locator('footer', { hasText: '10,000,000 rows × 1' }).waitFor();
    await page.locator('[data-row="7"]').click();
    await page.locator('footer', { hasText: '1 row × 9' }).waitFor();
    assert.equal((await calls(page, 'setView')).length, 0, 'selecting a column does not sort');
    await page.close();
  });

  it('a header sorts ascending, descending, then as it came; Shift adds a key', async () => {
    const { page } = await open(many(1000));
    const head = page.locator('[data-head="2"]');
    await head.locator('.name').click();
    await page.locator('[data-head="2"][aria-sort="ascending"]').waitFor();
    await head.locator('.name').click();
    await page.locator('[data-head="2"][aria-sort="descending"]').waitFor();
    await page.locator('[aria-rowindex="2"] [data-column="0"]', { hasText: /^1000$/ }).waitFor();
    await page.locator('[data-head="4"] .name').click({ modifiers: ['Shift'] });
    await page.locator('[data-head="4"][aria-sort="ascending"]').waitFor();
    assert.equal(await head.locator('.sort').textContent(), '▼1');
    await head.locator('.name').click({ modifiers: ['Shift'] });
    await page.locator('[data-head="2"][aria-sort="none"]').waitFor();
    const sorts = (await calls(page, 'setView', 4)).map(
      ({ args }) => (args[1] as { sort: { column: number; descending: boolean }[] }).sort,
    );
    assert.deepEqual(sorts, [
      [{ column: 2, descending: false }],
      [{ column: 2, descending: true }],
      [
        { column: 2, descending: true },
        { column: 4, descending: false },
      ],
      [{ column: 4, descending: false }],
    ]);
    await page.close();
  });

  it('a growing result only appends: rows that are there are not asked for again', async () => {
    const { page } = await open(of({ status: 'running', rowCount: 400, viewRowCount: 400 }));
    for (const rows of [4000, 40_000]) {
      await page.evaluate((rowCount) => window.fake.change('t1', { rowCount, viewRowCount: rowCount }), rows);
      await page.locator(`.grid[aria-rowcount="${rows + 1}"]`).waitFor();
    }
    await arrived(page);
    assert.equal((await calls(page, 'window')).filter(({ args }) => args[1] === 0).length, 1);
    await page.close();
  });

  it('a column is sized by its edge and fitted by a double click', async () => {
    const { page } = await open(many(1000));
    const width = async (): Promise<number> => (await page.locator('[data-head="4"]').boundingBox())?.width ?? 0;
    const before = await width();
    const grip = await page.locator('[data-grip="4"]').boundingBox();
    assert.ok(grip !== null);
    await page.mouse.move(grip.x + 3, grip.y + 10);
    await page.mouse.down();
    await page.mouse.move(grip.x + 83, grip.y + 10, { steps: 4 });
    await page.mouse.up();
    assert.equal(Math.round((await width()) - before), 80);
    await page.mouse.dblclick(grip.x + 83, grip.y + 10);
    await page.waitForFunction(
      (wide) => (document.querySelector('[data-head="4"]')?.getBoundingClientRect().width ?? 0) < wide,
      before + 79,
    );
    assert.equal(columns.length, await page.locator('[data-head]').count());
    await page.close();
  });

  it('a thousand columns are drawn only as far as they are in sight', async () => {
    const wide = Array.from({ length: 1000 }, (_, i) => ({
      ...(columns[i % columns.length] ?? { name: '', type: '', kind: 'text' as const }),
      name: `column_${i}`,
    }));
    const { page } = await open(of({ columns: wide, rowCount: 1000, viewRowCount: 1000 }));
    assert.ok((await page.locator('[data-head]').count()) < 30);
    await page.locator('.grid').focus();
    await page.keyboard.press('Control+ArrowRight');
    await page.locator('[data-head="999"]').waitFor();
    assert.ok((await page.locator('[role=gridcell]').count()) < 1500);
    await page.close();
  });
});
