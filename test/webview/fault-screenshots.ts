/**
 * Pictures of the page on which something is broken, in each state, theme and width, for a person to look at:
 *   node test/webview/fault-screenshots.ts FOLDER [part of a name]
 */
import type { PageState } from '../../src/ui/panels/fault/protocol.ts';
import { faultStates } from './fault-states.ts';
import { takePictures } from './pictures.ts';

await takePictures<() => Promise<PageState>>({
  scenes: faultStates,
  prefix: 'fault-',
  open: async (harness, scene, options) => {
    const { page, problems } = await harness.openFault(await scene(), options);
    const input = page.locator('.go .ask input').first();
    if ((await input.count()) > 0) await input.fill((await page.locator('.go .ask b').first().textContent()) ?? '');
    return { page, problems };
  },
});
