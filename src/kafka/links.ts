/**
 * One connection to each broker, made when it is first needed and again after it broke. Everything that is sent passes `ask`.
 * A broker that does not answer delays nobody but those who ask it.
 */
import { Connection, apiVersionsV3 } from '@platformatic/kafka';
import { FaultlineError, cancelled } from '../base/errors.ts';
import { isRefusedLogin } from '../base/kafkaLogin.ts';
import type { FirstBroker, HostPort, KafkaAccess } from './client.ts';
import { isOfCertificate, kafkaError, timedOut, unreachable, unsupported } from './errors.ts';
import type { Doing } from './errors.ts';
import type { Request } from './requests.ts';
import { t } from '../base/messages.ts';
import { tlsOptions } from './tls.ts';

const CONNECT_LIMIT_MS = 5000;
const ANSWER_LIMIT_MS = 15_000;
/** Of those who may answer: how long the first is waited for until the next is asked too. */
const NEXT_AFTER_MS = 700;
/** While no broker has taken the login yet: a wrong one should be tried at one of them. A login is several questions long. */
const NEXT_LOGIN_AFTER_MS = 2500;
/** A broker works on one request of a connection at a time: more would only wait there. */
const UNANSWERED = 32;

interface Link {
  readonly connection: Connection;
  /** By a request's key: the oldest and newest version that the broker knows. */
  readonly versions: ReadonlyMap<number, readonly [number, number]>;
  readonly doing: Doing;
}

export class Links {
  readonly access: KafkaAccess;
  readonly answerLimitMs: number;
  readonly #links = new Map<string, Promise<Link>>();
  readonly #open = new Set<Connection>();
  /** Brokers that have answered and are still connected. */
  readonly #ready = new Set<string>();
  readonly #life = new AbortController();
  #refused: FaultlineError | undefined;

  constructor(access: KafkaAccess) {
    this.access = access;
    this.answerLimitMs = access.requestTimeoutMs ?? ANSWER_LIMIT_MS;
  }

  /** Aborts when it is closed. */
  get life(): AbortSignal {
    return this.#life.signal;
  }

  /** Fails as the library does when Kafka answers with an error, else with a FaultlineError. */
  async ask<A extends readonly unknown[], R>(broker: FirstBroker, request: Request<A, R>, args: A, signal: AbortSignal): Promise<R> {
    const link = await this.to(broker, signal);
    const version = newest(request, link);
    return within(version.async(link.connection, ...args), signal);
  }

  /** Of the first that answers, asked one after the other; the next early when one hesitates, where nothing is done twice by that. */
  async askAny<A extends readonly unknown[], R>(
    brokers: readonly FirstBroker[],
    request: Request<A, R>,
    args: A,
    signal: AbortSignal,
    mayBeDoubled = true,
  ): Promise<R> {
    const over = new AbortController();
    const both = AbortSignal.any([signal, over.signal]);
    const failures: unknown[] = [];
    try {
      return await new Promise<R>((resolve, reject) => {
        let next = 0;
        let running = 0;
        const start = (): void => {
          const broker = brokers[next++];
          if (broker === undefined) {
            if (running === 0) reject(failures.length === 1 ? failures[0] : nobody(failures));
            return;
          }
          running++;
          const nextAfterMs = this.access.sasl !== undefined && this.#ready.size === 0 ? NEXT_LOGIN_AFTER_MS : NEXT_AFTER_MS;
          const hesitates = mayBeDoubled ? setTimeout(start, nextAfterMs) : undefined;
          both.addEventListener('abort', () => clearTimeout(hesitates), { once: true });
          this.ask(broker, request, args, both).then(resolve, (error: unknown) => {
            clearTimeout(hesitates);
            running--;
            failures.push(error);
            // Only a broker that cannot be asked is worth another one; what Kafka says, it says anywhere.
            if (both.aborted || isAnswer(error) || isTelling(error)) reject(error);
            else start();
          });
        };
        start();
      });
    } finally {
      over.abort();
    }
  }

  /** Resolves when the broker has answered once; several who want it share one attempt. */
  async to(broker: FirstBroker, signal: AbortSignal): Promise<Link> {
    const key = `${broker.host}:${broker.port}`;
    let link = this.#links.get(key);
    if (link === undefined) {
      if (this.#refused !== undefined) throw this.#refused;
      const gone = (): void => {
        this.#ready.delete(key);
        this.#links.delete(key);
      };
      link = this.#dial(broker, gone);
      this.#links.set(key, link);
      link.then(() => this.#links.has(key) && this.#ready.add(key), gone);
    }
    return within(link, signal);
  }

  /** It has answered, and is connected. */
  isReady(broker: HostPort): boolean {
    return this.#ready.has(`${broker.host}:${broker.port}`);
  }

  async close(): Promise<void> {
    this.#life.abort();
    await Promise.allSettled([...this.#open].map(async (connection) => called((done) => connection.close(done))));
  }

  async #dial(broker: FirstBroker, gone: () => void): Promise<Link> {
    const { route, sasl, tls, clientId, connectTimeoutMs = CONNECT_LIMIT_MS } = this.access;
    const limit = AbortSignal.any([this.#life.signal, AbortSignal.timeout(connectTimeoutMs)]);
    let doing: Doing = { broker, ...(sasl === undefined ? {} : { user: sasl.user, mechanism: sasl.mechanism }) };
    let connection: Connection | undefined;
    /** Of the socket: who waits for an answer hears only that it was closed. */
    let broken: unknown;
    try {
      const via = route === undefined ? broker : await within(route(broker, limit), limit);
      doing = { ...doing, via };
      connection = new Connection(clientId, {
        connectTimeout: connectTimeoutMs,
        requestTimeout: this.answerLimitMs,
        maxInflights: UNANSWERED,
        ...(sasl === undefined ? {} : { sasl: { mechanism: sasl.mechanism, username: sasl.user, password: sasl.password } }),
        ...(tls === undefined ? {} : { tls: tlsOptions(tls, broker) }),
      });
      this.#open.add(connection);
      const opened = connection;
      const end = (): void => {
        this.#open.delete(opened);
        gone();
      };
      connection.once('close', end);
      // Unheard it would end the process.
      connection.on('error', (error) => {
        broken = error;
        end();
      });
      await within(
        called((done) => void opened.connect(via.host, via.port, done)),
        limit,
      );
      const { apiKeys } = await within(apiVersionsV3.api.async(connection, 'faultline', '1'), limit);
      return {
        connection,
        versions: new Map(apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, [minVersion, maxVersion]])),
        doing,
      };
    } catch (error) {
      if (connection !== undefined) {
        this.#open.delete(connection);
        connection.close(() => undefined);
      }
      if (this.#life.signal.aborted) throw cancelled();
      if (limit.aborted) throw unreachable(doing, timedOut(t('It did not answer within {0} s', connectTimeoutMs / 1000)));
      const said = kafkaError(error, doing);
      const known = broken !== undefined && said.reason === 'unreachable' ? kafkaError(broken, doing) : said;
      if (isRefusedLogin(known)) this.#refused = known;
      throw known;
    }
  }
}

/** Another broker would say the same; a wrong password tried everywhere may lock the account. */
function isTelling(error: unknown): boolean {
  return FaultlineError.is(error, 'unauthorised') || FaultlineError.is(error, 'unsupported') || isOfCertificate(error);
}

/** Kafka's own answer, as against none. */
export function isAnswer(error: unknown): boolean {
  return error instanceof AggregateError && Reflect.get(error, 'code') === 'PLT_KFK_RESPONSE';
}

type Done<T> = (error: Error | null, value?: T) => void;

/** The library's own promises need Node 22, its callbacks do not: the terminal promises 20. */
export async function called<T>(call: (done: Done<T>) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value as T))));
}

/** Ends with `cancelled` when the signal aborts; what was asked goes on unheard. */
export async function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    work.catch(() => undefined);
    throw cancelled();
  }
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(cancelled());
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function newest<A extends readonly unknown[], R>({ name, versions }: Request<A, R>, link: Link): Request<A, R>['versions'][number] {
  const found = versions.find(({ key, version }) => {
    const [oldest, last] = link.versions.get(key) ?? [0, -1];
    return oldest <= version && version <= last;
  });
  if (found === undefined) throw unsupported(name);
  return found;
}

function nobody(failures: readonly unknown[]): Error {
  const known = failures.map((failure) => kafkaError(failure));
  // A login that is refused, or a tunnel that is forbidden, says more than a broker that is silent.
  const telling = known.find(({ reason }) => reason !== 'unreachable' && reason !== 'timedOut');
  return telling ?? unreachable({}, new AggregateError(failures, known.map(({ facts }) => facts.what).join('; ')));
}
