/** The log of a container, line by line. */
import { PassThrough } from 'node:stream';
import type { Readable } from 'node:stream';
import { Log } from '@kubernetes/client-node';
import type { Api } from './api.ts';

export interface LogOptions {
  /** Needed where the pod has several. */
  readonly container?: string;
  /** Goes on until the container ends. */
  readonly follow?: boolean;
  /** Of the container's run before this one. */
  readonly previous?: boolean;
  readonly tailLines?: number;
  readonly limitBytes?: number;
  readonly signal?: AbortSignal;
}

/** Throws when the log can't be read or the connection breaks; ends with the signal's reason when that aborts. */
export async function* logLines(api: Api, namespace: string, pod: string, options: LogOptions = {}): AsyncGenerator<string> {
  const { container = '', signal, ...rest } = options;
  signal?.throwIfAborted();
  const stream = new PassThrough();
  // The client pipes without a listener for errors: a connection that breaks would end the process and not this loop.
  stream.once('pipe', (source: Readable) => source.once('error', (error) => stream.destroy(error)));
  const request = await new Log(api.config).log(namespace, pod, container, stream, rest);
  const onAbort = (): void => {
    stream.destroy(asError(signal?.reason));
    request.abort();
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    let rest = '';
    stream.setEncoding('utf8');
    for await (const chunk of stream as AsyncIterable<string>) {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
    if (rest !== '') yield rest;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    request.abort();
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
