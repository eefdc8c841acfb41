/**
 * A cluster that somebody has. The lab asks before it uses it, works in namespaces that carry its label, and removes exactly those. One
 * of them, `faultline-lab-<number>`, is made first and removed last: it says whose this number is in that cluster, so that labs of two
 * machines never remove each other's.
 */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { VersionApi } from '@kubernetes/client-node';
import type { V1Namespace } from '@kubernetes/client-node';
import { SetupError } from '../../workbench/cache.mjs';
import type { Progress } from '../../workbench/cache.mjs';
import { LAB_LABEL } from '../lab.ts';
import type { LabOptions, LabStatus, Profile, RunningLab } from '../lab.ts';
import { apiOf, hasCondition, loadKubeconfig, statusOf, unlessGone, unlessThere } from '../use/api.ts';
import type { Api } from '../use/api.ts';
import { copyContext } from './copy.ts';
import { forget, makeFolder, readRecord, runningFrom, wayFolder, wayKubeconfig, writeRecord } from './record.ts';
import type { WayRecord } from './record.ts';
import type { LabWay, Talk } from './way.ts';

const OWNER = 'faultline.lab/owner';
const OWNER_HOST = 'faultline.lab/host';
const NODES_FOR: Readonly<Record<Profile, number>> = { api: 0, node: 1, cluster: 3 };
const ANSWER_LIMIT_MS = 10_000;
/** Pods in a namespace get their grace period. */
const GONE_LIMIT_MS = 180_000;

export function kubeconfigWay(talk: Talk): LabWay {
  return {
    up: (options, progress) => up(options, progress, talk),
    down,
    status,
  };
}

async function up(options: LabOptions, progress: Progress, talk: Talk): Promise<RunningLab> {
  const { number, profile, kubeconfig } = options;
  const earlier = readRecord(number);
  // Without a file it is the lab that is up which is looked after.
  const file = kubeconfig === undefined ? earlier?.source : resolve(kubeconfig);
  if (file === undefined) throw new SetupError('Say which kubeconfig: --kubeconfig FILE.');
  if (earlier !== undefined && earlier.source !== file)
    throw new SetupError(`Lab ${number} uses ${earlier.source}. End it first: npm run lab -- down --lab ${number}`);
  const { context, server, text } = copyContext(file);
  const about = `context ${context} of ${file}, cluster ${server}`;
  if (earlier === undefined) await consent(number, about, talk);

  const owner = earlier?.owner ?? randomUUID();
  const record: WayRecord = {
    way: 'kubeconfig',
    source: file,
    owner,
    about,
    profile: earlier?.profile ?? profile,
    state: 'starting',
    kubernetes: '',
    nodes: [],
    upSince: earlier?.upSince ?? Date.now(),
  };
  makeFolder(number);
  writeFileSync(wayKubeconfig(number), text, { mode: 0o600 });
  // Before anything is made in the cluster: whoever finds it knows what to remove, and can.
  writeRecord(number, record);
  try {
    return await progress.step(`Taking number ${number} in the cluster`, async () => {
      const api = clientOf(number);
      const kubernetes = await versionOf(api, about);
      const nodes = await readyNodes(api);
      const fault = shortOfNodes(record.profile, nodes);
      if (fault !== undefined) throw new SetupError(fault);
      await takeNumber(api, number, owner);
      const done: WayRecord = { ...record, state: 'up', kubernetes, nodes: record.profile === 'api' ? [] : (nodes ?? []) };
      writeRecord(number, done);
      return runningFrom(number, done);
    });
  } catch (error) {
    // Nothing was made yet: a cluster that can't be used leaves no lab behind that would have to be taken down.
    if (earlier === undefined && error instanceof SetupError) forget(number);
    throw error;
  }
}

/** `ready` is undefined where nodes may not be listed: then the person's word counts. */
export function shortOfNodes(profile: Profile, ready: readonly string[] | undefined): string | undefined {
  if (ready === undefined || ready.length >= NODES_FOR[profile]) return undefined;
  const fits = ready.length === 0 ? '--profile api' : '--profile node or --profile api';
  return `Profile ${profile} needs ${NODES_FOR[profile]} ready nodes, and this cluster has ${ready.length}. Choose ${fits}.`;
}

async function consent(number: number, about: string, talk: Talk): Promise<void> {
  talk.say(
    `Lab ${number} is about to use ${about}. It makes namespaces there that are labelled ${LAB_LABEL}=${number}, works in these only, ` +
      'and "down" removes exactly these. Images come from the cluster’s own registries: what the lab builds is not put there.',
  );
  if (talk.confirm === undefined) throw new SetupError('There is nobody to ask whether that is right: say so with --yes.');
  if (!(await talk.confirm('Use this cluster?'))) throw new SetupError('Nothing was done.');
}

async function down(number: number, progress: Progress): Promise<void> {
  const record = readRecord(number);
  if (record === undefined) return;
  writeRecord(number, { ...record, state: 'stopping' });
  await progress.step(`Removing the namespaces of lab ${number} from the cluster`, async () => {
    try {
      await removeNamespaces(clientOf(number), number, record.owner);
    } catch (error) {
      throw new SetupError(
        `The namespaces of lab ${number} could not be removed from ${record.about}: ${text(error)}\n` +
          `Run "down" again when it answers, or remove them yourself (kubectl delete namespace -l ${LAB_LABEL}=${number}) and then ${wayFolder(number)}.`,
      );
    }
  });
  forget(number);
}

async function status(number: number): Promise<LabStatus> {
  const record = readRecord(number);
  if (record === undefined) return { number, state: 'down', lab: undefined, processes: [], faults: [] };
  const answers = record.state !== 'up' || (await ownsNumber(number, record.owner));
  return {
    number,
    state: answers ? record.state : 'broken',
    lab: record.state === 'up' ? runningFrom(number, record) : undefined,
    processes: [],
    faults: [],
  };
}

/** The lab's namespace is there, in a cluster that answers. */
async function ownsNumber(number: number, owner: string): Promise<boolean> {
  try {
    const { metadata } = await clientOf(number).core.readNamespace({ name: ownNamespace(number) });
    return metadata?.annotations?.[OWNER] === owner && metadata.deletionTimestamp === undefined;
  } catch {
    return false;
  }
}

export function ownNamespace(number: number): string {
  return `faultline-lab-${number}`;
}

/** Making the namespace takes the number: the server lets only one do it. */
async function takeNumber(api: Api, number: number, owner: string): Promise<void> {
  const name = ownNamespace(number);
  const labels = { [LAB_LABEL]: String(number) };
  const annotations = { [OWNER]: owner, [OWNER_HOST]: hostname() };
  try {
    if ((await unlessThere(api.core.createNamespace({ body: { metadata: { name, labels, annotations } } }))) !== undefined) return;
  } catch (error) {
    if (statusOf(error) === 403)
      throw new SetupError(`This user may not make namespaces in the cluster, and the lab works in namespaces of its own: ${text(error)}`);
    throw error;
  }
  const { metadata } = await api.core.readNamespace({ name });
  if (metadata?.annotations?.[OWNER] === owner && metadata.deletionTimestamp === undefined) return;
  throw new SetupError(
    `Number ${number} is taken in this cluster: its namespace ${name} was made by a lab on ${metadata?.annotations?.[OWNER_HOST] ?? 'another machine'}. ` +
      'Use another number (--lab 0 to 9); or, if nobody uses that lab any more, ' +
      `kubectl delete namespace -l ${LAB_LABEL}=${number}`,
  );
}

/** All but the own one first: as long as it is there nobody else takes the number. */
async function removeNamespaces(api: Api, number: number, owner: string): Promise<void> {
  const own = ownNamespace(number);
  const list = async (): Promise<V1Namespace[]> => (await api.core.listNamespace({ labelSelector: `${LAB_LABEL}=${number}` })).items;
  const [mine] = (await list()).filter(({ metadata }) => metadata?.name === own);
  // A number that was never taken, or that somebody else has by now: nothing here is ours.
  if (mine === undefined || mine.metadata?.annotations?.[OWNER] !== owner) return;
  await removeUntilGone(api, async () => (await list()).filter(({ metadata }) => metadata?.name !== own));
  await removeUntilGone(api, async () => (await list()).filter(({ metadata }) => metadata?.name === own));
}

async function removeUntilGone(api: Api, find: () => Promise<V1Namespace[]>): Promise<void> {
  const deadline = performance.now() + GONE_LIMIT_MS;
  for (let left = await find(); left.length > 0; left = await find()) {
    for (const { metadata } of left) {
      if (metadata?.name === undefined || metadata.deletionTimestamp !== undefined) continue;
      await unlessGone(api.core.deleteNamespace({ name: metadata.name }));
    }
    if (performance.now() > deadline)
      throw new SetupError(`these do not go away: ${left.map(({ metadata }) => metadata?.name).join(', ')}`);
    await sleep(250);
  }
}

function clientOf(number: number): Api {
  return apiOf(loadKubeconfig(wayKubeconfig(number), ownNamespace(number)), new AbortController().signal);
}

async function versionOf({ config }: Api, about: string): Promise<string> {
  const limit = AbortSignal.timeout(ANSWER_LIMIT_MS);
  const late = new Promise<never>((_, reject) => {
    limit.addEventListener('abort', () => reject(new Error(`no answer in ${ANSWER_LIMIT_MS / 1000} s`)), { once: true });
  });
  try {
    return (await Promise.race([config.makeApiClient(VersionApi).getCode(), late])).gitVersion;
  } catch (error) {
    throw new SetupError(`There is no answer from ${about}: ${text(error)}`);
  }
}

/** undefined: this user may not list nodes. */
async function readyNodes({ core }: Api): Promise<string[] | undefined> {
  try {
    const { items } = await core.listNode();
    return items
      .filter(({ status: state }) => hasCondition(state?.conditions, 'Ready'))
      .flatMap(({ metadata }) => metadata?.name ?? [])
      .sort();
  } catch (error) {
    if (statusOf(error) === 403) return undefined;
    throw error;
  }
}

/** What a person is told of an error: of a network error the cause says it. */
function text(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
