/** Which clusters the lab made: they are there to be tried on. */
import { X509Certificate } from 'node:crypto';
import type { ClusterConnection } from '../connect/connection.ts';

/** As the lab's own authority is called. */
const LAB_AUTHORITY = 'CN=faultline-lab';
const KIND_CONTEXT = /^kind-faultline-lab-\d$/;
const LOOPBACK = /^https:\/\/(?:127\.0\.0\.1|localhost|\[::1\]):/;

/**
 * A context's name says nothing: it may lead anywhere. It goes by the authority that the server's certificate is checked with; kind's is
 * called like all others, so that one also has to be on this machine. Fails as `ClusterConnection.authority`.
 */
export async function isLab({
  context,
  server,
  authority,
}: Pick<ClusterConnection, 'server' | 'authority'> & { readonly context: { readonly name: string } }): Promise<boolean> {
  const pem = await authority();
  if (pem === undefined) return false;
  return subjectOf(pem) === LAB_AUTHORITY || (KIND_CONTEXT.test(context.name) && LOOPBACK.test(server));
}

function subjectOf(pem: string): string | undefined {
  try {
    return new X509Certificate(pem).subject;
  } catch {
    return undefined;
  }
}
