/**
 * kind, where a Docker answers: a cluster of containers, named after the lab's number. kind keeps it; here stands only what is needed to
 * find it again. What the native lab has and this has not, it says: no metrics-server, and no faults of nodes.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../workbench/cache.mjs';
import type { Progress } from '../../workbench/cache.mjs';
import { ensureImages } from '../images/images.ts';
import { exportArchive } from '../images/store.ts';
import type { LabOptions, LabStatus, Profile, RunningLab } from '../lab.ts';
import { killAll, labProcesses } from '../native/processes.ts';
import { KIND_NODES } from '../versions.ts';
import { forget, makeFolder, readRecord, runningFrom, wayKubeconfig, writeRecord } from './record.ts';
import type { WayRecord } from './record.ts';
import type { LabWay, Talk } from './way.ts';

/** Pods run on workers; where there is none, on the control plane. */
const WORKERS: Readonly<Record<Profile, number>> = { api: 0, node: 0, cluster: 3 };

/** `makeImages` is where the images come from that are loaded into the nodes. */
export function kindWay(talk: Talk, makeImages: typeof ensureImages = ensureImages): LabWay {
  return {
    up: (options, progress) => up(options, progress, talk, makeImages),
    down,
    status,
  };
}

export function clusterName(number: number): string {
  return `faultline-lab-${number}`;
}

/** The file that kind reads. */
export function kindConfig(profile: Profile): string {
  const roles = ['control-plane', ...Array.from({ length: WORKERS[profile] }, () => 'worker')];
  return ['kind: Cluster', 'apiVersion: kind.x-k8s.io/v1alpha4', 'nodes:', ...roles.map((role) => `  - role: ${role}`), ''].join('\n');
}

async function up(options: LabOptions, progress: Progress, talk: Talk, makeImages: typeof ensureImages): Promise<RunningLab> {
  const { number, kubernetes } = options;
  const earlier = readRecord(number);
  if (earlier?.state === 'up' && (await isWhole(number))) {
    await loadImages(options, progress, makeImages);
    return runningFrom(number, earlier);
  }
  const { image, kind } = KIND_NODES[kubernetes];
  const profile = earlier?.profile ?? options.profile;
  const present = /kind (v\S+)/.exec(await run('kind', ['version']))?.[1];
  if (present !== undefined && present !== kind)
    talk.say(`This is kind ${present}; the node image was built for ${kind}. Where the cluster does not start, that is the first suspect.`);
  talk.say('On kind there is no metrics-server, and nodes can’t be stopped, cut off or frozen: the native lab has both (--way native).');
  makeFolder(number);
  const record: WayRecord = {
    way: 'kind',
    about: `kind cluster ${clusterName(number)}`,
    source: '',
    owner: '',
    profile,
    state: 'starting',
    kubernetes: '',
    nodes: [],
    upSince: Date.now(),
  };
  writeRecord(number, record);
  // A start that was interrupted left containers that kind does not go on with.
  if (earlier !== undefined) await progress.step(`Clearing away what lab ${number} left`, () => remove(number));
  await progress.step(`Making the kind cluster ${clusterName(number)}`, () =>
    withFolder(async (folder) => {
      const config = join(folder, 'kind.yaml');
      writeFileSync(config, kindConfig(profile));
      // Its own file, so that nothing is written to the person's.
      await run('kind', [
        'create',
        'cluster',
        `--name=${clusterName(number)}`,
        `--image=${image}`,
        `--config=${config}`,
        `--kubeconfig=${wayKubeconfig(number)}`,
        '--wait=180s',
      ]);
    }),
  );
  await loadImages({ ...options, profile }, progress, makeImages);
  const version = /:(v[\d.]+)@/.exec(image)?.[1] ?? '';
  const done: WayRecord = { ...record, state: 'up', kubernetes: version, nodes: nodeNames(number, profile), upSince: Date.now() };
  writeRecord(number, done);
  return runningFrom(number, done);
}

/** As kind names its containers, which are the nodes. */
function nodeNames(number: number, profile: Profile): string[] {
  if (profile === 'api') return [];
  if (WORKERS[profile] === 0) return [`${clusterName(number)}-control-plane`];
  return Array.from({ length: WORKERS[profile] }, (_, index) => `${clusterName(number)}-worker${index === 0 ? '' : index + 1}`);
}

/** An archive at a time: some images have hundreds of megabytes. */
async function loadImages({ number, images, profile }: LabOptions, progress: Progress, makeImages: typeof ensureImages): Promise<void> {
  if (profile === 'api' || images.length === 0) return;
  const store = await makeImages(images, progress);
  const wanted = images === 'all' ? store.images : images.flatMap((name) => store.find(name) ?? []);
  for (const image of wanted) {
    await progress.step(`Loading ${image.name}`, () =>
      withFolder(async (folder) => {
        const archive = join(folder, `${image.short}.tar`);
        await exportArchive(store.folder, image, archive);
        await run('kind', ['load', 'image-archive', archive, `--name=${clusterName(number)}`]);
      }),
    );
  }
}

async function down(number: number, progress: Progress): Promise<void> {
  await progress.step(`Removing the kind cluster ${clusterName(number)}`, () => remove(number));
  forget(number);
}

async function remove(number: number): Promise<void> {
  // kwok of `scale`, which runs beside the containers.
  if (process.platform === 'linux') await killAll(() => labProcesses(number).map(({ pid }) => pid));
  await run('kind', ['delete', 'cluster', `--name=${clusterName(number)}`, `--kubeconfig=${wayKubeconfig(number)}`]);
}

async function status(number: number): Promise<LabStatus> {
  const record = readRecord(number);
  if (record === undefined) return { number, state: 'down', lab: undefined, processes: [], faults: [] };
  return {
    number,
    state: record.state === 'up' && !(await isWhole(number)) ? 'broken' : record.state,
    lab: record.state === 'up' ? runningFrom(number, record) : undefined,
    processes: [],
    faults: [],
  };
}

/** Whether each container that kind made runs. */
async function isWhole(number: number): Promise<boolean> {
  const profile = readRecord(number)?.profile ?? 'api';
  try {
    const filter = `label=io.x-k8s.kind.cluster=${clusterName(number)}`;
    const states = (await run('docker', ['ps', '--all', `--filter=${filter}`, '--format={{.State}}'])).trim().split('\n');
    return states.length === WORKERS[profile] + 1 && states.every((state) => state === 'running');
  } catch {
    return false;
  }
}

async function withFolder(action: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-kind-'));
  try {
    await action(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
