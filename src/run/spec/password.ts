/** A spec names the variable that holds a password. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';

/** Fails: `invalid`. */
export function checkPassword(name: string): string {
  if (/^[A-Za-z_]\w*$/.test(name)) return name;
  throw new FaultlineError('invalid', {
    what: t('A password is never written into a spec'),
    remedy: t('Write the name of an environment variable that holds it, such as {0}.', 'FAULTLINE_PASSWORD'),
  });
}
