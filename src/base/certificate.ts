/** Certificates that may have any of several names. */
import { checkServerIdentity, type PeerCertificate } from 'node:tls';

/** For Node's `checkServerIdentity`. The error is that of the first name, which is the one that a person knows. */
export function namedOneOf(names: readonly string[]): (host: string, certificate: PeerCertificate) => Error | undefined {
  return (_, certificate) => {
    const errors = names.map((name) => checkServerIdentity(name, certificate));
    return errors.includes(undefined) ? undefined : errors[0];
  };
}
