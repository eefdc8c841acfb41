/** A command in a container, to its end. */
import { Buffer } from 'node:buffer';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import { openChannels } from './channels.ts';
import { endOf, pathOf, queryOf, STDERR, STDIN, STDOUT, STATUS } from './streams.ts';
import type { ContainerPlace } from './streams.ts';
import { Consent } from './protection.ts';

export interface ExecOptions {
  /** Of the change `shell`. */
  readonly consent: Consent;
  readonly signal: AbortSignal;
  /** Written, then closed: the command sees the end of its input. */
  readonly stdin?: string | Uint8Array;
  /** A minute where nothing is said. */
  readonly timeoutMs?: number;
  /** Of both outputs together; what is beyond is dropped and `truncated` says so. 10 MB where nothing is said. */
  readonly maxOutputBytes?: number;
}

export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
  readonly truncated: boolean;
}

export const EXEC_LIMIT_MS = 60_000;
const MAX_OUTPUT_BYTES = 10_000_000;
/** How much of the output an error shows. */
const SHOWN = 2000;

/**
 * Runs it to its end, whatever its exit code. What can't be started in the container fails with `notFound` (no such program) or
 * `invalid`; else: `forbidden`, `notFound` (pod, container), `unreachable`, `timedOut` (the command itself may go on in the container:
 * Kubernetes has no way to end it), `cancelled` (likewise), `refusedByProtection`.
 */
export async function execCommand(
  connection: ClusterConnection,
  place: ContainerPlace,
  command: readonly string[],
  options: ExecOptions,
): Promise<ExecResult> {
  Consent.check(options.consent, connection, 'shell');
  return runCommand(connection, place, command, options);
}

/** As `execCommand`, for who has checked the consent already. */
export async function runCommand(
  connection: ClusterConnection,
  place: ContainerPlace,
  command: readonly string[],
  { stdin, timeoutMs = EXEC_LIMIT_MS, maxOutputBytes = MAX_OUTPUT_BYTES, signal }: Omit<ExecOptions, 'consent'>,
): Promise<ExecResult> {
  const what = t('“{0}” in {1}', command.join(' '), place.pod);
  const timeout = AbortSignal.timeout(timeoutMs);
  const gathered = gather(maxOutputBytes);
  let status = '';
  let channels;
  try {
    channels = await openChannels(connection, {
      path: pathOf(place, 'exec'),
      query: queryOf(place, { command, stdin: stdin !== undefined, stderr: true, tty: false }),
      protocols: ['v5.channel.k8s.io', 'v4.channel.k8s.io'],
      what,
      signal: AbortSignal.any([signal, timeout]),
      onData: (channel, bytes) => {
        if (channel === STATUS) status += bytes.toString();
        else gathered.add(channel, bytes);
      },
    });
    if (stdin !== undefined) await write(channels, Buffer.from(stdin), what);
    const broken = await channels.closed;
    if (status !== '') return { ...gathered.texts(), code: endOf(status, what).code };
    throw broken ?? new FaultlineError('unreachable', { what: t('{0}: the connection ended before the command did', what) });
  } catch (error) {
    if (signal.aborted || !timeout.aborted) throw error;
    throw new FaultlineError(
      'timedOut',
      {
        what: t('{0} did not end within {1} s', what, timeoutMs / 1000),
        meaning: `${gathered.texts().stdout}${gathered.texts().stderr}`.slice(-SHOWN),
      },
      error,
    );
  } finally {
    channels?.terminate();
  }
}

const PIECE_BYTES = 65_536;

async function write(channels: Awaited<ReturnType<typeof openChannels>>, bytes: Buffer, what: string): Promise<void> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) await channels.send(STDIN, bytes.subarray(at, at + PIECE_BYTES));
  if (channels.end(STDIN)) return;
  throw new FaultlineError('unsupported', {
    what: t('{0} was not given its input', what),
    meaning: t('This cluster can’t be told where an input ends: it is older than Kubernetes 1.30.'),
  });
}

function gather(limitBytes: number): { add(channel: number, bytes: Buffer): void; texts(): Omit<ExecResult, 'code'> } {
  const chunks: Record<number, Buffer[]> = { [STDOUT]: [], [STDERR]: [] };
  let leftBytes = limitBytes;
  let truncated = false;
  return {
    add: (channel, bytes) => {
      truncated ||= bytes.length > leftBytes;
      const kept = bytes.subarray(0, leftBytes);
      leftBytes -= kept.length;
      if (kept.length > 0) chunks[channel]?.push(kept);
    },
    texts: () => ({
      stdout: Buffer.concat(chunks[STDOUT] ?? []).toString(),
      stderr: Buffer.concat(chunks[STDERR] ?? []).toString(),
      truncated,
    }),
  };
}
