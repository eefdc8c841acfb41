import assert from 'node:assert/strict';
import { FaultlineError } from '../../../../src/base/errors.ts';
import type { KafkaLogin } from '../../../../src/base/kafkaLogin.ts';
import type { ClusterConnection } from '../../../../src/cluster/connect/connection.ts';
import { LOGIN_WANTED, type KafkaListener } from '../../../../src/cluster/kafkaListeners.ts';
import type { KafkaRoutes } from '../../../../src/cluster/kafkaRoutes.ts';
import type { Pod } from '../../../../src/cluster/objects.ts';
import type { KafkaFacts, KafkaTruth } from '../../../../src/cluster/recognise/model.ts';
import { KafkaProber, type GivenKafkaLogin, type OpenKafkaReader } from '../../../../src/cluster/truth/kafka.ts';
import { brokerPod, kafkaModel } from '../kafka-pods.ts';
import { unready } from '../recognise/pods.ts';

const unused = {} as ClusterConnection;
const silent = new FaultlineError('unreachable', { what: 'Kafka broker bus-0:9092 does not answer' });

function facts(controllerId: number, readAtMs = 0): KafkaFacts {
  return { readAtMs, controllerId, brokers: [], topics: [] };
}

/** Kafka, its tunnels, time and who listens, all in one hand. */
class Stage {
  nowMs = 0;
  timers: { readonly atMs: number; readonly run: () => void }[] = [];
  pods: readonly Pod[] = [brokerPod('bus-0')];
  /** What Kafka answers next. */
  answer: () => Promise<KafkaFacts> = () => Promise.resolve(facts(1));
  opening: () => Promise<void> = () => Promise.resolve();
  problem: FaultlineError | undefined;
  /** What a person gave. */
  given: GivenKafkaLogin | undefined;
  readonly refused: KafkaLogin[] = [];
  listener: KafkaListener = { name: 'CLIENT', port: 9092, protocol: 'SASL_PLAINTEXT' };
  opened = 0;
  ways = 0;
  read = 0;
  readonly open = new Set<string>();
  readonly told: [id: string, truth: KafkaTruth | undefined][] = [];
  readonly prober: KafkaProber;
  #heard: (() => void) | undefined;

  constructor() {
    const timing = {
      monotonicMs: () => this.nowMs,
      wallMs: () => this.nowMs,
      random: () => 0,
      after: (delayMs: number, run: () => void) => {
        const timer = { atMs: this.nowMs + delayMs, run };
        this.timers.push(timer);
        return { dispose: () => void (this.timers = this.timers.filter((one) => one !== timer)) };
      },
    };
    this.prober = new KafkaProber(
      unused,
      () => kafkaModel(this.pods),
      this.#reader,
      {
        timing,
        routes: this.#routes,
        logins: { of: () => Promise.resolve(this.given), refused: (_, login) => Promise.resolve(void this.refused.push(login)) },
      },
      (id, truth) => {
        this.told.push([id, truth]);
        this.#heard?.();
      },
    );
  }

  /** What was told last about the only Kafka there is. */
  get last(): KafkaTruth | undefined {
    return this.told.at(-1)?.[1];
  }

  get said(): readonly string[] {
    return this.told.map(([, truth]) => truth?.kind ?? 'forgotten');
  }

  /** Until it was told so much. */
  async heard(count: number): Promise<void> {
    while (this.told.length < count) await new Promise<void>((resolve) => (this.#heard = resolve));
  }

  /** Runs what is due until then. */
  async pass(ms: number): Promise<void> {
    const until = this.nowMs + ms;
    for (;;) {
      const next = this.timers.toSorted((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined || next.atMs > until) break;
      this.nowMs = next.atMs;
      this.timers = this.timers.filter((one) => one !== next);
      next.run();
      // What it began goes on by promises alone.
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.nowMs = until;
  }

  #routes = (): Promise<KafkaRoutes> => {
    const name = `way ${this.ways++}`;
    this.open.add(name);
    const problem = (): FaultlineError | undefined => this.problem;
    return Promise.resolve({
      bootstrap: [{ host: 'bus-0', port: 9092, certificateNames: [] }],
      listener: this.listener,
      credentials: {},
      route: () => Promise.reject(new Error('not asked for')),
      get problem() {
        return problem();
      },
      close: () => this.#close(name),
    });
  };

  #reader: OpenKafkaReader = async () => {
    const name = `client ${this.opened++}`;
    await this.opening();
    this.open.add(name);
    return {
      read: () => {
        this.read++;
        return this.answer();
      },
      close: () => this.#close(name),
    };
  };

  #close(name: string): Promise<void> {
    assert.ok(this.open.delete(name), `${name} is closed once`);
    return Promise.resolve();
  }
}

describe('asking Kafka', () => {
  it('says that it asks, then what it was told, over one client every ten seconds while somebody looks', async () => {
    const stage = new Stage();
    stage.prober.heed();
    await stage.pass(60_000);
    assert.equal(stage.opened, 0, 'nobody looks');
    stage.prober.look(true);
    await stage.heard(2);
    assert.deepEqual(stage.told, [
      ['kafka:data/bus', { kind: 'asking' }],
      ['kafka:data/bus', { kind: 'known', facts: facts(1) }],
    ]);
    await stage.pass(10_000);
    assert.equal(stage.read, 2);
    stage.answer = () => Promise.resolve(facts(2, 20_000));
    await stage.pass(10_000);
    assert.deepEqual(stage.last, { kind: 'known', facts: facts(2, 20_000) });
    stage.prober.look(false);
    await stage.pass(60_000);
    assert.deepEqual([stage.read, stage.opened], [3, 1]);
    stage.prober.dispose();
    assert.deepEqual([...stage.open], []);
  });

  it('tells nobody of the same said again', async () => {
    const stage = new Stage();
    stage.prober.look(true);
    await stage.heard(2);
    stage.answer = () => Promise.resolve(facts(1, stage.nowMs));
    await stage.pass(30_000);
    assert.equal(stage.read, 4);
    assert.deepEqual(stage.said, ['asking', 'known']);
    stage.prober.dispose();
  });

  it('asks one that does not answer less and less often, over a new way, and says why and since when', async () => {
    const stage = new Stage();
    // Each time through another tunnel.
    stage.answer = () => Promise.reject(new FaultlineError('unreachable', { what: `no answer through 127.0.0.1:${40_000 + stage.read}` }));
    stage.prober.look(true);
    await stage.heard(2);
    assert.ok(stage.last?.kind === 'failed');
    assert.equal(stage.last.error.facts.what, 'No broker of Kafka bus answers on port 9092');
    assert.equal(stage.last.sinceMs, 0);
    assert.deepEqual([...stage.open], [], 'nothing is left open');
    const at: number[] = [];
    for (let before = stage.read; stage.nowMs < 200_000;) {
      await stage.pass(1000);
      if (stage.read > before) at.push(stage.nowMs / 1000);
      before = stage.read;
    }
    assert.deepEqual(at, [5, 15, 35, 75, 135, 195]);
    assert.deepEqual(stage.said, ['asking', 'failed']);
    stage.answer = () => Promise.resolve(facts(1));
    await stage.pass(60_000);
    assert.equal(stage.last?.kind, 'known');
    stage.prober.dispose();
    assert.deepEqual([...stage.open], []);
  });

  it('says that Kafka did not answer in time, and closes the client that comes late', async () => {
    const stage = new Stage();
    const late = Promise.withResolvers<void>();
    stage.opening = () => late.promise;
    stage.prober.look(true);
    await stage.heard(1);
    await stage.pass(9000);
    await stage.heard(2);
    assert.ok(stage.last?.kind === 'failed');
    assert.equal(stage.last.error.facts.what, 'Kafka bus did not answer within 9 s');
    late.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([...stage.open], []);
    stage.prober.dispose();
  });

  it('gives Kubernetes’ reason, where it has one, for a broker’s silence', async () => {
    const stage = new Stage();
    stage.problem = new FaultlineError('forbidden', { what: 'jane may not create pods/portforward in namespace data' });
    stage.opening = () => Promise.reject(silent);
    stage.prober.look(true);
    await stage.heard(2);
    assert.ok(stage.last?.kind === 'failed');
    assert.equal(stage.last.error, stage.problem);
    stage.prober.dispose();
  });

  it('asks at once when other brokers are ready, though it would wait', async () => {
    const stage = new Stage();
    stage.answer = () => Promise.reject(silent);
    stage.prober.look(true);
    await stage.heard(2);
    stage.answer = () => Promise.resolve(facts(1));
    stage.pods = [brokerPod('bus-0'), brokerPod('bus-1')];
    stage.prober.heed();
    await stage.heard(3);
    assert.equal(stage.last?.kind, 'known');
    stage.prober.dispose();
  });

  it('forgets a Kafka that is gone or has no ready broker, and finds it again', async () => {
    const stage = new Stage();
    stage.prober.look(true);
    await stage.heard(2);
    stage.pods = [brokerPod('bus-0', { status: unready([{}]) })];
    stage.prober.heed();
    assert.deepEqual(stage.said, ['asking', 'known', 'forgotten']);
    assert.deepEqual([...stage.open], []);
    await stage.pass(60_000);
    assert.equal(stage.read, 1);
    stage.pods = [brokerPod('bus-0')];
    stage.prober.heed();
    await stage.heard(5);
    assert.equal(stage.last?.kind, 'known');
    stage.prober.dispose();
  });

  it('is asked once by who wants to know it now, and not longer than that waits', async () => {
    const stage = new Stage();
    await stage.prober.round(new AbortController().signal);
    assert.deepEqual(stage.said, ['asking', 'known']);
    assert.equal(stage.timers.length, 0, 'nobody looks: it is not asked again');
    stage.answer = () => Promise.withResolvers<KafkaFacts>().promise;
    const stop = new AbortController();
    const round = stage.prober.round(stop.signal);
    stop.abort();
    await round;
    assert.deepEqual(stage.said, ['asking', 'known'], 'what was not waited for is no failure');
    stage.prober.dispose();
    assert.deepEqual([...stage.open], []);
  });

  it('lets no other Kafka wait for one that hangs', async () => {
    const stage = new Stage();
    stage.pods = [brokerPod('slow-0', { instance: 'slow' }), brokerPod('bus-0')];
    let first = true;
    stage.answer = () => {
      if (!first) return Promise.resolve(facts(1));
      first = false;
      return Promise.withResolvers<KafkaFacts>().promise;
    };
    stage.prober.look(true);
    await stage.heard(3);
    assert.deepEqual(stage.said.toSorted(), ['asking', 'asking', 'known']);
    stage.prober.dispose();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([...stage.open], []);
  });
});

describe('asking a Kafka that wants a login', () => {
  const wrong: KafkaLogin = { sasl: { user: 'ann', password: 'wrong' } };
  const right: KafkaLogin = { sasl: { user: 'ann', password: 'right' } };
  const no = new FaultlineError('unauthorised', { what: 'Kafka refused the login of ann', code: 'SASL_AUTHENTICATION_FAILED' });

  /** Lets in who has the right one. */
  function guarded(stage: Stage): void {
    stage.opening = () => (stage.given?.login === right ? Promise.resolve() : Promise.reject(no));
  }

  it('tries a refused login once, however long somebody looks, whichever pods come', async () => {
    const stage = new Stage();
    guarded(stage);
    stage.given = { login: wrong };
    stage.prober.look(true);
    await stage.heard(2);
    await stage.pass(600_000);
    stage.pods = [brokerPod('bus-0'), brokerPod('bus-1')];
    stage.prober.heed();
    await stage.prober.round(new AbortController().signal);
    stage.prober.look(false);
    stage.prober.look(true);
    await stage.pass(600_000);
    assert.equal(stage.opened, 1);
    assert.deepEqual(stage.refused, [wrong]);
    assert.ok(stage.last?.kind === 'failed');
    assert.deepEqual([stage.last.login, stage.last.error.facts.what], ['refused', 'Kafka refused the login of ann']);
    stage.prober.dispose();
  });

  it('does not try one that was refused before this window', async () => {
    const stage = new Stage();
    guarded(stage);
    stage.given = { login: wrong, isRefused: true };
    stage.prober.look(true);
    await stage.heard(2);
    await stage.pass(600_000);
    assert.equal(stage.opened, 0);
    assert.ok(stage.last?.kind === 'failed');
    assert.equal(stage.last.login, 'refused');
    assert.equal(stage.last.error.facts.remedy, 'It is not tried again until you log in anew.');
    stage.prober.dispose();
  });

  it('tries another at once when a person gives it, and goes on with that', async () => {
    const stage = new Stage();
    guarded(stage);
    stage.given = { login: wrong };
    stage.prober.look(true);
    await stage.heard(2);
    stage.given = { login: right };
    await stage.prober.retry('kafka:data/bus');
    assert.deepEqual(stage.last, { kind: 'known', facts: facts(1), login: 'given' });
    await stage.pass(10_000);
    assert.deepEqual([stage.opened, stage.read], [2, 2]);
    stage.prober.dispose();
    assert.deepEqual([...stage.open], []);
  });

  it('hears no answer any more of a login that a person took back meanwhile', async () => {
    const stage = new Stage();
    stage.given = { login: right };
    stage.prober.look(true);
    await stage.heard(2);
    stage.answer = () => Promise.withResolvers<KafkaFacts>().promise;
    await stage.pass(10_000);
    stage.given = undefined;
    stage.opening = () => Promise.reject(new FaultlineError('unauthorised', { what: 'wants a login', code: LOGIN_WANTED }));
    await stage.prober.retry('kafka:data/bus');
    assert.ok(stage.last?.kind === 'failed');
    assert.equal(stage.last.login, 'wanted');
    stage.prober.dispose();
    assert.deepEqual([...stage.open], []);
  });

  it('says that a login may be wanted where an unknown listener is silent, not where it is known to be open', async () => {
    const logins: unknown[] = [];
    for (const listener of [
      { name: '', port: 9092 },
      { name: 'CLIENT', port: 9092, protocol: 'PLAINTEXT' },
    ]) {
      const stage = new Stage();
      stage.listener = listener;
      stage.opening = () => Promise.reject(silent);
      stage.prober.look(true);
      await stage.heard(2);
      logins.push(stage.last?.kind === 'failed' ? stage.last.login : 'not failed');
      stage.prober.dispose();
    }
    assert.deepEqual(logins, ['maybe', undefined]);
  });

  it('goes on trying where the login is not what is wrong', async () => {
    const stage = new Stage();
    stage.given = { login: right };
    stage.opening = () => Promise.reject(silent);
    stage.prober.look(true);
    await stage.heard(2);
    assert.ok(stage.last?.kind === 'failed');
    assert.equal(stage.last.login, 'given');
    await stage.pass(60_000);
    assert.ok(stage.opened > 2, String(stage.opened));
    stage.prober.dispose();
  });
});
