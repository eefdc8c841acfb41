/** Every image of the lab. One line for a new one. */
import type { ImageRecipe } from './recipe.ts';
import { BUSYBOX } from './recipes/busybox.ts';
import { FAULT_TOOLS } from './recipes/fault-tools.ts';
import { KAFKA } from './recipes/kafka.ts';
import { PAUSE } from './recipes/pause.ts';
import { PRESTO } from './recipes/presto.ts';
import { TRINO } from './recipes/trino.ts';

export const RECIPES: readonly ImageRecipe[] = [PAUSE, BUSYBOX, FAULT_TOOLS, KAFKA, TRINO, PRESTO];
