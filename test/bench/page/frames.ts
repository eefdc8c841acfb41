/** Scrolls as a person with a wheel does, and measures the time between frames meanwhile. */
import type { CDPSession, Page } from 'playwright-core';

export interface Place {
  readonly x: number;
  readonly y: number;
}

/**
 * Milliseconds between frames while Chromium itself turns the wheel at the given place, down and up again.
 * `distancePx` each way, at `speed` px a second.
 */
export async function framesWhileScrolling(page: Page, cdp: CDPSession, at: Place, distancePx: number, speed: number): Promise<number[]> {
  await page.evaluate(() => {
    const frames: number[] = [];
    let last = performance.now();
    let running = true;
    const frame = (now: number): void => {
      frames.push(now - last);
      last = now;
      if (running) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    Object.assign(window, {
      endFrames: () => {
        running = false;
        // The first one began before there was a frame.
        return frames.slice(1);
      },
    });
  });
  for (const yDistance of [-distancePx, distancePx]) {
    await cdp.send('Input.synthesizeScrollGesture', {
      x: at.x,
      y: at.y,
      yDistance,
      speed,
      gestureSourceType: 'mouse',
      preventFling: true,
    });
  }
  return page.evaluate(() => (window as unknown as { endFrames(): number[] }).endFrames());
}
