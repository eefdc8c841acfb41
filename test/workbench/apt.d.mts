import type { Progress } from './cache.mjs';
import { SetupError } from './cache.mjs';

export class AptError extends SetupError {}
export function ensureApt(packages: readonly string[], progress: Progress): Promise<void>;
