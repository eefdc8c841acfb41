/**
 * The lab's own program at one of its nodes: orders to its stdin, answers from its stdout, a JSON object a line. It heals what was begun
 * through it when this process is gone, or silent for 10 s; and the lab ends each fault at its deadline, whoever is gone.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import * as v from 'valibot';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { unlessAborted } from '../../cluster/act/signal.ts';

export type LabFaultKind = 'stop' | 'cut' | 'freeze';

export interface LabFault {
  readonly kind: LabFaultKind;
  /** Unix ms. */
  readonly untilMs: number;
}

/** As the kernel of this machine tells it. */
export interface LabNodeTruth {
  /** Its cable is plugged in, and its kubelet runs. */
  readonly hasPower: boolean;
  readonly isCut: boolean;
  /** Packets that the last cut has dropped. */
  readonly dropped: number;
  readonly isFrozen: boolean;
  /** The last that was begun and not healed, whether or not it is over. */
  readonly fault?: LabFault;
  /** Why it could not be healed. */
  readonly failed?: string;
}

/** Its program is started when it is first needed, and again when it has ended. */
export interface AttendedNode {
  /** All fail: `unsupported` with the lab's words, `unreachable` where its program ends or does not answer, `cancelled`. */
  look(signal: AbortSignal): Promise<LabNodeTruth>;
  /** Resolves when the node is broken. */
  begin(fault: LabFault, signal: AbortSignal): Promise<void>;
  /** Resolves when the order was taken; that it is healed is seen by `look`. */
  heal(fault: LabFault, signal: AbortSignal): Promise<void>;
  /** Ends the program, which heals what was begun through it. */
  dispose(): Promise<void>;
}

const truth = v.object({
  hasPower: v.boolean(),
  isCut: v.boolean(),
  dropped: v.number(),
  isFrozen: v.boolean(),
  fault: v.exactOptional(v.object({ kind: v.picklist(['stop', 'cut', 'freeze']), untilMs: v.number() })),
  failed: v.exactOptional(v.string()),
});

const said = v.object({
  ready: v.exactOptional(v.boolean()),
  id: v.exactOptional(v.number()),
  answer: v.exactOptional(v.unknown()),
  error: v.exactOptional(v.string()),
});

/** What it names of the environment is what a program can't do without, and where the labs are. */
const passedOn = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'XDG_CACHE_HOME', 'FAULTLINE_CACHE'];
/** A machine that is busy lets a new process wait. */
const ANSWER_LIMIT_MS = 60_000;
/** A node that was switched off has to start. */
const END_LIMIT_MS = 90_000;

export function attendNode(command: readonly string[], env: Readonly<Record<string, string | undefined>>): AttendedNode {
  let session: Session | undefined;
  const ask = (order: object, signal: AbortSignal): Promise<unknown> => {
    if (session === undefined || session.hasEnded) session = new Session(command, env);
    return session.ask(order, AbortSignal.any([signal, AbortSignal.timeout(ANSWER_LIMIT_MS)]), signal);
  };
  return {
    look: async (signal) => {
      const found = v.safeParse(truth, await ask({ do: 'look' }, signal));
      if (found.success) return found.output;
      throw new FaultlineError('unsupported', {
        what: t('The lab told of its node what is not known here'),
        remedy: t('Bring the lab up again from this version: npm run lab -- up'),
      });
    },
    begin: async (fault, signal) => void (await ask({ do: 'begin', ...fault }, signal)),
    heal: async (fault, signal) => void (await ask({ do: 'heal', ...fault }, signal)),
    dispose: async () => session?.end(),
  };
}

class Session {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { readonly resolve: (answer: unknown) => void; readonly reject: (error: Error) => void }>();
  #id = 0;
  #complaint = '';
  hasEnded = false;

  constructor([program = '', ...args]: readonly string[], env: Readonly<Record<string, string | undefined>>) {
    // In a session of its own: Ctrl+C in the terminal of a run is for the run, which then heals in its order.
    this.#child = spawn(program, args, {
      detached: true,
      env: Object.fromEntries(passedOn.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const { stdin, stdout, stderr } = this.#child;
    stdin?.on('error', () => undefined);
    stderr?.setEncoding('utf8').on('data', (text: string) => (this.#complaint = `${this.#complaint}${text}`.slice(-2000)));
    if (stdout !== null) createInterface({ input: stdout }).on('line', (line) => this.#hear(line));
    this.#child.once('error', (error) => this.#over(error.message));
    this.#child.once('close', () => this.#over(this.#complaint.trim()));
  }

  async ask(order: object, limit: AbortSignal, signal: AbortSignal): Promise<unknown> {
    const id = ++this.#id;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    // Nobody may be waiting any more when it is answered.
    promise.catch(() => undefined);
    this.#waiting.set(id, { resolve, reject });
    if (this.hasEnded) this.#over(this.#complaint.trim());
    else this.#child.stdin?.write(`${JSON.stringify({ id, ...order })}\n`);
    try {
      return await unlessAborted(promise, limit);
    } catch (error) {
      if (limit.aborted && !signal.aborted && FaultlineError.is(error, 'cancelled')) throw silent('');
      throw error;
    } finally {
      this.#waiting.delete(id);
    }
  }

  async end(): Promise<void> {
    if (this.hasEnded) return;
    this.#child.stdin?.end();
    // It heals first. One that hangs is left to the lab's own deadline.
    await once(this.#child, 'close', { signal: AbortSignal.timeout(END_LIMIT_MS) }).catch(() => undefined);
    if (!this.hasEnded) this.#child.kill('SIGKILL');
  }

  #hear(line: string): void {
    const found = v.safeParse(said, parsed(line));
    if (!found.success || found.output.id === undefined) return;
    const { id, answer, error } = found.output;
    const waiting = this.#waiting.get(id);
    if (error === undefined) waiting?.resolve(answer);
    else waiting?.reject(new FaultlineError('unsupported', { what: t('The lab refused it'), meaning: error }));
  }

  #over(text: string): void {
    this.hasEnded = true;
    for (const { reject } of this.#waiting.values()) reject(silent(text));
    this.#waiting.clear();
  }
}

function silent(text: string): FaultlineError {
  return new FaultlineError('unreachable', {
    what: t('The lab’s program does not answer'),
    ...(text === '' ? {} : { meaning: text }),
    remedy: t('Look at the lab: npm run lab -- status'),
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
