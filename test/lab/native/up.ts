/** Starts a native lab, repairs what is missing of one that is up, and clears away what an interrupted one left. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureApt } from '../../workbench/apt.mjs';
import { SetupError } from '../../workbench/cache.mjs';
import type { Progress } from '../../workbench/cache.mjs';
import { programs as build } from '../build/programs.ts';
import type { ProgramName } from '../build/programs.ts';
import { ensureImages } from '../images/images.ts';
import { ensureKwok } from '../kwok/process.ts';
import type { LabOptions, Profile, RunningLab } from '../lab.ts';
import { KUBERNETES, NODE_PACKAGES } from '../versions.ts';
import { LabApi } from './api.ts';
import { apiServer, controllerManager, corefile, dns, etcd, imageServer, logOf, metricsServer, scheduler } from './control-plane.ts';
import type { Programs } from './control-plane.ts';
import { clear } from './down.ts';
import { makeNetwork } from './network.ts';
import { nodeRuns, startNode } from './nodes.ts';
import { withNodes } from './fault-kinds.ts';
import { mendFaults, openFaults } from './faults.ts';
import { writeMark } from './mark.ts';
import { makePki, policyToken } from './pki.ts';
import { NODES, placeOf } from './place.ts';
import type { Place } from './place.ts';
import { labProcesses, startProcess, waitUntil } from './processes.ts';
import type { ProcessPlan } from './processes.ts';
import { bootId, readState, writeState } from './state.ts';

const CONTROL: readonly ProgramName[] = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'];
const REAL: readonly ProgramName[] = ['kubelet', 'kube-proxy', 'coredns', 'metrics-server', 'kube-network-policies'];
/** A fresh machine starts in 2 s; one whose two processors build something else takes far longer. */
const READY_LIMIT_MS = 120_000;

/** One at a time for a number: `../ways.ts` sees to that. */
export async function nativeUp(options: LabOptions, progress: Progress): Promise<RunningLab> {
  const current = readState(options.number);
  const goesOn = current !== undefined && current !== 'unreadable' && current.phase === 'up' && current.boot === bootId();
  if (goesOn) refuseOther(options, current);
  const profile = goesOn ? current.profile : options.profile;
  const minor = goesOn ? current.minor : options.kubernetes;
  const place = placeOf(options.number, profile);
  const real = profile !== 'api';

  await ensureApt(real ? NODE_PACKAGES : ['etcd-server', 'openssl'], progress);
  const programs = await build([...CONTROL, ...(real ? REAL : [])], minor, progress);
  const images = real ? (await ensureImages(options.images, progress)).folder : undefined;

  if (!goesOn) {
    if (current !== undefined || labProcesses(options.number).length > 0)
      await progress.step(`Clearing away what an interrupted lab ${options.number} left`, () => clear(options.number));
    await writeState(options.number, { phase: 'starting', profile, minor, version: KUBERNETES[minor], upSince: 0 });
    await mkdir(place.logs, { recursive: true });
    await progress.step('Making certificates and the network', async () => {
      await makePki(place);
      if (real) await makeNetwork(place);
    });
  }
  await progress.step('Starting the control plane', () => startControlPlane(place, programs));
  if (real) {
    await writeMark(place, await new LabApi(place).uid());
    await writeFile(join(place.folder, 'Corefile'), corefile(place));
    if (images !== undefined) ensure(place, [imageServer(place, images)]);
    const api = new LabApi(place);
    await writeFile(policyToken(place), await api.policyToken(), { mode: 0o600 });
    await progress.step(`Starting ${NODES[profile] === 1 ? 'the node' : `${NODES[profile]} nodes`}`, () =>
      startNodes(place, programs, api),
    );
    await api.serveMetrics(place.address, place.metricsPort);
  }
  // Without real nodes there is nothing else that pods could run on.
  if (!real) await ensureKwok(place, place.folder, progress);
  const upSince = goesOn ? current.upSince : Date.now();
  await writeState(options.number, { phase: 'up', profile, minor, version: KUBERNETES[minor], upSince });
  return describe(place, KUBERNETES[minor], upSince);
}

export function describe(place: Place, version: string, upSince: number): RunningLab {
  return {
    number: place.number,
    way: 'native',
    profile: place.profile,
    kubernetes: version,
    kubeconfig: place.kubeconfig,
    nodes: place.nodes.map(({ name }) => name),
    logs: place.logs,
    upSince,
  };
}

function refuseOther(options: LabOptions, current: { readonly profile: Profile; readonly minor: string }): void {
  const down = `Take it down first (npm run lab -- down --lab ${options.number}), or use another number (--lab 0 to 9).`;
  if (NODES[current.profile] < NODES[options.profile])
    throw new SetupError(`Lab ${options.number} is up with profile ${current.profile}, which has no ${options.profile}. ${down}`);
  if (current.minor !== options.kubernetes)
    throw new SetupError(`Lab ${options.number} is up with Kubernetes ${current.minor}, not ${options.kubernetes}. ${down}`);
}

/** Starts those that do not run. */
function ensure(place: Place, plans: readonly ProcessPlan[]): void {
  const running = new Set(labProcesses(place.number).map(({ name }) => name));
  for (const plan of plans) if (!running.has(plan.name)) startProcess(place.number, plan);
}

async function startControlPlane(place: Place, programs: Programs): Promise<void> {
  const server = apiServer(place, programs);
  ensure(place, [etcd(place), server]);
  const api = new LabApi(place);
  const alive = () => labProcesses(place.number).some(({ name }) => name === server.name);
  await waitUntil('The API server', server.log, READY_LIMIT_MS, () => api.isReady(), alive);
  ensure(place, [controllerManager(place, programs), scheduler(place, programs)]);
  // Pods can be made from here on.
  await waitUntil('The first service account', controllerManager(place, programs).log, READY_LIMIT_MS, () => api.hasServiceAccount());
}

async function startNodes(place: Place, programs: Programs, api: LabApi): Promise<void> {
  ensure(place, [dns(place, programs), metricsServer(place, programs)]);
  const wanted = await withNodes(place.number, async () => {
    await mendFaults(place);
    const faults = new Set(openFaults(place.number).map(({ node }) => node));
    const without = place.nodes.filter(({ name }) => !faults.has(name));
    for (const node of without) {
      await api.announceNode(node);
      if (!nodeRuns(place, node)) await startNode(place, node, programs);
    }
    return without;
  });
  for (const node of wanted) {
    const log = logOf(place, `kubelet ${node.name}`);
    await waitUntil(
      `Node ${node.name}`,
      existsSync(log) ? log : logOf(place, `init ${node.name}`),
      READY_LIMIT_MS,
      () => api.isNodeReady(node.name),
      () => nodeRuns(place, node),
    );
  }
}
