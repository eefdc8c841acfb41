/**
 * Lines to and from the program in a vantage's pod, over a port of its loopback that the API server forwards. Not over exec: that would
 * start a process beside the probe, and with it a stall, each time that the connection is made again.
 */
import { WholeLines } from '../../cluster/act/wholeLines.ts';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { openChannels } from '../../cluster/act/channels.ts';
import { pathOf } from '../../cluster/act/streams.ts';
import type { ClusterConnection } from '../../cluster/connect/connection.ts';

export interface PodLines {
  send(line: string): void;
  /** Never rejects; undefined: one of both sides ended it. */
  readonly closed: Promise<FaultlineError | undefined>;
  terminate(): void;
}

/** Whole lines, several at a time. Fails as a request does. */
export type OpenPodLines = (onLines: (lines: readonly string[]) => void, signal: AbortSignal) => Promise<PodLines>;

export interface PodPlace {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
}

const DATA = 0;
const PROBLEM = 1;
/** Each channel begins with the number of the port. */
const PORT_BYTES = 2;
const QUIET_LIMIT_MS = 6000;

export function podLines(connection: ClusterConnection, { namespace, pod, port }: PodPlace): OpenPodLines {
  return async (onLines, signal) => {
    const what = t('The connection to the probe {0}', pod);
    const lines = new WholeLines();
    const begun = new Set<number>();
    let problem = '';
    const opened: { terminate?: () => void } = {};
    const channels = await openChannels(connection, {
      path: pathOf({ namespace, pod }, 'portforward'),
      query: [['ports', String(port)]],
      protocols: ['v4.channel.k8s.io'],
      ...{ what, signal, quietLimitMs: QUIET_LIMIT_MS },
      onData: (channel, bytes) => {
        const data = begun.has(channel) ? bytes : bytes.subarray(PORT_BYTES);
        begun.add(channel);
        if (data.length === 0) return;
        if (channel === PROBLEM) {
          problem += data.toString();
          // Nothing more comes.
          opened.terminate?.();
        } else if (channel === DATA) onLines(lines.of(data));
      },
    });
    opened.terminate = () => channels.terminate();
    if (problem !== '') channels.terminate();
    const closed = channels.closed.then((broken) =>
      problem === '' ? broken : new FaultlineError('unreachable', { what: t('{0} broke', what), meaning: problem.trim() }),
    );
    return { send: (line) => void channels.send(DATA, Buffer.from(`${line}\n`)), closed, terminate: () => channels.terminate() };
  };
}
