/** How many workers the coordinator of a Trino or Presto counts on. */
import { Agent, request } from 'node:http';
import { isIP } from 'node:net';
import * as v from 'valibot';
import { FaultlineError } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';
import { openForward, type Forward } from '../../../cluster/act/forward.ts';
import { unlessAborted } from '../../../cluster/act/signal.ts';
import type { ClusterConnection } from '../../../cluster/connect/connection.ts';
import type { EngineInstance, PodLine } from '../../../cluster/recognise/model.ts';
import { Answers, LastAsked } from '../hearing.ts';
import { podsOf } from '../pods/scope.ts';
import { begun, type EngineParts, type EnginePoll } from './engine.ts';

const everyMs = 500;
const limitMs = 900;
/** A coordinator that collects garbage is not heard for a second or two. */
const boundMs = 3000;

/** Those that it knows; those of them that it has given up, or does not trust yet. */
const nodesShape = v.array(v.object({ uri: v.string() }));

/** `undefined`: it answers, and does not tell. Pure. */
export function workersOf(known: unknown, failed: unknown, pods: readonly PodLine[]): number | undefined {
  const [all, out] = [v.safeParse(nodesShape, known), v.safeParse(nodesShape, failed)];
  if (!all.success || !out.success) return undefined;
  const [hosts, gone] = [all.output, out.output].map((nodes) => nodes.map(({ uri }) => placeOf(uri)));
  const left = [...(hosts ?? [])];
  // One by one: a worker that came back under its old address stands in both lists, and once more in the first.
  for (const place of gone ?? []) {
    const at = left.indexOf(place);
    if (at >= 0) left.splice(at, 1);
  }
  // A pod's address may be given to the next one, while its entry is still there.
  const alive = pods.filter(({ role, health, isReady }) => role === 'worker' && isReady && health.state !== 'stopping');
  // Names, of Services say, tell no pod: there the coordinator's own count has to do.
  const counted = left.filter((place) => !isAddress(place) || alive.some(({ ip }) => ip !== undefined && hostOf(place) === ip));
  return new Set(counted).size;
}

function isAddress(place: string): boolean {
  return isIP(hostOf(place)) > 0;
}

/** "10.0.0.1:8080", "[fd00::1]:8080" */
function hostOf(place: string): string {
  return place.replace(/:\d+$/, '').replace(/^\[(.+)\]$/, '$1');
}

function placeOf(uri: string): string {
  try {
    return new URL(uri).host;
  } catch {
    return uri;
  }
}

/** Fails: `forbidden`, `notFound`, `unsupported` (TLS): then nothing is told of it. */
export async function followTrino(instance: EngineInstance, parts: EngineParts, signal: AbortSignal): Promise<EnginePoll> {
  const coordinator = podsOf(instance).find(({ role }) => role === 'coordinator');
  if (coordinator === undefined) throw new FaultlineError('notFound', { what: t('{0} has no coordinator', instance.name) });
  const { port, scheme } = coordinator.http ?? { port: 8080, scheme: 'http' };
  if (scheme === 'https')
    throw new FaultlineError('unsupported', {
      what: t('The coordinator of {0} speaks TLS: it is not asked for its workers', instance.name),
    });
  return begun(new TrinoPoll(instance, parts, await forwardTo(parts.connection, coordinator, port, signal)), signal);
}

async function forwardTo(connection: ClusterConnection, pod: PodLine, port: number, signal: AbortSignal): Promise<Forward> {
  const opening = openForward(connection, { namespace: pod.ref.namespace ?? '', target: { kind: 'pod', name: pod.ref.name }, port });
  try {
    return await unlessAborted(opening, signal);
  } catch (error) {
    // One that comes late is not wanted any more.
    opening.then(
      (late) => late.close(),
      () => undefined,
    );
    throw error;
  }
}

class TrinoPoll implements EnginePoll {
  readonly #instance: EngineInstance;
  readonly #parts: EngineParts;
  readonly #forward: Forward;
  readonly #answers: Answers;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 2 });
  readonly #life = new AbortController();
  readonly #header: string;
  #want = 0;
  #told: number | undefined;
  readonly #lastAsked = new LastAsked();
  #running: Promise<void> | undefined;

  constructor(instance: EngineInstance, parts: EngineParts, forward: Forward) {
    this.#instance = instance;
    this.#parts = parts;
    this.#forward = forward;
    this.#header = instance.engine === 'presto' ? 'X-Presto-User' : 'X-Trino-User';
    this.#answers = new Answers(parts.hearing, parts.nowMs, 'trino', boundMs);
  }

  /** Fails where the first answer says nothing of workers. */
  async begin(signal: AbortSignal): Promise<void> {
    const askedMs = this.#parts.nowMs();
    const first = await this.#ask(AbortSignal.any([signal, AbortSignal.timeout(5000)]));
    if (first === undefined)
      throw new FaultlineError('unsupported', { what: t('The coordinator of {0} does not tell of its workers', this.#instance.name) });
    const role = this.#instance.roles.find((group) => group.role === 'worker');
    this.#want = Math.max(first, role?.wanted ?? 0);
    this.#answers.heard();
    this.#tell(first, askedMs);
    this.#running = this.#run();
  }

  async dispose(): Promise<void> {
    this.#life.abort();
    this.#answers.dispose();
    this.#agent.destroy();
    await this.#forward.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#life;
    while (!signal.aborted) {
      const begunMs = performance.now();
      const askedMs = this.#parts.nowMs();
      const said = await this.#turn(AbortSignal.any([signal, AbortSignal.timeout(limitMs)]));
      if (signal.aborted) return;
      if (said !== undefined) {
        this.#answers.heard();
        this.#tell(said, askedMs);
      }
      await this.#parts.pause(Math.max(50, everyMs - (performance.now() - begunMs)), signal).catch(() => undefined);
    }
  }

  /** Nobody coordinates where Kubernetes has no such pod, or its node says that nothing listens there. A silent one tells nothing. */
  async #turn(signal: AbortSignal): Promise<number | undefined> {
    if (this.#isWaiting()) return 0;
    try {
      return (await this.#ask(signal)) ?? 0;
    } catch {
      const isRefused = FaultlineError.is(this.#forward.problem, 'notFound');
      return !this.#life.signal.aborted && (isRefused || this.#isWaiting()) ? 0 : undefined;
    }
  }

  /** Kubernetes has no pod of it that could be asked. */
  #isWaiting(): boolean {
    return this.#forward.state.kind === 'waiting';
  }

  async #ask(signal: AbortSignal): Promise<number | undefined> {
    const [known, failed] = await Promise.all([this.#get('/v1/node', signal), this.#get('/v1/node/failed', signal)]);
    return workersOf(known, failed, podsOf(this.#parts.now(this.#instance.id) ?? this.#instance));
  }

  async #get(path: string, signal: AbortSignal): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const headers = { accept: 'application/json', [this.#header]: this.#parts.user ?? 'faultline' };
    const sent = request({ agent: this.#agent, host: '127.0.0.1', port: this.#forward.port, path, headers, signal }, (answer) => {
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => (body += chunk)).on('error', reject);
      answer.on('end', () => resolve(answer.statusCode === 200 ? parsed(body) : undefined));
    });
    sent.on('error', reject).end();
    return promise;
  }

  #tell(have: number, askedMs: number): void {
    const since = this.#lastAsked.since(askedMs);
    if (this.#told === have) return;
    this.#told = have;
    const { tell, nowMs, isOnly } = this.#parts;
    const engine = this.#instance.engine === 'presto' ? 'Presto' : 'Trino';
    const of = isOnly(this.#instance) ? t('{0} workers', engine) : t('{0} workers of {1}', engine, this.#instance.name);
    tell([{ t: nowMs(), src: 'runner', kind: 'redundancy', of, have, want: this.#want, ...since }]);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
