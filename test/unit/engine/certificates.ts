/** An authority of its own and a server's certificate by it, for tests: made by openssl. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from './support.ts';

export interface Certificates {
  /** PEM file. */
  readonly caFile: string;
  readonly key: string;
  readonly cert: string;
  remove(): Promise<void>;
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** `names`: "DNS:trino.shared.svc", "IP:10.0.0.1". */
export async function certificatesFor(...names: readonly string[]): Promise<Certificates> {
  return certificatesBy('authority', ...names);
}

/** `authority`: its name (CN). */
export async function certificatesBy(authority: string, ...names: readonly string[]): Promise<Certificates> {
  const folder = await temporaryFolder();
  const at = (file: string): string => join(folder.path, file);
  const openssl = (...args: readonly string[]): Promise<unknown> => promisify(execFile)('openssl', args);
  await openssl('req', '-x509', ...newKey, '-days', '1', '-subj', `/CN=${authority}`, '-keyout', at('ca.key'), '-out', at('ca.pem'));
  await openssl('req', ...newKey, '-subj', '/CN=server', '-keyout', at('key.pem'), '-out', at('request.pem'));
  await writeFile(at('names'), `subjectAltName=${names.join(',')}\n`);
  const signed = ['-req', '-in', at('request.pem'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '1'];
  await openssl('x509', ...signed, '-extfile', at('names'), '-out', at('cert.pem'));
  return {
    caFile: at('ca.pem'),
    key: await readFile(at('key.pem'), 'utf8'),
    cert: await readFile(at('cert.pem'), 'utf8'),
    remove: () => folder.remove(),
  };
}
