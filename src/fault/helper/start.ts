/** Sends the program into a container over the standard input of a shell, and starts it there: its conversation is the same connection's. */
import { WholeLines } from '../../cluster/act/wholeLines.ts';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { openChannels } from '../../cluster/act/channels.ts';
import { endOf, pathOf, queryOf, STDERR, STDIN, STDOUT, STATUS, type ContainerPlace } from '../../cluster/act/streams.ts';
import type { ClusterConnection } from '../../cluster/connect/connection.ts';
import { architectureOf } from './architecture.ts';
import type { HelperProgram } from './binary.ts';
import type { HelperPipe } from './client.ts';

/**
 * Says what the processor is, reads how many bytes come, and these, and becomes the program; which removes its own file. Not a byte more
 * is read than announced: what follows is for the program.
 */
const start = (isOwn: boolean): string =>
  [
    // An empty file is a script that does nothing, where it may be run at all: /dev/shm mostly forbids that.
    'for d in /tmp /var/tmp /dev/shm "$HOME" .; do f="$d/.fl-helper-$$"; if (: > "$f" && chmod 700 "$f" && "$f") 2>/dev/null; then break; fi; rm -f "$f" 2>/dev/null; f=; done',
    `[ -n "$f" ] || exit ${NO_FOLDER}`,
    'uname -m',
    'read -r n && head -c "$n" > "$f" && chmod 700 "$f" || exit 1',
    // For the shell that keeps an ephemeral container (`container.ts`); in the target's own nothing is left.
    isOwn ? `echo $$ > ${PID_FILE}` : ':',
    'exec "$f" --own-file "$f"',
  ].join('; ');

/** Exit code of the shell: no folder can be written to and run from. */
const NO_FOLDER = 77;

/** Where the helper's own container has its number. */
export const PID_FILE = '/tmp/fl-helper.pid';

const PIECE_BYTES = 65_536;
const MAX_WORDS = 2_000;

export interface StartOptions {
  /** The container is the helper's. */
  readonly isOwn: boolean;
  readonly program: HelperProgram;
  /** "the helper in pod kafka-1": begins the text of an error. */
  readonly what: string;
  readonly signal: AbortSignal;
}

/**
 * Resolves when the program is sent; that it has started, its hello says. Fails: `unsupported` (no shell, another processor, nowhere to
 * write to), `forbidden`, `notFound`, `unreachable`, `timedOut`, `cancelled`.
 */
export async function startHelper(connection: ClusterConnection, place: ContainerPlace, options: StartOptions): Promise<HelperPipe> {
  const { program, what, signal } = options;
  const lines = new WholeLines();
  const machine = Promise.withResolvers<string>();
  machine.promise.catch(() => undefined);
  let listener: ((line: string) => void) | undefined;
  const kept: string[] = [];
  let words = '';
  let status = '';
  let isFirst = true;
  const take = (line: string): void => {
    if (isFirst) {
      isFirst = false;
      machine.resolve(line.trim());
    } else if (listener === undefined) kept.push(line);
    else listener(line);
  };
  const channels = await openChannels(connection, {
    path: pathOf(place, 'exec'),
    query: queryOf(place, { command: ['sh', '-c', start(options.isOwn)], stdin: true, stderr: true, tty: false }),
    protocols: ['v5.channel.k8s.io', 'v4.channel.k8s.io'],
    what,
    signal,
    quietLimitMs: QUIET_LIMIT_MS,
    onData: (channel, bytes) => {
      if (channel === STDOUT) for (const line of lines.of(bytes)) take(line);
      else if (channel === STDERR) words = (words + bytes.toString()).slice(-MAX_WORDS);
      else if (channel === STATUS) status += bytes.toString();
    },
  });
  const closed = channels.closed.then((broken) => broken ?? failureOf(status, words, what));
  void closed.then((failure) =>
    machine.reject(failure ?? new FaultlineError('unreachable', { what: t('{0}: it ended before it began', what) })),
  );
  try {
    const arch = architectureOf(await machine.promise);
    if (arch === undefined)
      throw new FaultlineError('unsupported', {
        what: t('{0}: there is no helper for this processor ({1})', what, await machine.promise),
        remedy: t('There are helpers for amd64 and arm64.'),
      });
    const bytes = await program(arch, signal);
    await channels.send(STDIN, Buffer.from(`${bytes.length}\n`));
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) await channels.send(STDIN, bytes.subarray(at, at + PIECE_BYTES));
  } catch (error) {
    channels.terminate();
    throw error;
  }
  return {
    send: (line) => void channels.send(STDIN, Buffer.from(`${line}\n`)),
    listen: (onLine) => {
      listener = onLine;
      for (const line of kept.splice(0)) onLine(line);
    },
    closed,
    terminate: () => channels.terminate(),
  };
}

/** Shorter than the helper's patience: whoever is not heard by it any more is to know that. */
const QUIET_LIMIT_MS = 8_000;

/** undefined: it ended well. */
function failureOf(status: string, words: string, what: string): FaultlineError | undefined {
  if (status === '') return undefined;
  let code: number;
  try {
    ({ code } = endOf(status, what));
  } catch (error) {
    if (!FaultlineError.is(error)) throw error;
    return new FaultlineError(
      'unsupported',
      {
        what: t('{0} can’t be started: there is no shell', what),
        ...(error.facts.meaning === undefined ? {} : { meaning: error.facts.meaning }),
        remedy: t('Stress runs in the target’s own container and needs sh and head in its image; other faults bring their own.'),
        code: 'NO_SHELL',
      },
      error,
    );
  }
  if (code === 0) return undefined;
  if (code === NO_FOLDER)
    return new FaultlineError('unsupported', {
      what: t('{0} can’t be started: no folder there can be written to and run from', what),
      remedy: t('Give the container an emptyDir at /tmp; or choose a fault that brings a container of its own: freeze, crash, network.'),
      code: 'NO_FOLDER',
    });
  return new FaultlineError('unreachable', {
    what: t('{0} ended with code {1}', what, code),
    ...(words.trim() === '' ? {} : { meaning: words.trim() }),
  });
}
