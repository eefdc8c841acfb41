/** What commands and shells in containers share: where, with which streams, and how they ended. */
import * as v from 'valibot';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';

export interface ContainerPlace {
  readonly namespace: string;
  readonly pod: string;
  /** Needed where the pod has several and none is marked as its default. */
  readonly container?: string;
}

export const STDIN = 0;
export const STDOUT = 1;
export const STDERR = 2;
export const STATUS = 3;
export const RESIZE = 4;

export interface Streams {
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

export function pathOf({ namespace, pod }: ContainerPlace, subresource: 'exec' | 'attach' | 'portforward'): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/${subresource}`;
}

export function queryOf({ container }: ContainerPlace, { command, stdin, stderr, tty }: Streams): readonly (readonly [string, string])[] {
  return [
    ['stdout', 'true'],
    ['stdin', String(stdin)],
    ['stderr', String(stderr)],
    ['tty', String(tty)],
    ...(container === undefined ? [] : [['container', container] as const]),
    ...command.map((part) => ['command', part] as const),
  ];
}

const Status = v.object({
  status: v.optional(v.string()),
  message: v.optional(v.string()),
  reason: v.optional(v.string()),
  details: v.optional(
    v.object({ causes: v.optional(v.array(v.object({ reason: v.optional(v.string()), message: v.optional(v.string()) }))) }),
  ),
});

/** Exit codes by which a container runtime says that it could not start the program at all. */
const NOT_STARTED = new Set([126, 127, 128]);

export interface CommandEnd {
  readonly code: number;
}

/** A failed command has its exit code among the causes; what could not be started has none: that fails with `notFound` and the code NOT_STARTED. */
export function endOf(text: string, what: string): CommandEnd {
  const { status, message, details } = v.parse(Status, JSON.parse(text));
  if (status === 'Success') return { code: 0 };
  const cause = details?.causes?.find(({ reason }) => reason === 'ExitCode');
  if (cause?.message !== undefined) return { code: Number(cause.message) };
  throw new FaultlineError('notFound', {
    what: t('{0} could not be started', what),
    ...(message === undefined ? {} : { meaning: message }),
    remedy: t('Check that the program is in the container’s image.'),
    code: 'NOT_STARTED',
  });
}

/** Whether an exit code may mean that the program was not there; a shell uses the same ones. */
export function mayBeMissing(code: number): boolean {
  return NOT_STARTED.has(code);
}
