import type { Progress } from './cache.mjs';
import type { SetupError } from './cache.mjs';

export const CODE_SERVER_PACKAGES: readonly string[];
export class AptError extends SetupError {}
export function ensureApt(packages: readonly string[], progress: Progress): Promise<void>;
