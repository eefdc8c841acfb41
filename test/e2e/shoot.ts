/** Pictures of the workbench for a person to look at, as every script of them takes them: three themes, two widths. */
import { join } from 'node:path';
import type { Theme, Workbench } from './workbench.ts';

export const themes = ['dark', 'light', 'high-contrast-dark'] as const satisfies readonly Theme[];

const wide = 1600;

/** `heights`: at 1600 px of width, which the workbench has afterwards, and at 800. */
export function shooting(
  workbench: Workbench,
  { folder, theme, heights }: { readonly folder: string; readonly theme: Theme; readonly heights: readonly [number, number] },
): (name: string) => Promise<void> {
  const { page } = workbench;
  const [tall, low] = heights;
  return async (name) => {
    for (const [width, height] of [
      [wide, tall],
      [800, low],
    ] as const) {
      await page.setViewportSize({ width, height });
      // Two frames: one in which the layout is told, one in which it is drawn.
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
      await workbench.screenshot(join(folder, `${theme}-${width}-${name}.png`));
    }
    await page.setViewportSize({ width: wide, height: tall });
  };
}
