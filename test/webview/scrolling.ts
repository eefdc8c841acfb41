/** Frame times while a page scrolls, for the bench: the grid, and a bare grid of the same cells in the same browser. */
import type { Page } from 'playwright-core';

export interface FrameTimes {
  readonly medianMs: number;
  readonly p99Ms: number;
  /** Time of our own code in a frame. */
  readonly scriptP99Ms: number;
}

/** Scrolls by wheel, one step a frame; answers how long frames took. */
export function scrollByWheel(page: Page, selector: string, steps: number, deltaPx: number): Promise<FrameTimes> {
  return page.evaluate(
    async ([target, count, delta]) => {
      const scroller = document.querySelector(target);
      const frames: number[] = [];
      const script: number[] = [];
      const nextFrame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
      let last = await nextFrame();
      for (let i = 0; i < count; i++) {
        const started = performance.now();
        const event = new WheelEvent('wheel', { deltaY: delta, cancelable: true, bubbles: true });
        // Where nobody takes the wheel the element scrolls natively: a made event doesn't do that.
        if (scroller?.dispatchEvent(event) === true) scroller.scrollTop += delta;
        script.push(performance.now() - started);
        const now = await nextFrame();
        frames.push(now - last);
        last = now;
      }
      const at = (list: number[], quantile: number): number =>
        list.toSorted((a, b) => a - b)[Math.floor(list.length * quantile)] ?? Number.NaN;
      return { medianMs: at(frames, 0.5), p99Ms: at(frames, 0.99), scriptP99Ms: at(script, 0.99) };
    },
    [selector, steps, deltaPx] as const,
  );
}

/** A table of plain cells with nothing behind it: what the browser itself needs to scroll as many. */
export function makeBareGrid(page: Page, rows: number, columns: number): Promise<void> {
  return page.evaluate(
    ([rowCount, columnCount]) => {
      const scroller = document.createElement('div');
      scroller.id = 'bare';
      scroller.style.cssText = 'position:fixed;inset:0;overflow:auto;z-index:99';
      for (let row = 0; row < rowCount; row++) {
        const line = document.createElement('div');
        line.style.cssText = 'display:flex;height:22px';
        for (let column = 0; column < columnCount; column++) {
          const cell = document.createElement('div');
          cell.style.cssText = 'width:130px;flex:none;overflow:hidden;white-space:pre';
          cell.textContent = `${row * 7919}.${column}`;
          line.append(cell);
        }
        scroller.append(line);
      }
      document.body.append(scroller);
    },
    [rows, columns] as const,
  );
}
