/**
 * Calls between two ends of a message channel (a child process, a page): typed by the interface of each end.
 * birpc does the pairing; this file adds our errors, which keep their reason on the way. Browser-safe.
 */
import { createBirpc, type BirpcReturn } from 'birpc';
import { fromWire, toWire, type WireError } from './errors.ts';

export interface Port {
  post(message: unknown): void;
  /** Returns a function that stops listening. */
  listen(onMessage: (message: unknown) => void): () => void;
}

type Functions = object;

export type Remote<R extends Functions, L extends Functions> = BirpcReturn<R, L>;

/**
 * `local` answers what the other end calls; the returned object calls the other end.
 * A call waits as long as the other end lives: whoever owns the channel calls `$close` with an error when it ends.
 */
export function connect<R extends Functions, L extends Functions>(port: Port, local: L): Remote<R, L> {
  let stop = (): void => {};
  const rpc = createBirpc<R, L>(local, {
    post: (message: unknown) => port.post(message),
    on: (deliver: (message: unknown) => void) => {
      stop = port.listen(deliver);
    },
    off: () => stop(),
    timeout: -1,
    // Only what `local` itself holds can be called: a page must not reach `constructor`.
    resolver: (name, resolved) => (Object.hasOwn(local, name) ? resolved : undefined),
    serialize: (message: unknown) => encode(message),
    deserialize: (message: unknown) => decode(message),
  });
  return rpc;
}

interface Envelope {
  readonly e?: unknown;
}

function encode(message: unknown): unknown {
  if (!isEnvelope(message) || message.e === undefined) return message;
  return { ...message, e: toWire(message.e) };
}

function decode(message: unknown): unknown {
  if (!isEnvelope(message) || message.e === undefined) return message;
  return { ...message, e: fromWire(message.e as WireError) };
}

function isEnvelope(message: unknown): message is Envelope {
  return typeof message === 'object' && message !== null && 'e' in message;
}
