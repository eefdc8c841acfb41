/**
 * The recovery page on a run of 100,000 events (real page, real bundle, headless Chromium): from the journal's last byte to drawn lanes,
 * and how long a draw takes when the window is moved.
 */
import type { Page } from 'playwright-core';
import { Harness } from '../../webview/harness.ts';
import { ServedJournal } from '../../webview/latency-states.ts';
import { large, journalText } from '../../webview/recovery-states.ts';
import { measure } from '../part.ts';
import { atMost, median, percentile, type Finding } from '../table.ts';

const runs = 5;
const limitMs = 500;

await measure(async ({ progress }) => {
  const text = journalText(large);
  const events = text.split('\n').length - 2;
  if (events < 100_000) throw new Error(`the run has only ${events} events`);
  const harness = await Harness.start();
  try {
    const drawn: number[] = [];
    const moves: number[] = [];
    for (let i = 0; i < runs; i++) {
      const served = new ServedJournal('large', text, 'ended');
      const { page, problems } = await harness.openRecovery(served, { width: 1600, height: 900 });
      await page.waitForSelector('main:not([hidden]) .row.ov svg');
      await page.waitForFunction(() => performance.getEntriesByName('faultline-first-draw').length > 0);
      const { drawMs, moveMs } = await timed(page);
      if (problems.length > 0) throw new Error(problems.join('\n'));
      progress(`drawn in ${drawMs.toFixed(0)} ms; a move of the window ${median(moveMs).toFixed(0)} ms`);
      drawn.push(drawMs);
      moves.push(...moveMs);
      await page.close();
    }
    return findings(events, drawn, moves);
  } finally {
    await harness.stop();
  }
});

function findings(events: number, drawn: readonly number[], moves: readonly number[]): Finding[] {
  const counted = `${events.toLocaleString('en-US')} events`;
  return [
    atMost(
      'recovery timeline: all lanes drawn',
      median(drawn),
      limitMs,
      'ms',
      `${counted}, from projected journal to the frame after; max ${Math.max(...drawn).toFixed(0)}; n = ${drawn.length}`,
    ),
    atMost(
      'recovery timeline: the window moved',
      percentile(moves, 0.95),
      100,
      'ms',
      `p95 of ${moves.length} pans over the whole run; median ${median(moves).toFixed(0)}`,
    ),
  ];
}

/** The page draws anew when it is told its facts: all figures are made again from all events. */
async function timed(page: Page): Promise<{ readonly drawMs: number; readonly moveMs: readonly number[] }> {
  return page.evaluate(async () => {
    const marks = performance.getEntriesByName('faultline-first-draw');
    const first = marks[0]?.duration ?? Number.NaN;
    const button = [...document.querySelectorAll<HTMLButtonElement>('.windows button')].at(-1);
    button?.click();
    const strip = document.querySelector<HTMLElement>('.ov-plot');
    const moveMs: number[] = [];
    for (let i = 0; i < 20; i++) {
      const began = performance.now();
      strip?.dispatchEvent(
        new KeyboardEvent('keydown', { key: i === 0 ? '+' : i % 2 === 0 ? 'ArrowLeft' : 'ArrowRight', bubbles: true, cancelable: true }),
      );
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      moveMs.push(performance.now() - began);
    }
    return { drawMs: first, moveMs };
  });
}
