/**
 * Node faults: a node loses its power, its network, or its time, and gets it back at a deadline that needs nobody: the kernel ends a
 * cut, and for the others a timer is running before they begin.
 */
import { join } from 'node:path';
import { cacheDir, SetupError } from '../../workbench/cache.mjs';
import type { Progress } from '../../workbench/cache.mjs';
import type { NodeFault } from '../lab.ts';
import { readRecord } from '../ways/record.ts';
import { plan } from './control-plane.ts';
import { beginFault, endFault, withNodes } from './fault-kinds.ts';
import type { FaultKind } from './fault-kinds.ts';
import { openFaults, readFault, removeFault, writeFault } from './fault-record.ts';
import { nodeRuns } from './nodes.ts';
import { placeOf } from './place.ts';
import type { NodePlace, Place } from './place.ts';
import { killAll, labProcesses, startProcess, waitUntil } from './processes.ts';
import { bootId, readState } from './state.ts';

export { openFaults };

export const SHORTEST_MS = 1000;
export const LONGEST_MS = 15 * 60_000;
/** A processor that builds something else lets a new process wait. */
const TIMER_LIMIT_MS = 30_000;

const BEGINS: Readonly<Record<FaultKind, string>> = { stop: 'Switching off', cut: 'Cutting off', freeze: 'Freezing' };
const IS: Readonly<Record<FaultKind, string>> = { stop: 'switched off', cut: 'cut off', freeze: 'frozen' };
const ENDS: Readonly<Record<FaultKind, string>> = { stop: 'Switching on', cut: 'Connecting', freeze: 'Thawing' };

/**
 * Begins a fault and returns: `stop` is a loss of power, `cut` one of the network (established connections stall; the loopback and
 * the pods of the node still reach each other), `freeze` stops all of its processes between two instructions.
 * It ends after `forMs` (1 s to 15 min), whatever becomes of the caller. Throws a SetupError where this can't be had, changing nothing.
 */
export async function faultNode(number: number, name: string, kind: FaultKind, forMs: number, progress: Progress): Promise<NodeFault> {
  if (!Number.isInteger(forMs) || forMs < SHORTEST_MS || forMs > LONGEST_MS)
    throw new SetupError('A fault lasts 1 s to 15 min: for example --for 30s.');
  return faultNodeUntil(number, name, kind, Date.now() + forMs, progress);
}

/** As `faultNode`, until this moment (Unix ms), within 15 min. */
export async function faultNodeUntil(
  number: number,
  name: string,
  kind: FaultKind,
  untilMs: number,
  progress: Progress,
): Promise<NodeFault> {
  const forMs = untilMs - Date.now();
  if (forMs > LONGEST_MS) throw new SetupError('A fault lasts 15 min at most.');
  return progress.step(`${BEGINS[kind]} ${name} for ${Math.round(forMs / 100) / 10} s`, () =>
    withNodes(number, async () => {
      const { place, node } = findNode(number, name);
      await mendFaults(place);
      const open = openFaults(number).find((fault) => fault.node === name);
      if (open !== undefined) throw new SetupError(`${name} is ${IS[open.kind]} for ${left(open)} more. ${healHint(number, name)}`);
      if (!nodeRuns(place, node)) throw new SetupError(`${name} does not run. This repairs it: npm run lab -- up --lab ${number}`);
      removeFault(number, name);
      if (kind === 'cut') writeFault(number, { node: name, kind, untilMs });
      else await startTimer(place, name, kind, untilMs);
      try {
        const leftMs = untilMs - Date.now();
        if (leftMs < 1) throw new SetupError(`The time of the fault of ${name} was over before it began.`);
        await beginFault(place, node, kind, leftMs);
      } catch (error) {
        await end(place, node, kind);
        throw error;
      }
      return readFault(number, name) ?? { node: name, kind, untilMs };
    }),
  );
}

/** Ends the node's fault now; without one it sees to it that the node has power, network and time. Returns when that is seen. */
export async function healNode(number: number, name: string, progress: Progress): Promise<void> {
  const kind = readFault(number, name)?.kind;
  await progress.step(kind === undefined ? `Looking after ${name}` : `${ENDS[kind]} ${name}`, () =>
    withNodes(number, async () => {
      const { place, node } = findNode(number, name);
      // Thawed first: what is frozen can't be seen to run.
      await end(place, node, 'freeze', 'cut', 'stop');
    }),
  );
}

/** Ends this very fault now, and no other that the node has by now; nothing is done where it is over. Returns when that is seen. */
export async function healFault(number: number, { node: name, kind, untilMs }: NodeFault, progress: Progress): Promise<void> {
  await progress.step(`${ENDS[kind]} ${name}`, () =>
    // Nobody is just giving it another timer then.
    withNodes(number, async () => {
      const open = readFault(number, name);
      if (open?.kind !== kind || open.untilMs !== untilMs) return;
      const { place, node } = findNode(number, name);
      await end(place, node, kind);
    }),
  );
}

/**
 * Ends what is past its deadline because its timer was killed, and gives a timer back to what is not. Whoever calls it holds the nodes
 * (`withNodes`).
 */
export async function mendFaults(place: Place): Promise<void> {
  for (const fault of openFaults(place.number)) {
    const node = place.nodes.find(({ name }) => name === fault.node);
    if (node === undefined) removeFault(place.number, fault.node);
    else if (fault.untilMs <= Date.now()) await end(place, node, fault.kind);
    else if (fault.kind !== 'cut' && timersOf(place.number, fault.node).length === 0)
      await startTimer(place, fault.node, fault.kind, fault.untilMs);
  }
}

async function end(place: Place, node: NodePlace, ...kinds: readonly FaultKind[]): Promise<void> {
  for (const kind of kinds) await endFault(place, node, kind);
  await killAll(() => timersOf(place.number, node.name));
  removeFault(place.number, node.name);
}

/** Returns when the timer counts. A moment and no duration: how long the timer takes to start does not move the deadline. */
async function startTimer(place: Place, node: string, kind: FaultKind, untilMs: number): Promise<void> {
  removeFault(place.number, node);
  const script = join(import.meta.dirname, 'fault-timer.ts');
  // It must find the lab where this command does.
  const words = [`FAULTLINE_CACHE=${cacheDir()}`, process.execPath, script, String(place.number), node, kind, String(untilMs)];
  const timer = plan(place, timerName(node), 'env', words);
  startProcess(place.number, timer);
  const counts = () => readFault(place.number, node) !== undefined && timersOf(place.number, node).length > 0;
  await waitUntil(`The timer of ${node}`, timer.log, TIMER_LIMIT_MS, counts);
}

export function timerName(node: string): string {
  return `timer ${node}`;
}

function timersOf(number: number, node: string): number[] {
  return labProcesses(number)
    .filter(({ name }) => name === timerName(node))
    .map(({ pid }) => pid);
}

/** Fails: SetupError where the lab has no such node, or none that is real. */
export function findNode(number: number, name: string): { readonly place: Place; readonly node: NodePlace } {
  const other = readRecord(number);
  const native = `npm run lab -- up --lab ${number} --way native --profile cluster`;
  if (other !== undefined) {
    const what = other.way === 'kind' ? 'runs on kind' : 'is a cluster that was given by a kubeconfig';
    throw new SetupError(
      `Lab ${number} ${what}; only the nodes of a native lab can be stopped, cut off or frozen. ` +
        `Take it down (npm run lab -- down --lab ${number}), then: ${native}`,
    );
  }
  const state = readState(number);
  if (state === undefined || state === 'unreadable' || state.phase !== 'up' || state.boot !== bootId())
    throw new SetupError(`Lab ${number} is not up. This starts it: ${native}`);
  const place = placeOf(number, state.profile);
  const node = place.nodes.find((one) => one.name === name);
  if (node !== undefined) return { place, node };
  if (place.nodes.length > 0)
    throw new SetupError(`Lab ${number} has no node "${name}". It has: ${place.nodes.map((one) => one.name).join(', ')}.`);
  throw new SetupError(
    `Lab ${number} is up with profile ${state.profile}, whose nodes are not real. ` +
      `Take it down (npm run lab -- down --lab ${number}), then: ${native}`,
  );
}

function left({ untilMs }: NodeFault): string {
  return `${Math.max(0, Math.ceil((untilMs - Date.now()) / 1000))} s`;
}

function healHint(number: number, name: string): string {
  return `This ends it now: npm run lab -- node heal ${name} --lab ${number}`;
}
