/** A command in a container. */
import { PassThrough, Readable } from 'node:stream';
import type { Writable } from 'node:stream';
import { Exec } from '@kubernetes/client-node';
import type { V1Status } from '@kubernetes/client-node';
import type { Bounds, Scope } from './wait.ts';
import { WAIT_LIMIT_MS } from './wait.ts';

export interface ExecOptions extends Bounds {
  /** Needed where the pod has several. */
  readonly container?: string;
  /** Written, then closed: the command sees the end of its input. */
  readonly stdin?: string | Uint8Array;
}

export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** How much of the output an error shows. */
const SHOWN = 2000;

/** What is used of a WebSocket; the client's own declaration leads to types that it does not bring. */
export interface Connection {
  onclose: (() => void) | null;
  terminate(): void;
}

/** Runs it to its end, whatever its exit code. Throws when it could not be started, or the connection or the time ended first. */
export async function exec(scope: Scope, pod: string, command: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
  const { container = '', stdin, timeoutMs = WAIT_LIMIT_MS } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([scope.signal, timeout, ...(options.signal === undefined ? [] : [options.signal])]);
  const about = `"${command.join(' ')}" in ${pod}`;
  const stdout = gather();
  const stderr = gather();
  const input = stdin === undefined ? null : Readable.from([Buffer.from(stdin)], { objectMode: false });
  const ended = Promise.withResolvers<V1Status>();
  const onAbort = (): void =>
    ended.reject(
      timeout.aborted
        ? new Error(`${about} did not end within ${timeoutMs / 1000} s.\n${`${stdout.text()}${stderr.text()}`.slice(-SHOWN)}`)
        : signal.reason,
    );
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  const connecting = new Exec(scope.api.config).exec(
    scope.namespace,
    pod,
    container,
    [...command],
    stdout.stream,
    stderr.stream,
    input,
    false,
    (status) => ended.resolve(status),
  ) as Promise<Connection>;
  void connecting.then(
    (socket) => {
      socket.onclose = () => ended.reject(new Error(`The connection ended before ${about} did.`));
    },
    (error: unknown) => ended.reject(new Error(`${about} could not be started: ${messageOf(error)}`)),
  );
  try {
    const status = await ended.promise;
    return { stdout: stdout.text(), stderr: stderr.text(), code: codeOf(status, about) };
  } finally {
    signal.removeEventListener('abort', onAbort);
    void connecting.then(
      (socket) => socket.terminate(),
      () => undefined,
    );
  }
}

function gather(): { readonly stream: Writable; text(): string } {
  const chunks: Buffer[] = [];
  const stream = new PassThrough();
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { stream, text: () => Buffer.concat(chunks).toString() };
}

/** A failed command has its exit code among the causes; anything else that failed has none. */
function codeOf({ status, message, details }: V1Status, about: string): number {
  if (status === 'Success') return 0;
  const cause = details?.causes?.find(({ reason }) => reason === 'ExitCode');
  if (cause?.message === undefined) throw new Error(`${about}: ${message ?? 'failed'}`);
  return Number(cause.message);
}

/** What a WebSocket rejects with is an event, not an error. */
export function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}
