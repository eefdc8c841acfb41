/** A Kafka as the pod is told of it, with what the pod's environment holds of its login. */
import type { KafkaAccess } from '../../../../kafka/client.ts';
import { authorityVariable, passwordVariable, type ProgramAccess } from '../../protocol.ts';
import { placeOf } from './line.ts';

export function kafkaAccessOf(
  { address, user, mechanism = 'SCRAM-SHA-512', tls }: ProgramAccess,
  env: NodeJS.ProcessEnv,
): Pick<KafkaAccess, 'bootstrap' | 'sasl' | 'tls'> {
  const caPem = env[authorityVariable];
  return {
    bootstrap: address.split(',').map((one) => {
      const { host, port } = placeOf(one.trim());
      return { host, port };
    }),
    ...(user === undefined ? {} : { sasl: { mechanism, user, password: env[passwordVariable] ?? '' } }),
    ...(tls === undefined ? {} : { tls: caPem === undefined ? {} : { caPem } }),
  };
}
