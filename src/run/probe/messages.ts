/** The messages of a run, written and read by a pod in the cluster: made, told to begin, heard, judged there, and removed. */
import { FaultlineError, normalise } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { Consent, refuseSystem } from '../../cluster/act/protection.ts';
import { unlessAborted } from '../../cluster/act/signal.ts';
import { kinds, pathOf } from '../../cluster/watch/kinds.ts';
import { isFaultRunEvent } from '../../journal/check-fault.ts';
import type { MessagesEvent } from '../../journal/fault-events.ts';
import type { FaultPlan, MessagesPlace, PlannedMessages } from '../../journal/fault-plan.ts';
import { probeProgram } from './bundle.ts';
import { VantageLink } from './link.ts';
import { Made, whyGoneOf } from './made.ts';
import {
  inServerTime,
  messagesId,
  messagesPodOf,
  messagesProgramId,
  nameOf,
  programMap,
  selectorOf,
  type VantageObjects,
} from './objects.ts';
import { podLines } from './podLines.ts';
import type { ProbeRequest } from './probes.ts';
import { talkPort } from './protocol.ts';
import { begunInTime, untilAllRun, type RunningPod } from './running.ts';
import { spooledEvents } from './spooled.ts';

export interface MessagesRequest extends Omit<ProbeRequest, 'probes' | 'answerWithinMs' | 'onEvents'> {
  readonly plan: FaultPlan;
  /** Once, when they were judged. */
  readonly onFound: (found: MessagesEvent) => void;
}

export interface RunningMessages {
  /** ms of the run when their pod was heard last. */
  readonly heardMs: number;
  /** Writes no more; resolves when they were judged and that is told. Fails: `cancelled`, and when its pod is gone. */
  finish(signal: AbortSignal): Promise<void>;
  /** Topic, pod and all that was made for them are removed. Safe to be called again; never fails. */
  dispose(): Promise<void>;
}

/** Resolves when they are written and read. Fails with what keeps them from it, as vantages do, and where the topic is somebody else's. */
export type StartMessages = (request: MessagesRequest, signal: AbortSignal) => Promise<RunningMessages>;

const tidyLimitMs = 10_000;
const exchanges = 8;
/** An API that is away for longer than this loses what was not fetched; messages that nobody will judge load a cluster no longer. */
const aloneMs = 300_000;

export const startMessages: StartMessages = async (request, signal) => {
  const { connection, consent, namespace, plan, note } = request;
  Consent.check(consent, connection, 'fault');
  refuseSystem(namespace, 'fault');
  const { messages } = plan;
  if (messages?.place === undefined) throw new FaultlineError('invalid', { what: t('The plan does not say where messages are written') });
  const made = new Made(connection, note);
  let running: Running | undefined;
  try {
    running = new Running(request, made, await makePod(made, request, messages, messages.place, signal));
    await running.begin(signal);
    return running;
  } catch (error) {
    running?.close();
    await made.remove();
    throw error;
  }
};

async function makePod(
  made: Made,
  { connection, run, namespace, image, deadlineMs }: MessagesRequest,
  messages: PlannedMessages,
  place: MessagesPlace,
  signal: AbortSignal,
): Promise<RunningPod> {
  const program = await probeProgram(signal);
  const about: VantageObjects = { run, namespace, image, ...inServerTime(connection, deadlineMs), answerWithinMs: 0 };
  const { topic, partitions, replicationFactor, minInSync, uncleanElection, perSecond } = messages;
  const { address, notOn } = place;
  const own = { run, address, topic, partitions, replicationFactor, minInSync, uncleanElection, perSecond, aloneMs };
  await made.create(
    pathOf(kinds.configMaps, { namespace }),
    nameOf(run, messagesProgramId),
    programMap(about, program, messagesProgramId),
    signal,
  );
  const name = nameOf(run, messagesId);
  await made.create(pathOf(kinds.pods, { namespace }), name, messagesPodOf(about, own, place), signal);
  const [pod] = await untilAllRun(connection, { namespace, names: [name], selector: selectorOf(run), image, notOn }, signal);
  if (pod === undefined) throw new FaultlineError('internal', { what: t('A probe has no pod') });
  return pod;
}

class Running implements RunningMessages {
  readonly #request: MessagesRequest;
  readonly #made: Made;
  readonly #pod: RunningPod;
  readonly #link: VantageLink;
  readonly #ended = Promise.withResolvers<void>();
  #disposed: Promise<void> | undefined;

  constructor(request: MessagesRequest, made: Made, pod: RunningPod) {
    const { connection, namespace, nowMs, note } = request;
    this.#request = request;
    this.#made = made;
    this.#pod = pod;
    this.#ended.promise.catch(() => undefined);
    this.#link = new VantageLink({
      open: podLines(connection, { namespace, pod: pod.name, port: talkPort }),
      whyGone: (signal) => whyGoneOf(connection, namespace, pod, signal),
      nowMs,
      onSpooled: (lines) => this.#spooled(lines),
      // Its times are differences of its own clock: nothing of them is compared with another one.
      onCompared: () => undefined,
      onJumped: (ms) => note(t('Messages: the clock of their pod jumped by {0} s against this machine’s', Math.abs(ms / 1000).toFixed(1))),
      onGone: (why) =>
        this.#ended.reject(
          new FaultlineError('unreachable', { what: t('The pod that wrote the messages is gone: they are not judged'), meaning: why }),
        ),
      note: (text) => note(t('Messages: {0}', text)),
    });
  }

  get heardMs(): number {
    return this.#link.heardMs;
  }

  begin(signal: AbortSignal): Promise<void> {
    const { connection, namespace } = this.#request;
    const late = (seconds: number): string => t('Messages were not written within {0} s', seconds);
    return begunInTime(
      { connection, namespace, pods: [this.#pod], late },
      async (both) => {
        await this.#link.compare(exchanges, both);
        await this.#link.ask({ do: 'begin', echoes: [] }, both);
        await this.#link.read(both);
      },
      signal,
    );
  }

  async finish(signal: AbortSignal): Promise<void> {
    await this.#link.ask({ do: 'judge' }, signal);
    await unlessAborted(this.#ended.promise, signal);
  }

  dispose(): Promise<void> {
    return (this.#disposed ??= this.#dispose());
  }

  close(): void {
    this.#link.close();
  }

  async #dispose(): Promise<void> {
    try {
      if (this.#link.gone === undefined) await this.#link.ask({ do: 'tidy' }, AbortSignal.timeout(tidyLimitMs));
    } catch (error) {
      const { topic = '' } = this.#request.plan.messages ?? {};
      this.#request.note(t('The topic {0} could not be removed: {1}', topic, normalise(error).facts.what));
    }
    this.close();
    await this.#made.remove();
  }

  #spooled(lines: readonly string[]): void {
    const { notes, findings, ended } = spooledEvents(lines, 'probe-messages');
    for (const note of notes) this.#request.note(note);
    for (const { atMs, finding } of findings) this.#tell(atMs, finding);
    if (ended) this.#ended.resolve();
  }

  #tell(atMs: number, finding: Readonly<Record<string, unknown>>): void {
    const { nowMs, onFound, plan, note } = this.#request;
    const { offset = nowMs() - atMs } = this.#link.clock.best(nowMs()) ?? {};
    const { node, name: pod } = this.#pod;
    const found = { ...finding, t: atMs + offset, src: 'runner', kind: 'messages', path: 'inCluster', node, pod } as const;
    if (isFaultRunEvent(found, plan)) onFound(found as unknown as MessagesEvent);
    else note(t('What was found of the messages can’t be read'));
  }
}
