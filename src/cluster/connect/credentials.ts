/**
 * What proves to an API server who asks: headers and TLS material, renewed before they run out. OIDC and the TLS files are
 * `@kubernetes/client-node`'s; login programs, token files and impersonation are ours: there a program has no bound, knows nothing of
 * the cluster, and is not asked again when the server refuses what it gave.
 */
import type { RequestOptions } from 'node:https';
import { readFile } from 'node:fs/promises';
import type { KubeConfig, User } from '@kubernetes/client-node';
import type { Clock } from '../../base/clock.ts';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { Authenticator } from './clientNode.ts';
import { loginCode, runExecPlugin, type ExecCredential } from './execPlugin.ts';
import { certificateExpiry, jwtExpiry } from './expiry.ts';
import { field } from './kubeconfig.ts';
import { renewal } from './login.ts';
import type { ContextSettings } from './settings.ts';

export interface Credentials {
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly tls: TlsMaterial;
  /** Other TLS material than before has another one: connections can't be kept then. */
  readonly tlsKey: string;
}

export interface TlsMaterial {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

export interface CredentialOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly execTimeoutMs: number;
  readonly signal: AbortSignal;
}

/** A token file is read again after this: kubelets rotate theirs long before it runs out. */
const tokenFileMs = 10_000;
/** What runs out within this is renewed already. */
const expiryMarginMs = 10_000;
/** A login that is refused is asked for again when it is older than this. */
const execAgainMs = 5_000;
const execFailureMs = 30_000;
/** Name of the provider that users with a login program or a token file get. */
const ours = 'faultline';

export class CredentialSource {
  readonly config: KubeConfig;
  readonly #settings: ContextSettings;
  readonly #options: CredentialOptions;
  #execRunning: Promise<ExecCredential> | undefined;
  #execFailure: { readonly error: unknown; readonly untilMs: number } | undefined;
  #execAtMs = -Infinity;
  #execDone: ExecCredential | undefined;
  #pending: Promise<Credentials> | undefined;
  #token: { readonly text: string; readonly readAtMs: number } | undefined;
  #current: { readonly credentials: Credentials; readonly untilMs: number } | undefined;

  constructor(
    config: KubeConfig,
    settings: ContextSettings,
    contextName: string,
    namespace: string | undefined,
    options: CredentialOptions,
  ) {
    this.config = config;
    this.#settings = settings;
    this.#options = options;
    config.addAuthenticator(this.#authenticator());
    config.loadFromOptions({
      clusters: [clusterOf(settings)],
      users: [userOf(settings)],
      contexts: [{ name: contextName, cluster: 'cluster', user: 'user', ...(namespace === undefined ? {} : { namespace }) }],
      currentContext: contextName,
    });
  }

  /** Fails: `unauthorised`, `timedOut` (a login program), `notFound` (a file that the kubeconfig names), `cancelled`. */
  get(): Promise<Credentials> {
    if (this.#current !== undefined && this.#options.clock.wallMs() < this.#current.untilMs)
      return Promise.resolve(this.#current.credentials);
    this.#pending ??= this.#fresh().finally(() => (this.#pending = undefined));
    return this.#pending;
  }

  async #fresh(): Promise<Credentials> {
    const options: RequestOptions = { headers: {} };
    try {
      await this.#bounded(this.config.applyToHTTPSOptions(options));
    } catch (error) {
      throw this.#failure(error);
    }
    const credentials = credentialsOf(options);
    this.#current = { credentials, untilMs: this.#untilMs(this.#options.clock.wallMs()) };
    return credentials;
  }

  /** The server did not take these. Whether others may come of asking again: then the next `get` does so. */
  refused(used: Credentials): boolean {
    // Another request was refused before, and new ones are there or on their way.
    if (this.#current?.credentials !== used) return true;
    const { user } = this.#settings;
    // What a program gave a moment ago and was refused, it would give again.
    if (user.exec !== undefined && this.#options.clock.monotonicMs() - this.#execAtMs < execAgainMs) return false;
    this.#current = undefined;
    this.#token = undefined;
    this.#execDone = undefined;
    if (user.exec !== undefined) return true;
    // Files may hold something newer than what was sent.
    return user.tokenFile !== undefined || user.certFile !== undefined || user.authProvider !== undefined;
  }

  /** Whatever is remembered, failures too. */
  forget(): void {
    this.#current = undefined;
    this.#token = undefined;
    this.#execDone = undefined;
    this.#execFailure = undefined;
    this.#execAtMs = -Infinity;
  }

  /** When a login that was sent ran out, where that can be known. */
  expiredMs(sent: Credentials): number | undefined {
    const certificate = sent.tls.cert;
    const expiry =
      this.#execDone?.expiresMs ??
      jwtExpiry(bearerOf(sent) ?? idToken(this.#settings.user.authProvider?.config)) ??
      (certificate === undefined ? undefined : certificateExpiry(certificate));
    return expiry !== undefined && expiry < this.#options.clock.wallMs() ? expiry : undefined;
  }

  get remedy(): string {
    return renewal(this.#settings.user);
  }

  /** An OIDC issuer that never answers must not hold a request; a login program has the same bound of its own, and its own words. */
  async #bounded(login: Promise<void>): Promise<void> {
    const { execTimeoutMs } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<never>((_resolve, reject) => {
      const error = new FaultlineError('timedOut', {
        what: t('There was no login within {0} s', execTimeoutMs / 1000),
        remedy: this.remedy,
        code: loginCode,
      });
      timer = setTimeout(() => reject(error), execTimeoutMs + 500);
    });
    await Promise.race([login, over]).finally(() => clearTimeout(timer));
  }

  #untilMs(now: number): number {
    const { user } = this.#settings;
    if (user.exec !== undefined) return (this.#execDone?.expiresMs ?? Infinity) - expiryMarginMs;
    if (user.tokenFile !== undefined) return now + tokenFileMs;
    // Its own code looks at the time of the token at each call.
    if (user.authProvider !== undefined) return now;
    // Certificates that a file names are replaced by whoever renews them.
    return user.certFile === undefined ? Infinity : now + tokenFileMs;
  }

  #authenticator(): Authenticator {
    return {
      isAuthProvider: (user: User) => field(user.authProvider, 'name') === ours,
      applyAuthentication: async (_user: User, options) => {
        const { user } = this.#settings;
        const headers: Record<string, unknown> = Object.fromEntries(Object.entries(options.headers ?? {}));
        options.headers = headers as NonNullable<typeof options.headers>;
        if (user.exec !== undefined) {
          const { token, cert, key } = await this.#execCredential();
          if (token !== undefined) headers['Authorization'] = `Bearer ${token}`;
          if (cert !== undefined) options.cert = cert;
          if (key !== undefined) options.key = key;
        } else if (user.tokenFile !== undefined) {
          headers['Authorization'] = `Bearer ${await this.#fileToken(user.tokenFile)}`;
        } else if (user.token !== undefined) {
          headers['Authorization'] = `Bearer ${user.token}`;
        }
        const as = user.impersonate;
        if (as === undefined) return;
        headers['Impersonate-User'] = as.user;
        if (as.uid !== undefined) headers['Impersonate-Uid'] = as.uid;
        if (as.groups.length > 0) headers['Impersonate-Group'] = as.groups;
        for (const [name, values] of Object.entries(as.extra)) headers[`Impersonate-Extra-${encodeURIComponent(name)}`] = values;
      },
    };
  }

  /** One run of the program for all who wait for it; a failure holds for a while, or each watch of the cluster would start it again. */
  async #execCredential(): Promise<ExecCredential> {
    const { user, cluster } = this.#settings;
    if (user.exec === undefined) return {};
    const { clock, env, execTimeoutMs, signal } = this.#options;
    const known = this.#execDone;
    if (known !== undefined && clock.wallMs() < (known.expiresMs ?? Infinity) - expiryMarginMs) return known;
    const failure = this.#execFailure;
    if (failure !== undefined && clock.monotonicMs() < failure.untilMs) throw failure.error;
    if (this.#execRunning === undefined) {
      this.#execFailure = undefined;
      this.#execRunning = runExecPlugin(user.exec, cluster, { env, timeoutMs: execTimeoutMs, signal })
        .then((credential) => {
          this.#execAtMs = clock.monotonicMs();
          return (this.#execDone = credential);
        })
        .catch((error: unknown) => {
          this.#execFailure = { error, untilMs: clock.monotonicMs() + execFailureMs };
          throw error;
        })
        .finally(() => (this.#execRunning = undefined));
    }
    return this.#execRunning;
  }

  async #fileToken(file: string): Promise<string> {
    const now = this.#options.clock.wallMs();
    if (this.#token !== undefined && now - this.#token.readAtMs < tokenFileMs) return this.#token.text;
    const text = (await readFile(file, 'utf8')).trim();
    this.#token = { text, readAtMs: now };
    return text;
  }

  #failure(error: unknown): FaultlineError {
    if (FaultlineError.is(error)) return error;
    const path = error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : undefined;
    if (path !== undefined) {
      return new FaultlineError(
        'notFound',
        { what: t('{0}, which the kubeconfig names, can’t be read', path), remedy: this.remedy },
        error,
      );
    }
    return new FaultlineError(
      'unauthorised',
      {
        what: t('There is no login to be had for this cluster'),
        meaning: error instanceof Error ? error.message : String(error),
        remedy: this.remedy,
      },
      error,
    );
  }
}

/** `@kubernetes/client-node` refuses plain HTTP (a proxy of kubectl's) unless nothing is to be verified, and nothing is there. */
function clusterOf({ cluster }: ContextSettings): object {
  const isPlain = cluster.server.startsWith('http:');
  return {
    name: 'cluster',
    server: cluster.server,
    caData: cluster.caData,
    caFile: cluster.caFile,
    skipTLSVerify: cluster.insecure || isPlain,
    tlsServerName: cluster.tlsServerName,
  };
}

function userOf({ user }: ContextSettings): object {
  const isOurs = user.authProvider === undefined;
  return {
    name: 'user',
    certData: user.certData,
    certFile: user.certFile,
    keyData: user.keyData,
    keyFile: user.keyFile,
    username: user.username,
    password: user.password,
    authProvider: isOurs ? { name: ours, config: {} } : { name: user.authProvider?.name, config: { ...user.authProvider?.config } },
    impersonateUser: isOurs ? undefined : user.impersonate?.user,
  };
}

function credentialsOf(options: RequestOptions): Credentials {
  const headers: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (typeof value === 'string') headers[name] = value;
    else if (Array.isArray(value)) headers[name] = value.map(String);
  }
  if (typeof options.auth === 'string') headers['Authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  const { servername, rejectUnauthorized } = options;
  const tls: TlsMaterial = {
    ...material('ca', options.ca),
    ...material('cert', options.cert),
    ...material('key', options.key),
    ...(servername === undefined ? {} : { servername }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  };
  return { headers, tls, tlsKey: [tls.ca, tls.cert, tls.key].map((part) => part?.toString() ?? '').join('\n') };
}

function material(name: 'ca' | 'cert' | 'key', value: unknown): TlsMaterial {
  return typeof value === 'string' || Buffer.isBuffer(value) ? { [name]: value } : {};
}

function bearerOf(credentials: Credentials | undefined): string | undefined {
  const header = credentials?.headers['Authorization'];
  return typeof header === 'string' && header.startsWith('Bearer ') ? header.slice('Bearer '.length) : undefined;
}

function idToken(config: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const token = config?.['id-token'];
  return typeof token === 'string' ? token : undefined;
}
