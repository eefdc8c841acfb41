/**
 * Whether a fault has ended whose runner does not tell: asked of its cluster, and ended there where it goes on. What the kernel holds is
 * seen by its helper's container; what the API holds by the mark on the object; what the lab holds by the node's own lease.
 */
import { FaultlineError, normalise } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ClusterConnection } from '../../cluster/connect/connection.ts';
import type { KubeObject, Node, Workload } from '../../cluster/objects.ts';
import { kinds, pathOf } from '../../cluster/watch/kinds.ts';
import { factsOf } from '../../fault/catalogue.ts';
import { helperPrefix, type TargetPod } from '../../fault/helper/container.ts';
import { capabilityFor } from '../../fault/helper/helper.ts';
import type { HelperFaultKind } from '../../fault/helper/protocol.ts';
import { endCommand, helperUndo } from '../../fault/helper/undo.ts';
import { FieldEdit, undoOf, type Field } from '../../fault/inject/edit.ts';
import { schedulingOf } from '../../fault/inject/node.ts';
import { replicasOf } from '../../fault/inject/scale.ts';
import { seen } from '../../fault/inject/wait.ts';
import type { FaultTarget } from '../../journal/fault-plan.ts';
import type { OpenInJournal } from './journal.ts';
import type { Asked, Exec, Settled } from './asked.ts';
import { settleLabNode } from './lab.ts';

/** Until it is seen to have ended, or the signal aborts: then it is unconfirmed. Never fails for what the API says. */
export async function settle(asked: Asked, signal: AbortSignal): Promise<Settled> {
  let last: Settled | undefined;
  const looker = lookerOf(asked);
  const look = async (ends: AbortSignal): Promise<string | undefined> => {
    last = await looker(ends);
    return last?.text;
  };
  try {
    if (factsOf(asked.open.planned.kind).mechanism === 'lab') return await settleLabNode(asked, signal);
    const { proven, text } = await seen(look, t('It goes on, as far as the cluster tells.'), asked.timing, signal);
    return proven && last !== undefined ? last : { end: 'unconfirmed', text };
  } catch (error) {
    const { what, meaning } = normalise(error).facts;
    return { end: 'unconfirmed', text: `${meaning === undefined ? what : `${what}: ${meaning}`}.` };
  }
}

/** What a person can type; undefined: there is nothing. */
export function undoCommandOf({ planned: { kind }, target, command }: Omit<OpenInJournal, 'shown'>, run: string): string | undefined {
  if (command !== undefined) return command;
  const { namespace = '', name, container } = target;
  switch (factsOf(kind).mechanism) {
    case 'helper':
    case 'exec': {
      const own = capabilityFor(kind as HelperFaultKind) !== undefined;
      return helperUndo(kind as HelperFaultKind, namespace, name, own ? `${helperPrefix(run)}1` : (container ?? name));
    }
    case 'api':
      // How many replicas there were stands on the object.
      return kind === 'scale' ? `faultline sweep --namespace ${namespace}` : `kubectl uncordon ${name}`;
    case 'lab':
      return `npm run lab -- node heal ${name}`;
    case 'none':
      return undefined;
  }
}

type Looker = (signal: AbortSignal) => Promise<Settled | undefined>;

function lookerOf(asked: Asked): Looker {
  const { planned, target } = asked.open;
  switch (factsOf(planned.kind).mechanism) {
    case 'helper':
    case 'exec':
      return capabilityFor(planned.kind as HelperFaultKind) === undefined ? stressed(asked) : held(asked);
    case 'api':
      return planned.kind === 'scale'
        ? edited(asked, replicasOf(target) satisfies Field<Workload, number>, planned.replicas)
        : edited(asked, schedulingOf(target) satisfies Field<Node, boolean>, true);
    case 'lab':
    case 'none':
      return async () => ({ end: 'healed', text: t('Nothing was broken.') });
  }
}

/** Of the fault's own moment: containers tell whole seconds, and clocks differ. */
const roundedMs = 2000;

function held({ connection, run, open, exec }: Asked): Looker {
  const { planned, target, shown } = open;
  let wasTold = false;
  return async (signal) => {
    const pod = await podOf(connection, target, signal);
    if (pod === undefined) return gone(target);
    const prefix = helperPrefix(run);
    const own = (pod.spec?.ephemeralContainers ?? []).map(({ name }) => name).filter((name) => name.startsWith(prefix));
    if (own.length === 0) return { end: 'healed', text: t('Pod {0} has no helper of this run.', target.name) };
    const states = own.map((name) => ({
      name,
      state: pod.status?.ephemeralContainerStatuses?.find((status) => status.name === name)?.state,
    }));
    if (states.every(({ state }) => state?.terminated !== undefined)) {
      const times = states.map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? '')).filter((at) => !Number.isNaN(at));
      const atMs = times.length === 0 ? undefined : Math.max(...times);
      // By its node's clock, as that of the API server.
      const byItself = atMs !== undefined && atMs >= shown.deadlineMs + connection.serverAheadMs() - roundedMs;
      const when = atMs === undefined ? '' : ` ${t('at {0}', new Date(atMs).toISOString())}`;
      return byItself
        ? { end: 'expired', text: t('Its helper ended at its deadline{0}, and the kernel took back what it held.', when) }
        : { end: 'healed', text: t('Its helper has ended{0}, and the kernel took back what it held.', when) };
    }
    // Unheard for 10 s it takes everything back by itself; told, at once.
    if (!wasTold) {
      wasTold = true;
      for (const { name, state } of states)
        if (state?.running !== undefined) await told(exec, connection, target, name, endCommand(planned.kind as HelperFaultKind), signal);
    }
    return undefined;
  };
}

/** In the target's own container nothing shows from outside: who holds it is looked for inside. */
function stressed({ connection, open, exec, timing }: Asked): Looker {
  const { planned, target, shown } = open;
  let wasThere = false;
  return async (signal) => {
    const pod = await podOf(connection, target, signal);
    if (pod === undefined) return gone(target);
    const container = target.container ?? pod.spec?.containers?.[0]?.name ?? '';
    const status = pod.status?.containerStatuses?.find(({ name }) => name === container);
    const { containerId } = target;
    const isAnother = containerId !== undefined && status?.containerID !== undefined && !status.containerID.endsWith(containerId);
    if (isAnother || status?.state?.terminated !== undefined)
      return { end: 'healed', text: t('Container {0} is another one by now, and what ran in it has ended.', container) };
    const answer = await told(exec, connection, target, container, endCommand(planned.kind as HelperFaultKind), signal);
    if (answer === undefined) return undefined;
    if (answer.code !== 0)
      throw new FaultlineError('unsupported', { what: t('What runs in container {0} can’t be looked at from inside of it', container) });
    if (answer.stdout.trim() !== '') {
      wasThere = true;
      return undefined;
    }
    const end = !wasThere && timing.nowMs() >= shown.deadlineMs ? 'expired' : 'healed';
    return { end, text: t('No process of the helper is left in container {0}.', container) };
  };
}

function edited<T extends KubeObject, V extends number | boolean>({ connection, run, open }: Asked, field: Field<T, V>, ours: V): Looker {
  const { title, name } = field;
  let isSetBack = false;
  return async (signal) => {
    let object: T;
    try {
      object = await connection.request<T>({ path: field.path, signal });
    } catch (error) {
      if (FaultlineError.is(error, 'notFound')) return { end: 'healed', text: t('{0} is there no more.', title) };
      throw error;
    }
    if (object.metadata.uid !== field.uid) return { end: 'healed', text: t('{0} is another one by now.', title) };
    const undo = undoOf(object);
    if (undo === undefined || undo.run !== run) {
      const value = field.of(object);
      const text = t('{0} has no mark of this run any more: {1} is {2}.', title, name, value);
      if (isSetBack || value !== ours) return { end: 'healed', text };
      // What it was before stood in the mark; whether a person has set the same since, only a person knows.
      const command = open.command ?? (open.planned.kind === 'scale' ? editCommand(open.target) : undefined);
      return {
        ...{ end: 'unconfirmed', text: t('{0} That is what the fault has set.', text) },
        ...(command === undefined ? {} : { command }),
      };
    }
    const edit = FieldEdit.ofMark(connection, field, object);
    if (edit === undefined) throw new FaultlineError('invalid', { what: t('The mark on {0} can’t be read', title) });
    const healing = await edit.heal(signal);
    isSetBack = true;
    return healing.kind === 'left' ? { end: 'healed', text: `${healing.text}.` } : undefined;
  };
}

function editCommand({ workload = 'Deployment', namespace = '', name }: FaultTarget): string {
  return `kubectl edit -n ${namespace} ${workload.toLowerCase()}/${name}`;
}

/** undefined: it is there no more. */
async function podOf(
  connection: ClusterConnection,
  { namespace = '', name, uid }: FaultTarget,
  signal: AbortSignal,
): Promise<TargetPod | undefined> {
  try {
    const pod = await connection.request<TargetPod>({ path: pathOf(kinds.pods, { namespace, name }), signal });
    return pod.metadata.uid === uid ? pod : undefined;
  } catch (error) {
    if (FaultlineError.is(error, 'notFound')) return undefined;
    throw error;
  }
}

function gone({ name }: FaultTarget): Settled {
  return { end: 'healed', text: t('Pod {0} is gone, and with it what was held in it.', name) };
}

/** undefined: it could not be told; then its own deadline is what ends it. */
async function told(
  exec: Exec,
  connection: ClusterConnection,
  { namespace = '', name }: FaultTarget,
  container: string,
  command: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly stdout: string; readonly code: number } | undefined> {
  try {
    return await exec(connection, { namespace, pod: name, container }, command, { signal });
  } catch {
    return undefined;
  }
}
