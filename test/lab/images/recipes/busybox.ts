/** The image that tests use everywhere: a dynamic busybox (the static one fails in name look-ups) and its applets. */
import { debian } from '../debian.ts';
import type { ImageRecipe } from '../recipe.ts';

export const BUSYBOX: ImageRecipe = {
  short: 'busybox',
  name: 'docker.io/library/busybox:1.36',
  aliases: ['docker.io/library/busybox:latest'],
  layers: [debian(['busybox'], { above: [] })],
  config: { cmd: ['sh'], env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' } },
};
