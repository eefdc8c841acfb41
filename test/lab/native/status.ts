/** What runs of a native lab, by looking at the machine and not at what was once written down. */
import { KWOK } from '../kwok/process.ts';
import type { LabProcess, LabStatus } from '../lab.ts';
import { logOf } from './control-plane.ts';
import { openFaults, timerName } from './faults.ts';
import { NODE_PROCESSES } from './nodes.ts';
import { placeOf } from './place.ts';
import type { Place } from './place.ts';
import { labProcesses, memoryOf } from './processes.ts';
import { bootId, readState } from './state.ts';
import { describe } from './up.ts';

const CONTROL = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];
const REAL = ['coredns', 'metrics-server', 'images'];

export function nativeStatus(number: number): Promise<LabStatus> {
  const state = readState(number);
  const found = labProcesses(number);
  if (state === undefined && found.length === 0)
    return Promise.resolve({ number, state: 'down', lab: undefined, processes: [], faults: [] });
  const known = state === undefined || state === 'unreadable' ? undefined : state;
  const place = placeOf(number, known?.profile ?? 'api');
  const faults = openFaults(number);
  const dark = new Set(faults.filter(({ kind }) => kind === 'stop').map(({ node }) => node));
  const timed = faults.filter(({ kind }) => kind !== 'cut');
  const expected = known === undefined ? [] : [...namesOf(place, dark), ...timed.map(({ node }) => timerName(node))];
  const names = new Set([...expected, ...found.map(({ name }) => name)]);
  const processes = [...names].map((name): LabProcess => {
    const own = found.filter((process) => process.name === name);
    return {
      name,
      pid: own[0]?.pid,
      sinceMs: own[0]?.sinceMs,
      memoryBytes: own.length === 0 ? undefined : own.reduce((sum, { pid }) => sum + (memoryOf(pid) ?? 0), 0),
      log: logOf(place, name),
    };
  });
  const complete = known?.boot === bootId() && processes.every(({ pid }) => pid !== undefined);
  return Promise.resolve({
    number,
    state: known?.phase === 'up' && !complete ? 'broken' : (known?.phase ?? 'broken'),
    lab: known?.phase === 'up' ? describe(place, known.version, known.upSince) : undefined,
    processes,
    faults,
  });
}

function namesOf(place: Place, dark: ReadonlySet<string>): string[] {
  const nodes = place.nodes.filter(({ name }) => !dark.has(name));
  return [
    ...CONTROL,
    ...(place.profile === 'api' ? [KWOK] : REAL),
    ...nodes.flatMap(({ name }) => NODE_PROCESSES.map((one) => `${one} ${name}`)),
  ];
}
