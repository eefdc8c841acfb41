/**
 * Scrolling of the results grid (real page, fake host) against a bare DOM grid of the same rows and columns in view, in turns, in
 * one browser. The fake host makes its rows in the page's own thread, so ours carries more here than in the workbench.
 */
import type { Page } from 'playwright-core';
import { Harness } from '../../webview/harness.ts';
import { tab } from '../../webview/fake-states.ts';
import { measure } from '../part.ts';
import { percentile, type Finding } from '../table.ts';
import { buildBareGrid, type BareGridOptions } from './bare-grid.ts';
import { framesWhileScrolling, type Place } from './frames.ts';

const rounds = 3;
const limitMs = 34;
const frameMs = 1000 / 60;
const distancePx = 9000;
const speed = 3000;

interface Contender {
  readonly name: string;
  readonly page: Page;
  readonly at: Place;
  readonly frames: number[];
  /** What stands on top after a scroll down: a grid that did not move would be fast. */
  readonly seen: () => Promise<string>;
}

await measure(async ({ progress }) => {
  const harness = await Harness.start();
  try {
    const ours = [await openOurs(harness, 1_000_000), await openOurs(harness, 10_000_000)];
    const [first] = ours;
    if (first === undefined) throw new Error('no grid');
    const all = [await openBare(harness, await shapeOf(first.page)), ...ours];
    for (let round = -1; round < rounds; round++) {
      for (const contender of round % 2 === 0 ? all : all.toReversed()) {
        const { page, at, name, frames } = contender;
        await page.bringToFront();
        const cdp = await page.context().newCDPSession(page);
        const before = await contender.seen();
        await cdp.send('Input.synthesizeScrollGesture', { ...at, yDistance: -2000, speed, gestureSourceType: 'mouse', preventFling: true });
        if ((await contender.seen()) === before) throw new Error(`${name} does not scroll`);
        const measured = await framesWhileScrolling(page, cdp, at, distancePx, speed);
        await cdp.detach();
        progress(
          `${name}: p50 ${percentile(measured, 0.5).toFixed(1)}, p99 ${percentile(measured, 0.99).toFixed(1)} ms of ${measured.length} frames`,
        );
        if (round >= 0) frames.push(...measured);
      }
    }
    const [bare] = all;
    if (bare === undefined) throw new Error('no bare grid');
    return ours.flatMap((contender) => findings(contender, bare));
  } finally {
    await harness.stop();
  }
});

function findings(ours: Contender, bare: Contender): Finding[] {
  const own = percentile(ours.frames, 0.99);
  const peer = percentile(bare.frames, 0.99);
  return [
    {
      name: `scrolling ${ours.name}: p99 of frames`,
      measured: `${own.toFixed(1)} ms (median ${percentile(ours.frames, 0.5).toFixed(1)})`,
      against: `n = ${ours.frames.length} frames in ${rounds} rounds`,
      limit: `≤ ${limitMs} ms`,
      ok: own <= limitMs,
    },
    {
      name: `scrolling ${ours.name}: more than a bare DOM grid`,
      measured: `${(own - peer).toFixed(1)} ms`,
      against: `bare grid of the same rows and columns: p99 ${peer.toFixed(1)} ms, n = ${bare.frames.length} frames`,
      limit: `≤ ${frameMs.toFixed(1)} ms (a frame)`,
      ok: own - peer <= frameMs,
    },
  ];
}

async function openOurs(harness: Harness, rows: number): Promise<Contender> {
  const { page } = await harness.open(
    { tabs: [tab('t1', { rowCount: rows, viewRowCount: rows })], active: 't1' },
    { width: 1600, height: 900 },
  );
  await page.locator('.row .cell.rn').first().waitFor();
  await page.getByRole('gridcell', { name: 'Customer#' }).first().waitFor();
  const box = await page.locator('.scroller').boundingBox();
  if (box === null) throw new Error('the grid is not in view');
  const seen = (): Promise<string> =>
    page.evaluate(() => {
      const numbers = [...document.querySelectorAll<HTMLElement>('.row:not([hidden]) .rn')].map(({ dataset }) => Number(dataset['row']));
      return String(Math.min(...numbers));
    });
  const name = `${rows / 1e6},000,000 rows`;
  return { name, page, at: { x: box.x + box.width / 2, y: box.y + box.height / 2 }, frames: [], seen };
}

/** Rows and columns in view, their places, and the size of the view. */
async function shapeOf(page: Page): Promise<BareGridOptions> {
  return page.evaluate(() => {
    const scroller = document.querySelector<HTMLElement>('.scroller');
    const row = document.querySelector<HTMLElement>('.row:not([hidden])');
    if (scroller === null || row === null) throw new Error('the grid is not in view');
    const columns = [...row.querySelectorAll<HTMLElement>('.cell')].map((cell) => ({ left: cell.offsetLeft, width: cell.offsetWidth }));
    return { rows: 1_000_000, rowPx: row.offsetHeight, columns, width: scroller.clientWidth, height: scroller.clientHeight };
  });
}

async function openBare(harness: Harness, shape: BareGridOptions): Promise<Contender> {
  const { page } = await harness.open({ tabs: [], active: null }, { width: 1600, height: 900 });
  await page.evaluate(buildBareGrid, shape);
  const seen = (): Promise<string> => page.evaluate(() => String(document.querySelector('#bare')?.scrollTop));
  return { name: 'bare grid', page, at: { x: shape.width / 2, y: shape.height / 2 }, frames: [], seen };
}
