/** Pictures of a page in each scene, theme and width, for a person to look at. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { Harness, type OpenOptions, type Theme } from './harness.ts';

export interface Pictures<Scene> {
  readonly scenes: Readonly<Record<string, Scene>>;
  /** Begins the names of the files. */
  readonly prefix?: string;
  /** Beyond what the window shows. */
  readonly fullPage?: boolean;
  /** Answers when the scene can be seen. */
  readonly open: (
    harness: Harness,
    scene: Scene,
    options: OpenOptions,
  ) => Promise<{ readonly page: Page; readonly problems: readonly string[] }>;
}

/** The program's arguments: FOLDER [part of a name]. */
export async function takePictures<Scene>({ scenes, prefix = '', fullPage = false, open }: Pictures<Scene>): Promise<void> {
  const [folder, only = ''] = process.argv.slice(2);
  if (folder === undefined) throw new Error('a folder for the pictures is missing');
  await mkdir(folder, { recursive: true });
  const harness = await Harness.start();
  try {
    for (const [name, scene] of Object.entries(scenes)) {
      for (const theme of ['dark', 'light', 'hc'] satisfies Theme[]) {
        for (const width of [800, 1280, 1600]) {
          const file = `${prefix}${name}-${theme}-${width}.png`;
          if (!file.includes(only)) continue;
          const { page, problems } = await open(harness, scene, { theme, width, height: 860 });
          await page.screenshot({ path: join(folder, file), fullPage });
          if (problems.length > 0) console.log(file, problems);
          await page.close();
        }
      }
    }
  } finally {
    await harness.stop();
  }
}
