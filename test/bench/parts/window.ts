/**
 * Inside the real workbench, with Faultline's production bundles: how soon rows are seen in the grid, and how long the extension
 * host's event loop is held while a million rows of 16 columns are queried, scrolled, paged, sorted and exported.
 *
 * Rows count as seen in the first frame after one in which the grid holds them. The clock starts when the extension host asks the
 * query host to run the statement: the first chunk comes later, so that the figure is never too small. Both ends read the wall clock
 * of this machine; the error is a millisecond each, and a frame (17 ms) that is always included.
 */
import { join } from 'node:path';
import type { Frame, Page } from 'playwright-core';
import { BenchWorkbench, type BenchWindow } from '../host/workbench.ts';
import { LoopWatch } from '../host/loop.ts';
import type { LoopFacts, StartedRun } from '../host/protocol.ts';
import { measure } from '../part.ts';
import { atMost, median, type Finding } from '../table.ts';

const runs = 7;
const patienceMs = 60_000;
const limits = { firstRowsMs: 300, stallMs: 50 } as const;

/** 1,000,000 × 16 whose rows come at once and go on coming while they are stored. `mark` is in the first column of every row. */
function millionRows(mark: string): string {
  const columns = [`'${mark}' AS mark`, 'range AS n'];
  for (let i = 0; i < 7; i++)
    columns.push(`(range * ${7919 + i}) % 1000003 AS whole${i}`, `'text ' || (range * ${31 + i}) % 9973 AS text${i}`);
  return `SELECT ${columns.join(', ')} FROM range(1000000)`;
}

await measure(async ({ scratch, extension, progress }) => {
  const beside = new LoopWatch();
  const workbench = await BenchWorkbench.start({ scratch, installed: [], developed: extension });
  try {
    const window = await workbench.open();
    const { probe, page } = window;
    // The first statement makes TPC-H 0.01, starts the query host and opens the panel.
    const [cold, frame] = await Promise.all([probe.run("SELECT 'cold' AS mark"), waitForResultsPage(page)]);
    const coldSeenAt = await seen(frame, 'cold');
    progress(`first statement of the window: rows seen ${coldSeenAt - cold.askedAt} ms after it was asked for`);

    await probe.watchLoop('query');
    beside.phase('beside');
    const first: { readonly run: StartedRun; readonly seenMs: number; readonly sinceWordMs: number }[] = [];
    for (let i = 0; i < runs; i++) {
      // What the run before left to do is not part of this one.
      await probe.calm();
      const mark = `mark-${i}`;
      const [at, run] = await Promise.all([seen(frame, mark), probe.run(millionRows(mark))]);
      first.push({ run, seenMs: at - run.askedAt, sinceWordMs: at - run.firstRowsAt });
      const since = (time: number): string => (time === 0 ? '-' : String(time - run.askedAt));
      progress(
        `ms after the statement was asked for: first word ${since(run.firstRowsAt)}, page asks ${since(run.windowAskedAt)}, ` +
          `window read ${since(run.windowReadAt)}, rows seen ${since(at)}, end ${since(run.endedAt)}`,
      );
    }
    const last = first.at(-1)?.run;
    if (last === undefined) throw new Error('nothing was run');
    const loop = await underLoad(window, frame, last, join(scratch, 'export.csv'));
    await window.close();
    return [
      ...rowsFindings(
        first.map(({ seenMs }) => seenMs),
        first,
        coldSeenAt - cold.askedAt,
      ),
      ...stallFindings(loop, beside.facts()),
    ];
  } finally {
    beside.dispose();
    await workbench.stop();
  }
});

function rowsFindings(
  seenMs: readonly number[],
  first: readonly { readonly run: StartedRun; readonly sinceWordMs: number }[],
  coldMs: number,
): Finding[] {
  const word = median(first.map(({ sinceWordMs }) => sinceWordMs));
  const whole = median(first.map(({ run }) => run.endedAt - run.askedAt));
  const against = `from asking for the statement, ± 2 ms + a frame; ${word.toFixed(0)} ms from the first word of rows; the query takes ${whole.toFixed(0)} ms; a window's very first statement ${coldMs} ms; max ${Math.max(...seenMs)}; n = ${seenMs.length}`;
  return [atMost('first rows in the grid of 1,000,000 × 16', median(seenMs), limits.firstRowsMs, 'ms', against)];
}

function stallFindings({ worst, busiest, ticks }: LoopFacts, beside: LoopFacts): Finding[] {
  const [longest] = worst;
  if (longest === undefined) throw new Error('the event loop was not watched');
  const five = worst
    .slice(0, 5)
    .map(({ lateMs, computedMs, phase }) => `${lateMs.toFixed(0)} (${computedMs.toFixed(0)}) ${phase}`)
    .join(', ');
  const idle = beside.worst[0]?.lateMs ?? Number.NaN;
  return [
    atMost(
      'extension host: longest work in one turn',
      busiest.computedMs,
      limits.stallMs,
      'ms',
      `its thread's CPU time, in: ${busiest.phase}; ${ticks} turns`,
    ),
    atMost(
      'extension host: longest stall of its event loop',
      longest.lateMs,
      limits.stallMs,
      'ms',
      `a process beside it with nothing to do: ${idle.toFixed(0)} ms; the longest (CPU time in them): ${five}`,
    ),
  ];
}

async function underLoad({ probe, page }: BenchWindow, frame: Frame, run: StartedRun, path: string): Promise<LoopFacts> {
  await probe.watchLoop('scroll');
  const grid = await frame.locator('.scroller').boundingBox();
  if (grid === null) throw new Error('the grid is not in view');
  await page.mouse.move(grid.x + grid.width / 2, grid.y + grid.height / 2);
  for (let i = 0; i < 60; i++) await page.mouse.wheel(0, 600);
  await probe.watchLoop('windows');
  const rows = await probe.page(run.tab, 100, 200);
  if (rows < 19_000) throw new Error(`only ${rows} rows were read`);
  await probe.watchLoop('sort');
  await probe.sort(run.tab, 3, true);
  await probe.page(run.tab, 20, 200);
  await probe.watchLoop('export');
  await probe.exportResult(run.result, 'csv', path);
  return probe.loopFacts();
}

/** The page inside of the results panel's webview. */
async function waitForResultsPage(page: Page): Promise<Frame> {
  const deadline = Date.now() + patienceMs;
  while (Date.now() < deadline) {
    for (const frame of page.frames()) {
      if (frame.parentFrame()?.url().includes('extensionId=faultline.faultline') !== true) continue;
      if (
        (await frame
          .locator('#app > *')
          .count()
          .catch(() => 0)) > 0
      )
        return frame;
    }
    await page.waitForTimeout(20);
  }
  throw new Error('The results panel did not open.');
}

/** When a cell with this text was in a frame, by the page's wall clock. Only looks when the page changes: that costs it no frame. */
async function seen(frame: Frame, text: string): Promise<number> {
  return frame.evaluate<number>(`new Promise((resolve, reject) => {
    const look = () => {
      for (const cell of document.querySelectorAll('.row:not([hidden]) [role=gridcell]')) {
        if (cell.textContent !== ${JSON.stringify(text)}) continue;
        changes.disconnect();
        clearTimeout(patience);
        requestAnimationFrame(() => resolve(Date.now()));
        return;
      }
    };
    const changes = new MutationObserver(look);
    const patience = setTimeout(() => reject(new Error('${text} was not seen')), ${patienceMs});
    changes.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ['hidden'] });
    look();
  })`);
}
