/** Reaches the runner of a run that somebody else started: another window, a terminal, this window before its reload. */
import { connect as connectSocket } from 'node:net';
import { once } from 'node:events';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { parseOwner } from '../../base/owner.ts';
import { connect } from '../../base/rpc.ts';
import { formatDuration } from '../../base/units.ts';
import { readLease } from '../../journal/lease.ts';
import type { RunRecord } from '../../journal/runs.ts';
import type { RunControl } from '../control.ts';
import { linePort } from '../lines.ts';

export interface RunLink {
  /** Ends the run as `stopped`; resolves when that is in the journal and synced. */
  stop(): Promise<void>;
  /** Ends what the run has broken, and lets it observe. */
  heal(): Promise<void>;
  /** As long as this link is open, the run needs no other owner. */
  adopt(): Promise<void>;
  /** The runner has ended, or the link was closed. Never rejects. */
  readonly closed: Promise<void>;
  close(): void;
}

/** A process that stands still has its socket open all the same. */
const answerWithinMs = 5000;

/** Fails: `unreachable` (it has ended), `timedOut` (it does not answer). */
export async function connectRun(record: RunRecord): Promise<RunLink> {
  const lease = readLease(record.folder);
  if (lease === undefined) throw gone(record.run);
  const socket = connectSocket(lease.socket);
  try {
    await once(socket, 'connect');
  } catch (error) {
    throw gone(record.run, error);
  }
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  // Its end is told by `close`.
  socket.on('error', () => undefined);
  const remote = connect<RunControl, object>(linePort(socket), {});
  let isSilent = false;
  void closed.then(() => remote.$close(isSilent ? silentRunner(record.run, lease.owner) : gone(record.run)));
  const silent = setTimeout(() => {
    isSilent = true;
    socket.destroy();
  }, answerWithinMs);
  try {
    if ((await remote.run()) !== record.run) throw gone(record.run);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(silent);
  }
  return {
    stop: () => remote.stop(),
    heal: () => remote.heal(),
    adopt: () => remote.adopt(),
    closed,
    close: () => socket.destroy(),
  };
}

function gone(run: string, cause?: unknown): FaultlineError {
  return new FaultlineError(
    'unreachable',
    {
      what: t('The process of run {0} can’t be reached', run),
      meaning: t('It may have ended just now'),
      remedy: t('What it wrote is in its journal.'),
    },
    cause,
  );
}

function silentRunner(run: string, owner: string): FaultlineError {
  return new FaultlineError('timedOut', {
    what: t('The process of run {0} did not answer within {1}', run, formatDuration(answerWithinMs)),
    meaning: t('It stands still, or the machine is overloaded'),
    remedy: t('Try again; if it goes on so, end process {0}: its journal stays.', parseOwner(owner)?.pid ?? '?'),
  });
}
