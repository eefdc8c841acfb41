/**
 * Asks each Kafka cluster how it is, over a client that stays open, and only while somebody looks. Each by itself: one that does not
 * answer delays nobody. What speaks Kafka's protocol is handed in.
 */
import type { Disposable } from '../../base/disposables.ts';
import { FaultlineError, normalise } from '../../base/errors.ts';
import { isRefusedLogin, type KafkaLogin } from '../../base/kafkaLogin.ts';
import { t } from '../../base/messages.ts';
import { unlessAborted } from '../act/signal.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import { LOGIN_WANTED, type KafkaCredentials, type KafkaListener } from '../kafkaListeners.ts';
import { openKafkaRoutes, type HostPort, type KafkaRoutes } from '../kafkaRoutes.ts';
import { brokerPods } from '../recognise/kafka.ts';
import type { ClusterModel, KafkaFacts, KafkaInstance, KafkaLoginState, KafkaTruth } from '../recognise/model.ts';
import { BackOff, systemTiming, type Timing } from '../watch/timing.ts';

export interface KafkaReader {
  read(signal: AbortSignal): Promise<KafkaFacts>;
  close(): Promise<void>;
}

/** Outlives the signal, which ends only the opening. `openKafkaView` of the Kafka room is one. */
export type OpenKafkaReader = (
  access: Pick<KafkaRoutes, 'bootstrap' | 'route'> & KafkaCredentials,
  signal: AbortSignal,
) => Promise<KafkaReader>;

export interface GivenKafkaLogin {
  readonly login: KafkaLogin;
  /** Kafka refused it, and nobody has acted since: it is not tried. */
  readonly isRefused?: boolean;
}

export interface KafkaLogins {
  /** What a person gave for this Kafka. Failing is said in the tree like every failure. */
  of(instance: KafkaInstance, signal: AbortSignal): Promise<GivenKafkaLogin | undefined>;
  /** Told of a login that Kafka has just refused. */
  refused?(instance: KafkaInstance, login: KafkaLogin): Promise<void>;
}

export interface KafkaProberOptions {
  readonly timing: Timing;
  /** From one answer to the next question: 10 s. */
  readonly everyMs: number;
  /** Of one question with its way: 9 s. */
  readonly limitMs: number;
  /** After a failure: 5 s, then twice as long, to 60 s at the most. */
  readonly backOffMs: readonly [first: number, most: number];
  /** How brokers are reached: by port-forwards where nothing is said. */
  readonly routes: (instance: () => KafkaInstance | undefined, signal: AbortSignal, login: KafkaLogin | undefined) => Promise<KafkaRoutes>;
  readonly logins: KafkaLogins;
}

/** Told of what is another than before; undefined: nothing is known any more. */
export type TellKafka = (instanceId: string, truth: KafkaTruth | undefined) => void;

export class KafkaProber implements Disposable {
  readonly #model: () => ClusterModel;
  readonly #open: OpenKafkaReader;
  readonly #options: KafkaProberOptions;
  readonly #tell: TellKafka;
  readonly #followers = new Map<string, Follower>();
  #isLooking = false;
  #isOver = false;

  constructor(
    connection: ClusterConnection,
    model: () => ClusterModel,
    open: OpenKafkaReader,
    options: Partial<KafkaProberOptions>,
    tell: TellKafka,
  ) {
    this.#model = model;
    this.#open = open;
    this.#options = {
      timing: systemTiming,
      everyMs: 10_000,
      limitMs: 9000,
      backOffMs: [5000, 60_000],
      routes: (instance, signal, login) => openKafkaRoutes(connection, instance, signal, login),
      logins: { of: () => Promise.resolve(undefined) },
      ...options,
    };
    this.#tell = tell;
  }

  look(isLooking: boolean): void {
    if (this.#isLooking === isLooking || this.#isOver) return;
    this.#isLooking = isLooking;
    this.heed();
    for (const follower of this.#followers.values()) follower.look(isLooking);
  }

  /** The model may be another: instances come and go, and brokers that come back have something to say. */
  heed(model: ClusterModel = this.#model()): void {
    if (this.#isOver) return;
    const instances = askable(model);
    for (const [id, follower] of [...this.#followers])
      if (!instances.has(id)) {
        this.#followers.delete(id);
        follower.dispose();
        this.#tell(id, undefined);
      }
    for (const [id, instance] of instances) {
      const known = this.#followers.get(id);
      if (known !== undefined) known.heed(readyPods(instance));
      else if (this.#isLooking) this.#follow(instance).look(true);
    }
  }

  /** A person gave this one another login, or took it back. Resolves when it was asked once more. */
  async retry(instanceId: string): Promise<void> {
    await this.#followers.get(instanceId)?.retry();
  }

  /** Each is asked once from now, whether somebody looks or not. An abort leaves it unheard. */
  async round(signal: AbortSignal): Promise<void> {
    if (this.#isOver || signal.aborted) return;
    const asked = [...askable(this.#model()).values()].map((instance) =>
      (this.#followers.get(instance.id) ?? this.#follow(instance)).again(),
    );
    try {
      await unlessAborted(Promise.all(asked), signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  dispose(): void {
    this.#isOver = true;
    for (const follower of this.#followers.values()) follower.dispose();
    this.#followers.clear();
  }

  #follow(instance: KafkaInstance): Follower {
    const { id } = instance;
    const now = (): KafkaInstance | undefined => this.#model().kafka.items.find((one) => one.id === id);
    const follower = new Follower(instance, now, this.#open, this.#options, (truth) => this.#tell(id, truth));
    this.#followers.set(id, follower);
    return follower;
  }
}

interface Way {
  readonly routes: KafkaRoutes;
  readonly reader: KafkaReader;
}

/** One Kafka cluster. */
class Follower implements Disposable {
  readonly #name: string;
  readonly #instance: () => KafkaInstance | undefined;
  readonly #open: OpenKafkaReader;
  readonly #options: KafkaProberOptions;
  readonly #tell: (truth: KafkaTruth) => void;
  readonly #backOff: BackOff;
  readonly #life = new AbortController();
  #ready: string;
  #way: Way | undefined;
  #truth: KafkaTruth | undefined;
  #isLooking = false;
  #timer: Disposable | undefined;
  #running: Promise<void> | undefined;
  /** Ends the question that is under way: its answer is not wanted any more. */
  #over = new AbortController();
  /** Of the last way that was tried. */
  #login: KafkaLogin | undefined;
  #listener: KafkaListener | undefined;
  /** Nothing is asked until a person acts: wrong passwords, tried again and again, lock accounts. */
  #isRefused = false;

  constructor(
    instance: KafkaInstance,
    now: () => KafkaInstance | undefined,
    open: OpenKafkaReader,
    options: KafkaProberOptions,
    tell: (truth: KafkaTruth) => void,
  ) {
    this.#name = instance.name;
    this.#ready = readyPods(instance);
    this.#instance = now;
    this.#open = open;
    this.#options = options;
    this.#tell = tell;
    this.#backOff = new BackOff(options.backOffMs, () => options.timing.random());
  }

  look(isLooking: boolean): void {
    this.#isLooking = isLooking;
    this.#timer?.dispose();
    this.#timer = undefined;
    if (isLooking) void this.#turn();
  }

  /** Other pods are ready than before: the next answer is another. */
  heed(ready: string): void {
    if (ready === this.#ready) return;
    this.#ready = ready;
    if (this.#isLooking) void this.#turn();
  }

  async again(): Promise<void> {
    await this.#running;
    await this.#turn();
  }

  async retry(): Promise<void> {
    this.#over.abort();
    await this.#running;
    if (this.#life.signal.aborted) return;
    this.#leave();
    this.#isRefused = false;
    this.#truth = undefined;
    this.#backOff.reset();
    await this.#turn();
  }

  dispose(): void {
    this.#life.abort();
    this.#timer?.dispose();
    this.#leave();
  }

  #turn(): Promise<void> {
    if (this.#isRefused) return Promise.resolve();
    this.#running ??= this.#ask().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #ask(): Promise<void> {
    const { limitMs, everyMs, timing } = this.#options;
    this.#timer?.dispose();
    const late = new AbortController();
    const limit = timing.after(limitMs, () => late.abort());
    const over = (this.#over = new AbortController());
    const ended = AbortSignal.any([this.#life.signal, over.signal]);
    const signal = AbortSignal.any([ended, late.signal]);
    let waitMs = everyMs;
    try {
      if (this.#truth === undefined) this.#say({ kind: 'asking' });
      const facts = await this.#facts(signal);
      if (ended.aborted) return;
      this.#backOff.reset();
      this.#say({ kind: 'known', facts, ...(this.#login === undefined ? {} : { login: 'given' }) });
    } catch (error) {
      if (ended.aborted) return;
      this.#leave();
      waitMs = this.#backOff.next();
      const sinceMs = this.#truth?.kind === 'failed' ? this.#truth.sinceMs : timing.wallMs();
      const known = late.signal.aborted ? tooLate(error, this.#name, limitMs) : normalise(error);
      const login = this.#loginAfter(known);
      if (login === 'refused') {
        this.#isRefused = true;
        await this.#tellRefused();
      }
      this.#say({ kind: 'failed', error: known, sinceMs, ...(login === undefined ? {} : { login }) });
    } finally {
      limit.dispose();
      // A way that was ready while this ended.
      if (ended.aborted) this.#leave();
    }
    if (this.#isLooking && !this.#isRefused) this.#timer = timing.after(waitMs, () => void this.#turn());
  }

  async #facts(signal: AbortSignal): Promise<KafkaFacts> {
    const way = (this.#way ??= await this.#openWay(signal));
    try {
      return await unlessAborted(way.reader.read(signal), signal);
    } catch (error) {
      throw explained(error, way.routes, this.#name);
    }
  }

  /** Where that can't be kept, it is still not tried again from here. */
  async #tellRefused(): Promise<void> {
    const instance = this.#instance();
    if (instance !== undefined && this.#login !== undefined)
      await this.#options.logins.refused?.(instance, this.#login).catch(() => undefined);
  }

  /** What a login has to do with this failure. */
  #loginAfter(error: FaultlineError): KafkaLoginState | undefined {
    if (this.#login !== undefined) return isRefusedLogin(error) ? 'refused' : 'given';
    if (isRefusedLogin(error) || error.facts.code === LOGIN_WANTED) return 'wanted';
    // A listener that wants one, and was asked without, ends the connection or is silent.
    const isSilent = error.reason === 'unreachable' || error.reason === 'timedOut';
    return isSilent && this.#listener !== undefined && this.#listener.protocol === undefined ? 'maybe' : undefined;
  }

  async #openWay(signal: AbortSignal): Promise<Way> {
    const { logins } = this.#options;
    this.#listener = undefined;
    this.#login = undefined;
    const instance = this.#instance();
    const given = instance === undefined ? undefined : await unlessAborted(logins.of(instance, signal), signal);
    this.#login = given?.login;
    if (given?.isRefused === true) throw refusedBefore(this.#name, given.login);
    const routes = await this.#options.routes(this.#instance, signal, given?.login);
    this.#listener = routes.listener;
    const access = { bootstrap: routes.bootstrap, route: (broker: HostPort, end: AbortSignal) => routes.route(broker, end) };
    const opening = this.#open({ ...access, ...routes.credentials }, signal);
    try {
      return { routes, reader: await unlessAborted(opening, signal) };
    } catch (error) {
      const why = explained(error, routes, this.#name);
      // One that comes late is not wanted any more.
      opening.then(close, () => undefined);
      close(routes);
      throw why;
    }
  }

  #leave(): void {
    const way = this.#way;
    this.#way = undefined;
    if (way === undefined) return;
    close(way.reader);
    close(way.routes);
  }

  /** The same object while it says the same: nothing is drawn anew for a newer time. */
  #say(truth: KafkaTruth): void {
    if (this.#truth !== undefined && isSame(this.#truth, truth)) return;
    this.#truth = truth;
    this.#tell(truth);
  }
}

/** Nobody waits for an end. */
function close(what: { close(): Promise<void> }): void {
  what.close().catch(() => undefined);
}

/** By id. Where no broker is ready, Kubernetes says why. */
function askable({ kafka }: ClusterModel): ReadonlyMap<string, KafkaInstance> {
  return new Map(kafka.items.flatMap((instance) => (readyPods(instance) === '' ? [] : [[instance.id, instance] as const])));
}

function readyPods(instance: KafkaInstance): string {
  return brokerPods(instance)
    .flatMap(({ id, isReady }) => (isReady ? [id] : []))
    .join(' ');
}

/** Kubernetes' own reason says more than a broker's silence; ports of this machine say nothing, and differ each time. */
function explained(error: unknown, { problem, bootstrap }: KafkaRoutes, name: string): unknown {
  if (!FaultlineError.is(error) || !['unreachable', 'timedOut', 'cancelled'].includes(error.reason)) return error;
  if (problem !== undefined) return problem;
  // With a code, of a certificate say, somebody did answer.
  if (error.reason !== 'unreachable' || error.facts.code !== undefined) return error;
  const { what, remedy } = error.facts;
  return new FaultlineError(
    'unreachable',
    {
      what: t('No broker of Kafka {0} answers on port {1}', name, bootstrap[0]?.port ?? ''),
      meaning: what,
      ...(remedy === undefined ? {} : { remedy }),
    },
    error,
  );
}

function refusedBefore(name: string, { sasl }: KafkaLogin): FaultlineError {
  return new FaultlineError('unauthorised', {
    what: sasl === undefined ? t('Kafka {0} refused this login', name) : t('Kafka {0} refused the login of {1}', name, sasl.user),
    remedy: t('It is not tried again until you log in anew.'),
    code: 'SASL_REFUSED_BEFORE',
  });
}

function tooLate(error: unknown, name: string, limitMs: number): FaultlineError {
  if (!FaultlineError.is(error, 'cancelled')) return normalise(error);
  return new FaultlineError('timedOut', { what: t('Kafka {0} did not answer within {1} s', name, limitMs / 1000) });
}

function isSame(a: KafkaTruth, b: KafkaTruth): boolean {
  if (a.kind === 'known' && b.kind === 'known')
    return a.login === b.login && JSON.stringify({ ...a.facts, readAtMs: 0 }) === JSON.stringify({ ...b.facts, readAtMs: 0 });
  if (a.kind === 'failed' && b.kind === 'failed')
    return a.login === b.login && a.error.reason === b.error.reason && a.error.facts.what === b.error.facts.what;
  return a.kind === b.kind;
}
