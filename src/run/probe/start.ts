/** Vantages in the cluster: their pods made, told to begin, heard, and removed. */
import { FaultlineError, normalise } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { Consent, refuseSystem } from '../../cluster/act/protection.ts';
import { kinds, pathOf } from '../../cluster/watch/kinds.ts';
import { probeProgram } from './bundle.ts';
import { Made, whyGoneOf } from './made.ts';
import { echoId, inServerTime, nameOf, podOf, programId, programMap, selectorOf, type VantageObjects } from './objects.ts';
import { podLines } from './podLines.ts';
import type { ProbeRequest, RunningProbes, StartProbes } from './probes.ts';
import { echoPort, talkPort, type Place } from './protocol.ts';
import { begunInTime, untilAllRun, type RunningPod } from './running.ts';
import { Vantage } from './vantage.ts';

const stopLimitMs = 5000;
const tidyLimitMs = 5000;

/** Beside what a request may fail with: `refusedByProtection`, `unsupported` (no node, no room, no image), `timedOut`. Then nothing is left behind. */
export const startProbes: StartProbes = async (request, signal) => {
  const { connection, consent, namespace, probes, nowMs } = request;
  Consent.check(consent, connection, 'fault');
  refuseSystem(namespace, 'fault');
  if (probes.length === 0) return none;
  const made = new Made(connection, request.note);
  const vantages: Vantage[] = [];
  try {
    const pods = await makePods(made, request, signal);
    for (const [index, probe] of probes.entries()) {
      const pod = pods[index];
      if (pod === undefined) throw new FaultlineError('internal', { what: t('A probe has no pod') });
      const { name, node } = pod;
      const open = podLines(connection, { namespace, pod: name, port: talkPort });
      const whyGone = (ends: AbortSignal): Promise<string | undefined> => whyGoneOf(connection, namespace, pod, ends);
      vantages.push(new Vantage({ probe, node, pod: name, open, whyGone, nowMs, onEvents: request.onEvents, note: request.note }));
    }
    await begin(vantages, pods, request, signal);
  } catch (error) {
    await remove(vantages, made, request.note);
    throw error;
  }
  return new Running(vantages, made, request.note);
};

function begin(
  vantages: readonly Vantage[],
  pods: readonly RunningPod[],
  { connection, namespace }: ProbeRequest,
  signal: AbortSignal,
): Promise<void> {
  const echoes = (index: number): readonly Place[] => pods.flatMap(({ ip }, at) => (at === index ? [] : [{ host: ip, port: echoPort }]));
  const late = (seconds: number): string => t('The probes run, and did not begin within {0} s', seconds);
  return begunInTime(
    { connection, namespace, pods, late },
    (both) => all(vantages.map((vantage, index) => vantage.begin(echoes(index), both))),
    signal,
  );
}

class Running implements RunningProbes {
  readonly #vantages: readonly Vantage[];
  readonly #made: Made;
  readonly #note: (text: string) => void;
  #removed: Promise<void> | undefined;

  constructor(vantages: readonly Vantage[], made: Made, note: (text: string) => void) {
    this.#vantages = vantages;
    this.#made = made;
    this.#note = note;
  }

  get heard(): RunningProbes['heard'] {
    return this.#vantages.map(({ title, heardMs }) => ({ title, heardMs }));
  }

  async limit(answerWithinMs: number, signal: AbortSignal): Promise<void> {
    await all(this.#vantages.map(async (vantage) => vantage.limit(answerWithinMs, signal)));
  }

  async finish(signal: AbortSignal): Promise<void> {
    await all(this.#vantages.map(async (vantage) => vantage.finish(signal)));
  }

  dispose(): Promise<void> {
    return (this.#removed ??= remove(this.#vantages, this.#made, this.#note));
  }
}

async function remove(vantages: readonly Vantage[], made: Made, note: (text: string) => void): Promise<void> {
  try {
    await tidy(vantages, note);
  } finally {
    for (const vantage of vantages) vantage.close();
    await made.remove();
  }
}

/** However the run ends: what vantages made in their engine is removed by those that still answer, once none of them asks for it any more. */
async function tidy(vantages: readonly Vantage[], note: (text: string) => void): Promise<void> {
  const able = vantages.filter(({ canTidy }) => canTidy);
  await Promise.allSettled(able.map(async (vantage) => vantage.stop(AbortSignal.timeout(stopLimitMs))));
  const tidied = await Promise.allSettled(able.map(async (vantage) => vantage.tidy(AbortSignal.timeout(tidyLimitMs))));
  const [failed] = tidied.flatMap((one) => (one.status === 'rejected' ? [normalise(one.reason).facts.what] : []));
  // One that removed it is enough. What stays is empty after an hour.
  if (failed !== undefined && tidied.every(({ status }) => status === 'rejected'))
    note(t('The topic of the probes could not be removed: {0}', failed));
}

/** Resolves when they run, in the order of the probes; one more at the end where a single vantage needs somebody who echoes. */
async function makePods(made: Made, request: ProbeRequest, signal: AbortSignal): Promise<readonly RunningPod[]> {
  const { connection, run, namespace, image, probes, deadlineMs, answerWithinMs } = request;
  const program = await probeProgram(signal);
  const about: VantageObjects = { run, namespace, image, ...inServerTime(connection, deadlineMs), answerWithinMs };
  const notOn = [...new Set(probes.flatMap((probe) => probe.notOn))];
  const pods = probes.map((probe) => [probe.id, podOf(about, probe, probe.notOn)] as const);
  const [first] = probes;
  if (probes.length === 1 && first !== undefined) pods.push([echoId, podOf(about, undefined, first.notOn)]);
  await made.create(pathOf(kinds.configMaps, { namespace }), nameOf(run, programId), programMap(about, program), signal);
  for (const [id, pod] of pods) await made.create(pathOf(kinds.pods, { namespace }), nameOf(run, id), pod, signal);
  const names = pods.map(([id]) => nameOf(run, id));
  return untilAllRun(connection, { namespace, names, selector: selectorOf(run), image, notOn }, signal);
}

/** Waits for all of them, then fails as the first that did. */
async function all(work: readonly Promise<void>[]): Promise<void> {
  const settled = await Promise.allSettled(work);
  for (const one of settled) if (one.status === 'rejected') throw one.reason;
}

const none: RunningProbes = {
  heard: [],
  limit: async () => undefined,
  finish: async () => undefined,
  dispose: async () => undefined,
};
