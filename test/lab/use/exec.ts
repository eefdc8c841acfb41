/** A command in a container. */
import { FaultlineError } from '../../../src/base/errors.ts';
import { execCommand } from '../../../src/cluster/act/exec.ts';
import { consent } from './connection.ts';
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

const MAX_OUTPUT_BYTES = 200_000_000;

/** Runs it to its end, whatever its exit code. Throws when it could not be started, or the connection or the time ended first. */
export async function exec(scope: Scope, pod: string, command: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
  const { container, stdin, timeoutMs = WAIT_LIMIT_MS } = options;
  const about = `"${command.join(' ')}" in ${pod}`;
  const connection = await scope.api.connection();
  try {
    const { stdout, stderr, code } = await execCommand(
      connection,
      { namespace: scope.namespace, pod, ...(container === undefined ? {} : { container }) },
      command,
      {
        consent: consent(connection, 'shell'),
        signal: AbortSignal.any([scope.signal, ...(options.signal === undefined ? [] : [options.signal])]),
        timeoutMs,
        maxOutputBytes: MAX_OUTPUT_BYTES,
        ...(stdin === undefined ? {} : { stdin }),
      },
    );
    return { stdout, stderr, code };
  } catch (error) {
    if (!FaultlineError.is(error)) throw error;
    if (error.reason === 'timedOut')
      throw new Error(`${about} did not end within ${timeoutMs / 1000} s.\n${error.facts.meaning ?? ''}`, { cause: error });
    throw new Error(`${about} could not be started: ${error.message}`, { cause: error });
  }
}
