/** When a login runs out, read out of it. Nothing is verified here: the server does that. */
import { X509Certificate } from 'node:crypto';

/** Ms since the epoch; `undefined` where the token is no JWT or names no end. */
export function jwtExpiry(token: string | undefined): number | undefined {
  const [, payload] = token?.split('.') ?? [];
  if (payload === undefined) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    const expiry = typeof claims === 'object' && claims !== null && 'exp' in claims ? claims.exp : undefined;
    return typeof expiry === 'number' ? expiry * 1000 : undefined;
  } catch {
    return undefined;
  }
}

/** Ms since the epoch; `undefined` where it is no certificate. */
export function certificateExpiry(pem: string | Buffer): number | undefined {
  try {
    return Date.parse(new X509Certificate(pem).validTo);
  } catch {
    return undefined;
  }
}
