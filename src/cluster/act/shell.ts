/** A shell in a container, for a terminal. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import { openChannels } from './channels.ts';
import { runCommand } from './exec.ts';
import { Consent } from './protection.ts';
import { endOf, mayBeMissing, pathOf, queryOf, RESIZE, STATUS, STDIN } from './streams.ts';
import type { ContainerPlace } from './streams.ts';

export interface ShellOptions {
  /** Of the change `shell`. */
  readonly consent: Consent;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly columns: number;
  readonly rows: number;
  /** UTF-8, cut anywhere. As long as what it returns is pending nothing more is read. */
  readonly onOutput: (bytes: Uint8Array) => void | Promise<void>;
}

export interface Shell {
  /** "bash", "sh". */
  readonly program: string;
  /** What was typed. */
  write(data: string | Uint8Array): void;
  resize(columns: number, rows: number): void;
  /** Exit code. Rejects when the connection ended first. */
  readonly ended: Promise<number>;
  close(): void;
}

/**
 * bash where the image has it, else sh. Fails: `unsupported` where it has none (the text names the way out), `forbidden`, `notFound`,
 * `unreachable`, `timedOut`, `cancelled`, `refusedByProtection`.
 */
export async function openShell(connection: ClusterConnection, place: ContainerPlace, options: ShellOptions): Promise<Shell> {
  const { consent, signal, columns, rows, onOutput } = options;
  Consent.check(consent, connection, 'shell');
  const program = await findShell(connection, place, signal);
  const what = t('A shell in {0}', place.pod);
  let status = '';
  const channels = await openChannels(connection, {
    path: pathOf(place, 'exec'),
    // A terminal has one output: the second one is not asked for.
    query: queryOf(place, { command: [program], stdin: true, stderr: false, tty: true }),
    protocols: ['v5.channel.k8s.io', 'v4.channel.k8s.io'],
    what,
    signal,
    onData: (channel, bytes) => {
      if (channel !== STATUS) return onOutput(bytes);
      status += bytes.toString();
      return undefined;
    },
  });
  const resize = (width: number, height: number): void =>
    void channels.send(RESIZE, Buffer.from(JSON.stringify({ Width: width, Height: height })));
  resize(columns, rows);
  const ended = channels.closed.then((broken) => {
    if (status !== '') return endOf(status, what).code;
    throw broken ?? new FaultlineError('unreachable', { what: t('{0}: the connection ended', what) });
  });
  // Whoever does not wait for the end is not to be ended by it.
  ended.catch(() => undefined);
  return {
    program: program.slice(program.lastIndexOf('/') + 1),
    write: (data) => void channels.send(STDIN, Buffer.from(data)),
    resize,
    ended,
    close: () => channels.terminate(),
  };
}

/** Where a shell may be: on the path, else in the places of Debian, and of the images with busybox beside a program. */
const CANDIDATES = ['sh', '/bin/bash', '/busybox/sh'];

async function findShell(connection: ClusterConnection, place: ContainerPlace, signal: AbortSignal): Promise<string> {
  let last: unknown;
  for (const candidate of CANDIDATES) {
    try {
      const { code, stdout } = await runCommand(connection, place, [candidate, '-c', 'command -v bash || true'], { signal });
      if (code === 0) return stdout.trim().startsWith('/') ? stdout.trim() : candidate;
      // Some runtimes tell a missing program by an exit code.
      if (!mayBeMissing(code)) return candidate;
    } catch (error) {
      if (!FaultlineError.is(error, 'notFound') || error.facts.code !== 'NOT_STARTED') throw error;
      last = error;
    }
  }
  throw new FaultlineError(
    'unsupported',
    {
      what: t('The image of {0} has no shell', place.container === undefined ? place.pod : `${place.pod}/${place.container}`),
      meaning: t('Neither bash nor sh could be started in it.'),
      remedy: t(
        'Add an ephemeral debug container that has one: kubectl debug -n {0} -it {1} --image=busybox:1.36{2}',
        place.namespace,
        place.pod,
        place.container === undefined ? '' : ` --target=${place.container}`,
      ),
    },
    last,
  );
}
