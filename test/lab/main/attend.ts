/**
 * `lab node attend`: a program's way to a node. Orders come on stdin and answers go to stdout, a JSON object a line. What was begun here
 * is healed when stdin ends, and when nothing was heard for 10 s: whoever gave the orders is gone then.
 */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import * as v from 'valibot';
import { SetupError } from '../../workbench/cache.mjs';
import type { Progress } from '../../workbench/cache.mjs';
import { faultNodeUntil, findNode, healFault } from '../native/faults.ts';
import { markedUid } from '../native/mark.ts';
import { truthOf } from '../native/truth.ts';

const Fault = { kind: v.picklist(['stop', 'cut', 'freeze']), untilMs: v.pipe(v.number(), v.integer()) };
const Order = v.variant('do', [
  v.object({ id: v.number(), do: v.literal('look') }),
  v.object({ id: v.number(), do: v.literal('begin'), ...Fault }),
  /** Ends this one, and no other that the node may have by now. */
  v.object({ id: v.number(), do: v.literal('heal'), ...Fault }),
]);
type Order = v.InferOutput<typeof Order>;
type Fault = Pick<Extract<Order, { readonly do: 'begin' }>, 'kind' | 'untilMs'>;

export interface AttendOptions {
  readonly number: number;
  readonly node: string;
  /** UID of the kube-system of the cluster that is meant. */
  readonly cluster: string;
  readonly input: Readable;
  readonly print: (text: string) => void;
  readonly progress: Progress;
  /** Ends it, as the end of the input does. */
  readonly signal: AbortSignal;
  /** Without a word for so long, what was begun is healed. */
  readonly silenceMs?: number;
}

const SILENCE_MS = 10_000;

/** Resolves when the input has ended and what was begun is healed. Fails: SetupError for a lab or a node that is not the one meant. */
export async function attendNode(options: AttendOptions): Promise<void> {
  const { number, node, cluster, input, print, progress, signal, silenceMs = SILENCE_MS } = options;
  if (markedUid(number) !== cluster) throw new SetupError(`Lab ${number} is another cluster by now.`);
  findNode(number, node);
  let begun: Fault | undefined;
  let healing: Promise<void> = Promise.resolve();
  /** Why it could not be healed. */
  let failed: string | undefined;
  const heal = (fault: Fault | undefined): Promise<void> => {
    healing = healing
      .then(async () => {
        if (fault !== undefined) await healFault(number, { node, ...fault }, progress);
        failed = undefined;
      })
      .catch((error: unknown) => void (failed = textOf(error)));
    return healing;
  };

  async function answerTo(order: Order): Promise<object> {
    switch (order.do) {
      case 'look': {
        const { place, node: found } = findNode(number, node);
        return { ...(await truthOf(place, found)), ...(failed === undefined ? {} : { failed }) };
      }
      case 'begin': {
        const { kind, untilMs } = order;
        await faultNodeUntil(number, node, kind, untilMs, progress);
        begun = { kind, untilMs };
        return {};
      }
      case 'heal':
        // A node takes as long as it takes to start: whether it has, is looked for.
        void heal({ kind: order.kind, untilMs: order.untilMs });
        return {};
    }
  }

  const lines = createInterface({ input, signal });
  const working = new Set<Promise<void>>();
  let silence: NodeJS.Timeout | undefined;
  print(`${JSON.stringify({ ready: true })}\n`);
  for await (const line of lines) {
    clearTimeout(silence);
    silence = setTimeout(() => void heal(begun), silenceMs);
    const order = v.safeParse(Order, parse(line));
    if (!order.success) {
      print(`${JSON.stringify({ error: `Not an order: ${line}` })}\n`);
      continue;
    }
    const { id } = order.output;
    const work = answerTo(order.output).then(
      (answer) => print(`${JSON.stringify({ id, answer })}\n`),
      (error: unknown) => print(`${JSON.stringify({ id, error: textOf(error) })}\n`),
    );
    working.add(work);
    void work.then(() => working.delete(work));
  }
  clearTimeout(silence);
  // What was just being begun is something that was begun.
  await Promise.all(working);
  await heal(begun);
  if (failed !== undefined) throw new SetupError(failed);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
