/** The conversation with a helper program: requests and answers, its heartbeat, its clock. Where the program runs is not known here. */
import * as v from 'valibot';
import type { Clock } from '../../base/clock.ts';
import { FaultlineError, type ErrorReason } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { Answer, Applied, Armed, Checked, Healed, type Hello, Proof, Said, type HelperFault, type Request } from './protocol.ts';

/** Lines to and from the program. */
export interface HelperPipe {
  send(line: string): void;
  /** Called before any line can come, once. */
  listen(onLine: (line: string) => void): void;
  /** With what ended it; undefined: the program or one of both sides did. Never rejects. */
  readonly closed: Promise<FaultlineError | undefined>;
  /** At once; the program takes that for an order to heal and to exit. */
  terminate(): void;
}

export interface HelperEnd {
  /** `left`: it said that it goes. `lost`: the connection ended without that, and what it held is ended by the kernel. */
  readonly kind: 'left' | 'lost';
  readonly text: string;
}

export interface HelperClient {
  readonly hello: Hello;
  /** Tries each mechanism on this kernel, without any effect. */
  check(): Promise<Checked>;
  /** Makes everything ready; without effect. Within 30 s `go` has to come, or it exits. */
  arm(fault: HelperFault): Promise<Armed>;
  /**
   * Begins. The kernel ends it after `durationMs`; refused where the order arrives later than `withinMs` from now. Of `containerCrash`
   * the answer may be lost with the helper: fails with `unreachable`, and whether it happened is told by the container's id.
   */
  go(durationMs: number, withinMs?: number): Promise<Applied>;
  /** Of a network fault with peers: these from now on. */
  setPeers(addresses: readonly string[]): Promise<void>;
  proof(): Promise<Proof>;
  /** Also when nothing is under way. */
  heal(): Promise<Healed>;
  readonly said: { listen(listener: (said: Said) => void): { dispose(): void } };
  /** What a moment of the helper's clock was on ours (`clock.monotonicMs`), give or take; undefined until the first beat. */
  clock(): { readonly offsetMs: number; readonly errorMs: number } | undefined;
  /** Once: how it ended, or why nothing more is heard of it. Never rejects. */
  readonly ended: Promise<HelperEnd>;
  /** Heals what is under way, lets it exit, and waits until it has, or until it is sure that nothing comes any more. */
  close(): Promise<void>;
}

export interface ClientOptions {
  readonly clock: Clock;
  /** "the helper in pod kafka-1": begins the text of an error. */
  readonly what: string;
  /** Of the table and of all that is made: `[a-z0-9_]`. */
  readonly name: string;
  readonly signal: AbortSignal;
}

const HELLO_LIMIT_MS = 10_000;
const ANSWER_LIMIT_MS = 8_000;
const BEAT_MS = 2_000;
/** As long as the helper waits for us. */
const SILENCE_MS = 10_000;
const LEAVE_LIMIT_MS = 3_000;
const GO_WITHIN_MS = 3_000;
/** A clock that was compared so long ago may have drifted by as much as an exchange is uncertain. */
const CLOCK_KEPT_MS = 60_000;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Waits for its hello. Fails: `timedOut`, `unreachable`, `cancelled`. */
export async function helperClient(pipe: HelperPipe, options: ClientOptions): Promise<HelperClient> {
  const { clock, what, signal } = options;
  const waiting = new Map<number, Waiting>();
  const listeners = new Set<(said: Said) => void>();
  const greeting = Promise.withResolvers<Hello>();
  // Whoever waits for it may have gone.
  greeting.promise.catch(() => undefined);
  let left: string | undefined;
  let heardAtMs = clock.monotonicMs();
  let nextId = 0;

  pipe.listen((line) => {
    heardAtMs = clock.monotonicMs();
    const message = parsed(line);
    const answer = v.safeParse(Answer, message);
    if (answer.success) {
      const { id, ok, error } = answer.output;
      const asked = waiting.get(id);
      waiting.delete(id);
      if (error === undefined) asked?.resolve(ok);
      else asked?.reject(refused(what, error));
      return;
    }
    const said = v.safeParse(Said, message);
    // A newer helper may say more than is known here.
    if (!said.success) return;
    if (said.output.event === 'hello') greeting.resolve(said.output);
    if (said.output.event === 'leaving') left = said.output.why;
    for (const listener of listeners) listener(said.output);
  });

  const lost = (error?: FaultlineError): FaultlineError =>
    error ??
    new FaultlineError('unreachable', {
      what: left === undefined ? t('{0}: the connection ended', what) : t('{0} has left: {1}', what, left),
    });
  const ended = pipe.closed.then((error): HelperEnd => {
    const failure = lost(error);
    greeting.reject(failure);
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
    return left === undefined ? { kind: 'lost', text: failure.message } : { kind: 'left', text: left };
  });
  let isOver = false;
  void ended.then(() => (isOver = true));

  async function ask<T>(request: Request, schema: v.GenericSchema<unknown, T>, limitMs = ANSWER_LIMIT_MS): Promise<T> {
    if (isOver) throw lost();
    const id = ++nextId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    waiting.set(id, { resolve, reject });
    const timer = setTimeout(() => {
      waiting.delete(id);
      reject(new FaultlineError('timedOut', { what: t('{0} did not answer within {1} s', what, limitMs / 1000) }));
    }, limitMs);
    try {
      pipe.send(JSON.stringify({ id, ...request }));
      const answer = v.safeParse(schema, await promise);
      if (answer.success) return answer.output;
      throw new FaultlineError('internal', {
        what: t('{0} answered otherwise than agreed', what),
        meaning: v.summarize(answer.issues),
      });
    } finally {
      clearTimeout(timer);
    }
  }

  let compared: { readonly offsetMs: number; readonly errorMs: number; readonly atMs: number } | undefined;
  async function beat(): Promise<void> {
    const sentMs = clock.monotonicMs();
    const { t: there } = await ask({ do: 'beat' }, v.object({ t: v.number() }));
    const gotMs = clock.monotonicMs();
    const errorMs = (gotMs - sentMs) / 2;
    if (compared === undefined || errorMs <= compared.errorMs || gotMs - compared.atMs > CLOCK_KEPT_MS)
      compared = { offsetMs: (gotMs + sentMs) / 2 - there, errorMs, atMs: gotMs };
  }

  const abort = (): void => pipe.terminate();
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const hello = await within(greeting.promise, HELLO_LIMIT_MS, () => {
    pipe.terminate();
    return new FaultlineError('timedOut', { what: t('{0} did not start within {1} s', what, HELLO_LIMIT_MS / 1000) });
  });
  const pulse = setInterval(() => {
    if (clock.monotonicMs() - heardAtMs > SILENCE_MS) pipe.terminate();
    else beat().catch(() => undefined);
  }, BEAT_MS);
  void ended.then(() => {
    clearInterval(pulse);
    signal.removeEventListener('abort', abort);
  });
  await beat();

  return {
    hello,
    check: () => ask({ do: 'check' }, Checked),
    arm: (fault) => ask({ do: 'arm', name: options.name, fault }, Armed),
    go: async (durationMs, withinMs = GO_WITHIN_MS) => {
      if (compared === undefined) throw lost();
      const notAfter = clock.monotonicMs() + withinMs - compared.offsetMs;
      return ask({ do: 'go', durationMs, notAfter }, Applied);
    },
    setPeers: async (addresses) => void (await ask({ do: 'peers', addresses }, v.unknown())),
    proof: () => ask({ do: 'proof' }, Proof),
    heal: () => ask({ do: 'heal' }, Healed),
    said: {
      listen: (listener) => {
        listeners.add(listener);
        return { dispose: () => void listeners.delete(listener) };
      },
    },
    clock: () => compared,
    ended,
    close: async () => {
      if (!isOver) await ask({ do: 'bye' }, v.unknown(), LEAVE_LIMIT_MS).catch(() => undefined);
      await within(ended, LEAVE_LIMIT_MS, () => undefined);
      pipe.terminate();
      await ended;
    },
  };
}

async function within<T>(promise: Promise<T>, limitMs: number, late: () => FaultlineError): Promise<T>;
async function within<T>(promise: Promise<T>, limitMs: number, late: () => FaultlineError | undefined): Promise<T | undefined>;
async function within<T>(promise: Promise<T>, limitMs: number, late: () => FaultlineError | undefined): Promise<T | undefined> {
  const { promise: over, resolve, reject } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => {
    const error = late();
    if (error === undefined) resolve(undefined);
    else reject(error);
  }, limitMs);
  try {
    return await Promise.race([promise, over]);
  } finally {
    clearTimeout(timer);
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** By the codes of `program/`: what it could not do, and why. */
const reasons: Readonly<Record<string, ErrorReason>> = {
  capability: 'forbidden',
  ptrace: 'forbidden',
  traced: 'unsupported',
  kernel: 'unsupported',
  nftables: 'unsupported',
  reset: 'unsupported',
  netem: 'unsupported',
  ports: 'unsupported',
  noProcess: 'unsupported',
  noDevice: 'unsupported',
  cgroup: 'unsupported',
  tooLate: 'timedOut',
};

function refused(what: string, { code, text }: { readonly code: string; readonly text: string }): FaultlineError {
  return new FaultlineError(reasons[code] ?? 'invalid', { what: t('{0} refused', what), meaning: text, code });
}
