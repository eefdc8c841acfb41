/** What a person gives to be let in to a Kafka cluster. Browser-safe. */
import { FaultlineError } from './errors.ts';

export const saslMechanisms = ['SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN'] as const;
export type SaslMechanism = (typeof saslMechanisms)[number];

export interface KafkaLogin {
  /** The name of the listener that it is for; the first that takes it without. */
  readonly listener?: string;
  readonly sasl?: {
    /** Without it the first that the listener names, else SCRAM-SHA-512, which tells the password to nobody. */
    readonly mechanism?: SaslMechanism;
    readonly user: string;
    readonly password: string;
  };
  /** Where the listener does not say whether it speaks TLS. */
  readonly isTls?: boolean;
  /** Authorities that its certificate may be signed by; those that this machine trusts without. */
  readonly caPem?: string;
}

/** Kafka itself said no. A login that Kubernetes refuses is another matter. */
export function isRefusedLogin(error: unknown): boolean {
  return FaultlineError.is(error, 'unauthorised') && error.facts.code?.includes('SASL') === true;
}

/** PEM, by its first line alone. */
export function isCertificate(text: string): boolean {
  return text.includes('-----BEGIN CERTIFICATE-----');
}
