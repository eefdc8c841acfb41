/** Whom an encrypted connection to a broker trusts. The near end of a tunnel has no name of its own: the broker's is checked. */
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { namedOneOf } from '../base/certificate.ts';
import type { FirstBroker, KafkaAccess } from './client.ts';

export function tlsOptions({ caPem, certPem, keyPem }: NonNullable<KafkaAccess['tls']>, broker: FirstBroker): ConnectionOptions {
  const { host, certificateNames = [] } = broker;
  const names = certificateNames.length === 0 ? [host] : certificateNames;
  return {
    ...(caPem === undefined ? {} : { ca: caPem }),
    ...(certPem === undefined ? {} : { cert: certPem }),
    ...(keyPem === undefined ? {} : { key: keyPem }),
    // An address can't stand in a handshake.
    servername: names.find((name) => isIP(name) === 0) ?? '',
    checkServerIdentity: namedOneOf(names),
  };
}
