/**
 * Is a server there, and does it let us in? Step by step, so that a person sees which step fails: the name, the port, the
 * certificate, the password, or the engine behind them.
 */
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { cancelled, FaultlineError, normalise } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { Reach, ReachedServer, ServerTarget } from '../base/target.ts';
import { askClickHouse, type Asked } from './check-clickhouse.ts';
import { codeOf } from './trino/errors.ts';
import { serverTls, wrongName } from './tls.ts';
import { openTrino } from './trino/trino.ts';

/** `reach` stands in place of `dns` and `tcp` for a server in a Kubernetes cluster. */
export type CheckStepName = 'reach' | 'dns' | 'tcp' | 'tls' | 'auth' | 'engine';

export interface CheckStep {
  readonly step: CheckStepName;
  readonly state: 'running' | 'ok' | 'failed' | 'skipped';
  /** One sentence without a full stop. */
  readonly text: string;
  readonly remedy?: string;
  readonly durationMs: number;
}

export interface CheckOptions {
  readonly reach: Reach;
  readonly password?: string;
  readonly signal: AbortSignal;
}

/** Each of the first steps has so long; the engine's has twice as long for its statement. */
const STEP_LIMIT_MS = 10_000;

/**
 * Each step first as `running`, then with its outcome; after the first one that failed the rest is `skipped`. Fails only with
 * `cancelled`. Nothing stays open afterwards.
 */
export async function* checkServer(target: ServerTarget, options: CheckOptions): AsyncGenerator<CheckStep, void, undefined> {
  const check = new Check(target, options);
  let failed = false;
  try {
    for (const [step, doing, work] of check.steps()) {
      if (failed) {
        yield { step, state: 'skipped', text: t('Not tried'), durationMs: 0 };
        continue;
      }
      yield { step, state: 'running', text: doing, durationMs: 0 };
      const start = performance.now();
      const outcome = await work().catch(failureOf);
      if (options.signal.aborted) throw cancelled();
      failed = outcome.state === 'failed';
      yield { step, durationMs: performance.now() - start, ...outcome };
    }
  } finally {
    await check.end();
  }
}

type Outcome = Pick<CheckStep, 'state' | 'text' | 'remedy'>;
type Step = readonly [step: CheckStepName, doing: string, work: () => Promise<Outcome>];

class Check {
  readonly #target: ServerTarget;
  readonly #options: CheckOptions;
  #reached: ReachedServer | undefined;
  #engine: Asked | undefined;
  /** It failed before it came to the password, which is then not at fault. */
  #notAsked: unknown;

  constructor(target: ServerTarget, options: CheckOptions) {
    this.#target = target;
    this.#options = options;
  }

  steps(): readonly Step[] {
    const { at } = this.#target;
    const way: readonly Step[] =
      at.kind === 'kubernetes'
        ? [['reach', t('Going to {0} in {1}', at.service, at.namespace), () => this.#reach()]]
        : [
            ['dns', t('Looking up {0}', hostOf(at.url)), () => lookUp(hostOf(at.url))],
            ['tcp', t('Connecting to port {0}', portOf(at.url)), () => this.#connect(at.url)],
          ];
    return [
      ...way,
      ['tls', t('Checking the certificate'), () => this.#tls()],
      ['auth', t('Logging in as {0}', this.#target.user), () => this.#logIn()],
      ['engine', t('Running a statement'), () => this.#run()],
    ];
  }

  async end(): Promise<void> {
    await this.#engine?.end();
    await this.#reached?.close();
  }

  async #reach(): Promise<Outcome> {
    const { at } = this.#target;
    this.#reached = await this.#options.reach(at, this.#options.signal);
    return ok(this.#reached.path === 'portForward' ? t('Reached by a port-forward') : t('Reached'));
  }

  async #connect(url: string): Promise<Outcome> {
    const [host, port] = [hostOf(url), portOf(url)];
    const socket = connect({ host, port });
    try {
      await once(socket, 'connect', { signal: this.#limit() });
      await this.#reach();
      return ok(t('Port {0} is open', port));
    } catch (error) {
      return failed(
        t('{0} does not answer on port {1} ({2})', host, port, reasonOf(error)),
        t('Check the port, that the server runs, and that no firewall stands between.'),
      );
    } finally {
      socket.destroy();
    }
  }

  async #tls(): Promise<Outcome> {
    const reached = this.#reached;
    if (reached === undefined) throw new Error('A certificate is asked for after the server was reached');
    const { url } = reached;
    if (!url.startsWith('https:')) return { state: 'skipped', text: t('The connection is not encrypted (http)') };
    const host = hostOf(url);
    const socket = connectTls({
      host,
      port: portOf(url),
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(await serverTls(this.#target, reached)).options,
    });
    try {
      await once(socket, 'secureConnect', { signal: this.#limit() });
      return ok(t('{0}, certificate valid until {1}', socket.getProtocol() ?? 'TLS', socket.getPeerCertificate().valid_to));
    } catch (error) {
      return failed(...(wrongName(error) ?? certificateWords(reasonOf(error))));
    } finally {
      socket.destroy();
    }
  }

  async #logIn(): Promise<Outcome> {
    const { reached, password, signal } = { reached: this.#reached, ...this.#options };
    if (reached === undefined) throw new Error('A server is asked after it was reached');
    const limit = AbortSignal.any([signal, AbortSignal.timeout(2 * STEP_LIMIT_MS)]);
    const ask = this.#target.engine === 'clickhouse' ? askClickHouse : askTrino;
    try {
      this.#engine = await ask(this.#target, reached, password, limit);
    } catch (error) {
      if (FaultlineError.is(error, 'unauthorised') || FaultlineError.is(error, 'forbidden')) throw error;
      this.#notAsked = error;
      return { state: 'skipped', text: t('Nothing answered that could ask for it') };
    }
    return ok(password === undefined ? t('{0} is let in without a password', this.#target.user) : t('{0} is let in', this.#target.user));
  }

  async #run(): Promise<Outcome> {
    if (this.#engine === undefined) throw this.#notAsked;
    return ok(t('{0} answers', await this.#engine.answer()));
  }

  #limit(): AbortSignal {
    return AbortSignal.any([this.#options.signal, AbortSignal.timeout(STEP_LIMIT_MS)]);
  }
}

/** Trino and Presto say who they are to anybody: only a statement shows whether the user is let in. */
async function askTrino(target: ServerTarget, reached: ReachedServer, password: string | undefined, signal: AbortSignal): Promise<Asked> {
  // It is closed with the check, and not with the engine.
  const open = { ...reached, close: () => Promise.resolve() };
  const engine = await openTrino(target, open, {
    source: 'faultline',
    retryForMs: STEP_LIMIT_MS,
    ...(password === undefined ? {} : { password }),
  });
  const events = engine.query('SELECT 1', {}, signal)[Symbol.asyncIterator]();
  try {
    await events.next();
  } catch (error) {
    await engine.close();
    throw error;
  }
  return {
    async answer() {
      while ((await events.next()).done !== true);
      return engine.facts.title;
    },
    async end() {
      await events.return?.();
      await engine.close();
    },
  };
}

async function lookUp(host: string): Promise<Outcome> {
  if (isIP(host) !== 0) return { state: 'skipped', text: t('{0} is an address: there is nothing to look up', host) };
  try {
    const addresses = await lookup(host, { all: true });
    return ok(t('{0} is {1}', host, addresses.map(({ address }) => address).join(', ')));
  } catch (error) {
    return failed(
      t('There is no address for {0} ({1})', host, reasonOf(error)),
      t('Check the spelling, and whether a VPN has to be on for this name.'),
    );
  }
}

function certificateWords(code: string): readonly [text: string, remedy: string] {
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return [t('The server’s certificate has expired'), t('Whoever runs the server has to renew it.')];
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_GET_ISSUER_CERT':
      return [
        t('This machine does not know who signed the server’s certificate ({0})', code),
        t('Name the PEM file of that authority in the connection.'),
      ];
    default:
      return [t('No encrypted connection came about ({0})', code), t('Check whether this port speaks https; if it does not, use http.')];
  }
}

function failureOf(error: unknown): Outcome {
  const { facts } = normalise(error);
  const text = facts.meaning === undefined ? facts.what : `${facts.what}. ${facts.meaning}`;
  return failed(text, facts.remedy);
}

function ok(text: string): Outcome {
  return { state: 'ok', text };
}

function failed(text: string, remedy?: string): Outcome {
  return { state: 'failed', text, ...(remedy === undefined ? {} : { remedy }) };
}

function reasonOf(error: unknown): string {
  return error instanceof Error && error.name === 'AbortError' ? t('no answer within {0} s', STEP_LIMIT_MS / 1000) : codeOf(error);
}

function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, '');
}

function portOf(url: string): number {
  const { port, protocol } = new URL(url);
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
}
