/** How many replicas of each shard of a ClickHouse serve, and are not behind. Each is asked for itself. */
import { FaultlineError } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';
import type { EngineInstance, PodLine } from '../../../cluster/recognise/model.ts';
import { questionOf } from '../../../cluster/truth/questions.ts';
import { podWays, type PodGet, type PodWays } from '../../../cluster/truth/ways.ts';
import type { RedundancyEvent } from '../../../journal/fault-events.ts';
import { Answers, LastAsked } from '../hearing.ts';
import { podsOf } from '../pods/scope.ts';
import { begun, type EngineParts, type EnginePoll } from './engine.ts';

const everyMs = 1000;
const limitMs = 900;
const boundMs = 4000;
/** Further behind than this a replica is not one that another's loss could be borne with. Seconds. */
const behindSeconds = 10;

const sql = 'SELECT countIf(is_readonly OR is_session_expired), max(absolute_delay) FROM system.replicas FORMAT TSV';

/** `there`: serves, takes writes, and is not behind. `short`: it said that it is not, or nothing listens there. `silent`: no word. */
export type ReplicaNow = 'there' | 'short' | 'silent';

export interface Shard {
  /** Empty where there are no shards. */
  readonly shard: string;
  readonly pods: readonly PodLine[];
}

export function shardsOf(instance: EngineInstance): readonly Shard[] {
  const servers = instance.roles.filter(({ role }) => role === 'server');
  const shards = servers.flatMap((role) => role.shards).map(({ shard, pods }) => ({ shard, pods }));
  return shards.length > 0 ? shards : [{ shard: '', pods: servers.flatMap(({ pods }) => pods) }];
}

/** Never fails. */
export async function askReplica(instance: EngineInstance, pod: PodLine, ways: PodWays, signal: AbortSignal): Promise<ReplicaNow> {
  const question = questionOf(instance, pod);
  if (question === undefined) return 'silent';
  try {
    return await ways.tunnel(question, signal, (get) => readReplica(get));
  } catch (error) {
    // What its node or the API server says of it: nothing listens there, the pod is gone.
    return FaultlineError.is(error, 'notFound') ? 'short' : 'silent';
  }
}

async function readReplica(get: PodGet): Promise<ReplicaNow> {
  const answer = await get(`/?query=${encodeURIComponent(sql)}`);
  if (answer.status === 200) {
    const [out = 0, delay = 0] = answer.body.trim().split('\t').map(Number);
    return out > 0 || delay > behindSeconds ? 'short' : 'there';
  }
  // Who may not ask it is told less, but something.
  const ping = await get('/ping');
  if (ping.status !== 200) return 'short';
  const status = await get('/replicas_status');
  return status.status === 503 ? 'short' : 'there';
}

/** Fails: `forbidden`, and where no replica answers at first. */
export async function followClickHouse(
  instance: EngineInstance,
  parts: EngineParts,
  signal: AbortSignal,
  ways: PodWays = podWays(parts.connection),
): Promise<EnginePoll> {
  return begun(new ClickHousePoll(instance, parts, ways), signal);
}

class ClickHousePoll implements EnginePoll {
  readonly #instance: EngineInstance;
  readonly #parts: EngineParts;
  readonly #ways: PodWays;
  readonly #answers: Answers;
  readonly #life = new AbortController();
  readonly #want = new Map<string, number>();
  readonly #told = new Map<string, number>();
  readonly #lastAsked = new LastAsked();
  #running: Promise<void> | undefined;

  constructor(instance: EngineInstance, parts: EngineParts, ways: PodWays) {
    this.#instance = instance;
    this.#parts = parts;
    this.#ways = ways;
    this.#answers = new Answers(parts.hearing, parts.nowMs, 'clickhouse', boundMs);
    const groups = instance.roles.filter(({ role }) => role === 'server');
    const wanted = groups.reduce((sum, role) => sum + role.wanted, 0);
    for (const { shard, pods } of shardsOf(instance)) this.#want.set(shard, shard === '' ? Math.max(wanted, pods.length) : pods.length);
  }

  async begin(signal: AbortSignal): Promise<void> {
    await this.#turn(AbortSignal.any([signal, this.#life.signal]), 5000);
    if (this.#answers.heardMs === undefined)
      throw new FaultlineError('unreachable', { what: t('No replica of {0} answers', this.#instance.name) });
    this.#running = this.#run();
  }

  async dispose(): Promise<void> {
    this.#life.abort();
    this.#answers.dispose();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#life;
    while (!signal.aborted) {
      const begunMs = performance.now();
      await this.#turn(signal, limitMs);
      await this.#parts.pause(Math.max(50, everyMs - (performance.now() - begunMs)), signal).catch(() => undefined);
    }
  }

  async #turn(signal: AbortSignal, withinMs: number): Promise<void> {
    const instance = this.#parts.now(this.#instance.id) ?? this.#instance;
    const askedMs = this.#parts.nowMs();
    const limit = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
    const shards = await Promise.all(
      shardsOf(instance).map(async ({ shard, pods }) => ({
        shard,
        said: await Promise.all(pods.map((pod) => askReplica(instance, pod, this.#ways, limit))),
      })),
    );
    if (signal.aborted) return;
    // Nobody said anything: it is not known, and not zero. One that is silent while others speak does not serve.
    const isHeard = shards.some(({ said }) => said.some((one) => one !== 'silent')) || podsOf(instance).length === 0;
    if (!isHeard) return;
    this.#answers.heard();
    const t = this.#parts.nowMs();
    const since = this.#lastAsked.since(askedMs);
    const events = [...this.#want].flatMap(([shard, want]): readonly RedundancyEvent[] => {
      const have = (shards.find((one) => one.shard === shard)?.said ?? []).filter((one) => one === 'there').length;
      if (this.#told.get(shard) === have) return [];
      this.#told.set(shard, have);
      return [{ t, src: 'runner', kind: 'redundancy', of: this.#nameOf(shard), have, want, ...since }];
    });
    if (events.length > 0) this.#parts.tell(events);
  }

  #nameOf(shard: string): string {
    const { name } = this.#instance;
    if (this.#parts.isOnly(this.#instance)) return shard === '' ? t('ClickHouse replicas') : t('replicas of shard {0}', shard);
    return shard === '' ? t('ClickHouse replicas of {0}', name) : t('replicas of shard {0} of {1}', shard, name);
  }
}
