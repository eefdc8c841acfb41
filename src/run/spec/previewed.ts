/** Specs that break something are not run as benchmarks are. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';

/** Whoever can't preview does not run it: nothing is injected that was not previewed. */
export function mustBePreviewed(name: string): FaultlineError {
  return new FaultlineError('unsupported', {
    what: t('“{0}” breaks something, and its preview has to be confirmed first', name),
    remedy: t('Open its preview.'),
  });
}
