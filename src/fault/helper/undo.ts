/** What ends a helper when nobody speaks with it any more, and with it what it holds. */
import { capabilityFor } from './helper.ts';
import type { HelperFaultKind } from './protocol.ts';
import { PID_FILE } from './start.ts';

/** In the helper's own container. */
const endOwn = `kill $(cat ${PID_FILE})`;
/** In the target's: the program has removed its file, and its name stays. */
const endAmongOthers = 'for p in /proc/[0-9]*; do case $(readlink $p/exe) in *fl-helper*) kill ${p#/proc/};; esac; done';
const tellEach = 'for p in /proc/[0-9]*; do case $(readlink $p/exe) in *fl-helper*) kill ${p#/proc/}; echo ${p#/proc/};; esac; done';

/** What a person can type. `container`: the helper's own; of stress the target's. */
export function helperUndo(kind: HelperFaultKind, namespace: string, pod: string, container: string): string {
  const inside = capabilityFor(kind) === undefined ? endAmongOthers : endOwn;
  return `kubectl -n ${namespace} exec ${pod} -c ${container} -- sh -c '${inside}'`;
}

/**
 * The same, for a program. Of stress: one line for each process that was told to end; exit code 3 where that can't be looked at in this
 * container.
 */
export function endCommand(kind: HelperFaultKind): readonly string[] {
  const script = capabilityFor(kind) === undefined ? `readlink /proc/self/exe >/dev/null || exit 3; ${tellEach}; :` : endOwn;
  return ['sh', '-c', script];
}
