/**
 * Crashes of a server whose own witness knows when it ended, began, and answered whom first: the product's stages against that. Of the
 * client by planned start; of the pod by the helper and by the API's word, which is up to about a second late, and is to say so.
 */
import type { Figure, Lane, RecoveryView } from '../../../src/analysis/recovery/view.ts';
import { median, type Finding } from '../table.ts';
import type { Witnessed } from './in-pod.ts';
import { carryOut, wasDisturbed, type Carried, type RunContext } from './runs.ts';
import { Served } from './served.ts';

const perSecond = 20;
const intervalMs = 1000 / perSecond;
const ownMs = 50;
/** Of those that were judged. */
const leastShare = 49 / 50;
/** Runs for each that is wanted, at most: those that the machine disturbed are made again. */
const mostTries = 1.5;

interface Stage {
  readonly name: string;
  /** Shown minus true. */
  readonly offMs: number;
  readonly allowedMs: number;
}

/** As the page calls them. */
type Told = 'victimGone' | 'started' | 'ready';

interface PodStage extends Stage {
  /** The page says that it may have been earlier, and of the kubelet why. */
  readonly isNoted: boolean;
}

interface Crash {
  readonly stages: readonly Stage[];
  readonly pod: readonly PodStage[];
  readonly lanes: number;
  readonly brokenLanes: number;
}

export async function measureCrashes(context: RunContext, rounds: number): Promise<readonly Finding[]> {
  const served = await Served.deploy(context.lab);
  const crashes: Crash[] = [];
  let disturbed = 0;
  for (let tries = 0; crashes.length < rounds && tries < Math.ceil(rounds * mostTries); tries++) {
    if (tries > 0) await served.renew();
    const carried = await carryOut(context, specOf(served));
    const { view } = carried;
    // A guard that finds a node unwell begins nothing.
    if (wasDisturbed(view) || view.zeroAt === null) {
      disturbed++;
      context.progress(`not judged: ${view.reason}`);
      continue;
    }
    const crash = judged(carried, await served.truth());
    crashes.push(crash);
    if (!isWell(crash)) context.progress(`kept: ${await carried.keep()}`);
    const shown = [...crash.stages, ...crash.pod].map(
      ({ name, offMs, allowedMs }) => `${name} ${signed(offMs)} of ${allowedMs.toFixed(0)}`,
    );
    context.progress(`${crashes.length}: ${shown.join(', ')} ms; ${view.verdict ?? 'not over'}: ${view.reason}`);
  }
  return findings(crashes, rounds, disturbed);
}

function specOf({ podName, address }: Served): object {
  return {
    name: 'a crash whose truth is known',
    faults: [{ kind: 'containerCrash', target: { pod: podName, container: 'server' }, allow: ['beyondMinority'] }],
    probes: [{ engine: 'clickhouse', address, asks: 'select 1', rate: `${perSecond}/s` }],
    baseline: '8 s',
    observe: '12 s',
    expect: ['recovered <= 60 s'],
  };
}

function judged({ view, ofRun, driftMs }: Carried, told: readonly Witnessed[]): Crash {
  const { zeroAt, impact, figures, applied } = view;
  const ended = told.find(({ kind }) => kind === 'ended');
  if (zeroAt === null || ended === undefined) throw new Error(`the server was not ended: ${view.reason}`);
  const moments = (kind: Witnessed['kind']): readonly number[] =>
    told.filter((one) => one.kind === kind && one.at > ended.at).map(({ at }) => ofRun(at));
  const [answered, pinged, started] = [moments('answered'), moments('pinged'), moments('started')];
  const widthMs = applied === null || applied.toAt === null ? 0 : applied.toAt - applied.fromAt;
  const stageOf = (name: string, figure: Figure, trueAt = Number.NaN): Stage => {
    if (figure.kind !== 'value') return { name: `${name} (${figure.kind})`, offMs: Infinity, allowedMs: 0 };
    // What the figure's own error has beside the clock's is half an interval, and the time in which the fault may have begun.
    const clockMs = Math.max(0, figure.errorMs - intervalMs / 2 - widthMs) + driftMs;
    return { name, offMs: zeroAt + figure.ms - trueAt, allowedMs: ownMs + clockMs + intervalMs };
  };
  const firstBad: Figure = impact === null ? { kind: 'none', why: '' } : { kind: 'value', ms: impact.startMs, errorMs: impact.errorMs };
  return {
    stages: [
      stageOf('first bad', firstBad, ofRun(ended.at)),
      stageOf('first good', figures.firstGood, answered[0]),
      stageOf('recovered', figures.recovered, answered.at(-1)),
    ],
    pod: podStages(view, { victimGone: ofRun(ended.at), started: started[0], ready: pinged[0] }, driftMs),
    ...lanesOf(view),
  };
}

/** What the helper and the kubelet told: truly it was between what is shown and so much earlier as is shown. */
function podStages(
  { pods, zeroAt }: RecoveryView,
  truth: Readonly<Record<Told, number | undefined>>,
  driftMs: number,
): readonly PodStage[] {
  const stages = pods.flatMap((pod) => pod.stages);
  return Object.entries(truth).map(([name, trueAt = Number.NaN]): PodStage => {
    const found = stages.find(({ stage }) => stage === name);
    if (found === undefined) return { name: `${name} (not shown)`, offMs: Infinity, allowedMs: 0, isNoted: false };
    return {
      name,
      offMs: (zeroAt ?? 0) + found.atMs - trueAt,
      allowedMs: found.earlierMs + ownMs + driftMs,
      isNoted: found.earlierMs > 0 && (found.source === 'helper' || /late/.test(found.note)),
    };
  });
}

function lanesOf({ lanes, pods, redundancy }: RecoveryView): Pick<Crash, 'lanes' | 'brokenLanes'> {
  const all = [lanes.client, ...pods.map(({ lane }) => lane), ...redundancy.map(({ lane }) => lane)];
  return { lanes: all.length, brokenLanes: all.filter((lane) => !addsUp(lane)).length };
}

/** In milliseconds, and as the page and the terminal show it. */
function addsUp({ parts, totalMs, total }: Lane): boolean {
  const sum = parts.reduce((ms, part) => ms + part.ms, 0);
  const shown = parts.reduce((seconds, part) => seconds + Number(part.seconds.replace('−', '-')), 0);
  const number = /^([\d.−]+) s$/.exec(total)?.[1];
  return sum === totalMs && (number === undefined || Math.abs(shown - Number(number.replace('−', '-'))) < 1e-6);
}

const holds = ({ offMs, allowedMs }: Stage): boolean => Math.abs(offMs) <= allowedMs;
const isShown = (one: PodStage): boolean => one.isNoted && one.offMs >= -ownMs && holds(one);

function isWell({ stages, pod, brokenLanes }: Crash): boolean {
  return stages.every(holds) && pod.every(isShown) && brokenLanes === 0;
}

function findings(crashes: readonly Crash[], rounds: number, disturbed: number): readonly Finding[] {
  const within = crashes.filter(({ stages }) => stages.every(holds)).length;
  const told = crashes.flatMap((crash) => crash.pod);
  const shown = told.filter(isShown).length;
  const broken = crashes.reduce((sum, { brokenLanes }) => sum + brokenLanes, 0);
  const lanes = crashes.reduce((sum, crash) => sum + crash.lanes, 0);
  const needed = Math.ceil(rounds * leastShare - 1e-9);
  const spoiled = disturbed === 0 ? '' : `; ${disturbed} more were disturbed by the machine, or not begun, and made again`;
  return [
    {
      name: 'crashes: client stages as the server knows them',
      measured: `${within} of ${crashes.length}`,
      limit: `≥ ${needed} of ${rounds}`,
      against: `off by median and worst: ${spread(crashes.flatMap(({ stages }) => stages))}; ${ownMs} ms, the clock's error and a probe interval allowed${spoiled}`,
      ok: within >= needed,
    },
    {
      name: 'crashes: stages of the pod, as late as they say',
      measured: `${shown} of ${told.length}`,
      limit: `≥ ${Math.ceil(told.length * leastShare - 1e-9)} of ${told.length}`,
      against: `shown later than it was by median and worst: ${spread(told)}; each says how much earlier it may have been, of the kubelet 1 s`,
      ok: told.length > 0 && shown >= Math.ceil(told.length * leastShare - 1e-9),
    },
    {
      name: 'crashes: lanes that do not add up',
      measured: String(broken),
      limit: '0',
      against: `of ${lanes}: parts in ms and as shown, against the total of the lane`,
      ok: lanes > 0 && broken === 0,
    },
  ];
}

function spread(stages: readonly Stage[]): string {
  return [...new Set(stages.map(({ name }) => name))]
    .map((name) => {
      const off = stages.filter((stage) => stage.name === name).map(({ offMs }) => offMs);
      const worst = off.reduce((most, one) => (Math.abs(one) > Math.abs(most) ? one : most), 0);
      return `${name} ${signed(median(off))}, ${signed(worst)} ms`;
    })
    .join('; ');
}

function signed(ms: number): string {
  return `${ms < 0 ? '−' : '+'}${Math.abs(ms).toFixed(0)}`;
}
