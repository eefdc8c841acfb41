/** *Compare engines*: its code is loaded with its first use. */
import type { Disposable } from '../../base/disposables.ts';
import type { Commands } from '../contribute.ts';
import type { CompareParts } from './compareEngines.ts';

export function registerCompareEngines({ commands, ...parts }: CompareParts & { readonly commands: Commands }): Disposable {
  return commands.register('faultline.compareEngines', async (argument, other) =>
    (await import('./compareEngines.ts')).compareEngines(parts, argument, other),
  );
}
