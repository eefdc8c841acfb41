/** Who asks, in the words of trino-client: its class for a name and a password, and a client of it that asks about queries. */
import type { Trino } from 'trino-client';
import type { ServerTls } from '../tls.ts';

export interface Credentials {
  /** Of each request. */
  readonly headers: Readonly<Record<string, string>>;
  /** `userHeader`: `X-Presto-User` for a server that does not know Trino's. */
  client(url: string, source: string, userHeader: string, tls: ServerTls): Promise<Trino>;
}

/** The package is loaded here and not with this file: it brings an HTTP client of its own. */
export async function credentialsOf(user: string, password: string | undefined): Promise<Credentials> {
  const auth = password === undefined ? undefined : new (await import('./client.ts')).BasicAuth(user, password);
  const headers: Record<string, string> = {};
  if (auth !== undefined) headers['authorization'] = `Basic ${Buffer.from(`${auth.username}:${auth.password ?? ''}`).toString('base64')}`;
  return {
    headers,
    async client(url, source, userHeader, tls) {
      const { Trino } = await import('./client.ts');
      return Trino.create({
        server: url,
        source,
        ssl: tls.options,
        // The package would else name the user of this machine.
        extraHeaders: { 'X-Trino-User': user, [userHeader]: user, ...(tls.host === undefined ? {} : { host: tls.host }) },
        ...(auth === undefined ? {} : { auth }),
      });
    },
  };
}
