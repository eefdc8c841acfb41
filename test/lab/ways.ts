/**
 * Three ways to a cluster, tried in this order: the kubeconfig that was given, kind where Docker answers, programs of our own on this
 * machine. Which one was taken, and why not those before it, is said in one line. A number that is up stays on its way.
 */
import { withLock, SetupError } from '../workbench/cache.mjs';
import type { Progress } from '../workbench/cache.mjs';
import type { LabOptions, LabStatus, RunningLab, Way } from './lab.ts';
import { kindWay } from './ways/kind.ts';
import { kubeconfigWay } from './ways/kubeconfig.ts';
import { nativeWay } from './ways/native.ts';
import { machine } from './ways/probes.ts';
import type { Probes } from './ways/probes.ts';
import { forget, readRecord } from './ways/record.ts';
import { unattended } from './ways/way.ts';
import type { LabWay, Talk } from './ways/way.ts';

export interface Choice {
  readonly way: Way;
  /** Which way, and why not the ones before it. */
  readonly line: string;
}

/** Throws a SetupError that says what to do where this machine allows none. */
export function chooseWay(options: LabOptions, probes: Probes): Choice {
  const { kubeconfig, way, profile } = options;
  if (kubeconfig !== undefined) return { way: 'kubeconfig', line: `Lab: the cluster of ${kubeconfig}, because it was given.` };
  if (way === 'kubeconfig') throw new SetupError('Say which kubeconfig: --kubeconfig FILE.');
  const kindFault = way === 'native' ? 'native was asked for' : kindObstacle(probes);
  if (kindFault === undefined) return { way: 'kind', line: 'Lab: kind, since no kubeconfig was given and Docker answers.' };
  if (way === 'kind') throw new SetupError(`kind can't be used here: ${kindFault}. Install what is missing, or leave --way out.`);
  const nativeFault = nativeObstacle(profile, probes);
  if (nativeFault === undefined)
    return { way: 'native', line: `Lab: native, programs of its own on this machine; no kubeconfig was given, no kind (${kindFault}).` };
  throw new SetupError(
    [
      `There is no way to a cluster here: no kubeconfig was given, no kind (${kindFault}), and not native (${nativeFault}).`,
      'One of these helps:',
      ...(probes.platform === 'linux' ? ['  - run it as root: sudo --preserve-env=PATH npm run lab -- up'] : []),
      '  - start Docker and install kind (https://kind.sigs.k8s.io), then run this again',
      '  - use a cluster that you have: npm run lab -- up --kubeconfig FILE',
    ].join('\n'),
  );
}

function kindObstacle(probes: Probes): string | undefined {
  const docker = probes.dockerFault();
  if (docker !== undefined) return docker;
  return probes.has('kind') ? undefined : 'Docker answers, but there is no kind on the path';
}

function nativeObstacle(profile: LabOptions['profile'], probes: Probes): string | undefined {
  if (probes.platform !== 'linux') return 'it needs Linux';
  if (probes.root) return undefined;
  if (profile !== 'api') return `real nodes need root; profile api does not`;
  return probes.has('etcd') ? undefined : 'without root etcd must be installed already: Debian package etcd-server';
}

export async function up(options: LabOptions, progress: Progress, talk: Talk = unattended, probes: Probes = machine): Promise<RunningLab> {
  return atWork(options.number, talk, async () => {
    const current = await currentWay(options.number);
    if (current === undefined) {
      const choice = chooseWay(options, probes);
      talk.say(choice.line);
      return wayOf(choice.way, talk).up(options, progress);
    }
    const wanted = options.kubeconfig === undefined ? options.way : 'kubeconfig';
    if (wanted !== undefined && wanted !== current)
      throw new SetupError(
        `Lab ${options.number} is up by another way, ${current}. End it first: npm run lab -- down --lab ${options.number}`,
      );
    talk.say(`Lab: ${current}, as lab ${options.number} was started.`);
    return wayOf(current, talk).up(options, progress);
  });
}

export async function down(number: number, progress: Progress, talk: Talk = unattended): Promise<void> {
  await atWork(number, talk, async () => {
    const record = readRecord(number);
    // A start that was killed early left no more than this.
    if (record === undefined) forget(number);
    await wayOf(record?.way ?? 'native', talk).down(number, progress);
  });
}

export function status(number: number): Promise<LabStatus> {
  return wayOf(readRecord(number)?.way ?? 'native', unattended).status(number);
}

/** One start or end at a time; whoever waits is told, since the first build takes long. */
function atWork<T>(number: number, talk: Talk, action: () => Promise<T>): Promise<T> {
  return withLock(`lab-way-${number}`, action, () => talk.say(`Another command is starting or ending lab ${number}: waiting for it.`));
}

/** undefined: nothing of this number is there. */
async function currentWay(number: number): Promise<Way | undefined> {
  const record = readRecord(number);
  if (record !== undefined) return record.way;
  return (await nativeWay.status(number)).state === 'down' ? undefined : 'native';
}

function wayOf(way: Way, talk: Talk): LabWay {
  switch (way) {
    case 'kubeconfig':
      return kubeconfigWay(talk);
    case 'kind':
      return kindWay(talk);
    case 'native':
      return nativeWay;
  }
}
