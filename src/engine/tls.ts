/** How a server's certificate is judged, the same for every client of ours. It is always judged. */
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { rootCertificates, type PeerCertificate } from 'node:tls';
import { namedOneOf } from '../base/certificate.ts';
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { ReachedServer, ServerTarget } from '../base/target.ts';

export interface TlsOptions {
  readonly ca?: string[];
  /** What the server is asked for (SNI). */
  readonly servername?: string;
  readonly checkServerIdentity?: (host: string, certificate: PeerCertificate) => Error | undefined;
}

export interface ServerTls {
  readonly options: TlsOptions;
  /** What the requests call the server in place of the address that they go to: Trino refuses a `Host` that its certificate does not name. */
  readonly host?: string;
}

/** Of a server without TLS nothing is said. Fails with `notFound` when the authority's file can't be read. */
export async function serverTls(target: ServerTarget, reached: ReachedServer): Promise<ServerTls> {
  const { protocol, hostname } = new URL(reached.url);
  if (protocol !== 'https:') return { options: {} };
  const ca = target.caFile === undefined ? {} : { ca: [...rootCertificates, await authority(target.caFile)] };
  const asked = target.tlsServerName ?? reached.serverName;
  if (asked === undefined) return { options: ca };
  const names = target.tlsServerName === undefined ? [...serviceNames(asked), hostname.replace(/^\[|\]$/g, '')] : [asked];
  return {
    options: { ...ca, ...(isIP(asked) === 0 ? { servername: asked } : {}), checkServerIdentity: namedOneOf(names) },
    host: asked,
  };
}

/** "trino.data.svc" → also the shorter and the longer names that the same Service has in its cluster. */
function serviceNames(name: string): readonly string[] {
  const [service = '', namespace = ''] = name.split('.');
  return [name, `${name}.cluster.local`, `${service}.${namespace}`, service];
}

/** Sentence and remedy for a certificate that is for another name; undefined for any other error. */
export function wrongName(error: unknown): readonly [what: string, remedy: string] | undefined {
  const found = misnamed(error);
  if (found === undefined) return undefined;
  const { host, names } = found;
  return [
    names === ''
      ? t('The server’s certificate is for another name than {0}: it has none', host)
      : t('The server’s certificate is for another name than {0}: it is for {1}', host, names),
    names === ''
      ? t('Whoever runs the server has to give it a certificate with a name.')
      : t('If this is the right server, set one of these as its TLS server name in the connection.'),
  ];
}

function misnamed(error: unknown): { readonly host: string; readonly names: string } | undefined {
  if (!(error instanceof Error)) return undefined;
  if (!('code' in error) || error.code !== 'ERR_TLS_CERT_ALTNAME_INVALID') return misnamed(error.cause);
  const host = 'host' in error && typeof error.host === 'string' ? error.host : '';
  const cert: unknown = 'cert' in error ? error.cert : undefined;
  const alternatives =
    typeof cert === 'object' && cert !== null && 'subjectaltname' in cert && typeof cert.subjectaltname === 'string'
      ? cert.subjectaltname
      : '';
  return { host, names: alternatives.replace(/\b(?:DNS|IP Address):/g, '').slice(0, maxNamesCharacters) };
}

/** Certificates of large sites name hundreds. */
const maxNamesCharacters = 300;

async function authority(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const facts = {
      what: t('The file of the certificate authority can’t be read: {0}', file),
      remedy: t('Correct the path in the connection.'),
    };
    throw new FaultlineError('notFound', facts, error);
  }
}
