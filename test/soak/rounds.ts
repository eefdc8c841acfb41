/** What each round does, from a seed alone: the same seed and number give the same round. Pure. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { generator } from '../../src/workload/load/random.ts';
import type { FaultKind } from '../../src/journal/fault-plan.ts';
import type { NodeFault } from '../lab/lab.ts';

/** Where the fault is held decides who ends it when its run is dead. */
export const heldBy = {
  freeze: 'kernel',
  networkCut: 'kernel',
  packetLoss: 'kernel',
  latency: 'kernel',
  cpuStress: 'kernel',
  memoryStress: 'kernel',
  scale: 'healer',
  cordon: 'healer',
  podDelete: 'nobody',
} as const satisfies { readonly [K in FaultKind]?: 'kernel' | 'healer' | 'nobody' };

export type SoakKind = keyof typeof heldBy;
/** `helper`: the program in the pod, or the Job that heals what only the API ends. */
export type Victim = 'runner' | 'helper' | 'apiServer' | 'node' | 'host';
export type Moment = 'before' | 'armed' | 'during' | 'healing';

export interface Round {
  /** From 1. */
  readonly number: number;
  readonly kind: SoakKind;
  readonly victim: Victim;
  readonly moment: Moment;
  /** Where in that moment: from 0 up to 1. */
  readonly at: number;
  readonly durationMs: number;
  /** Of `node`. */
  readonly nodeFault: NodeFault['kind'];
  /** How long the API server or the node stays away. */
  readonly awayMs: number;
  /** Index of the node that is hit, where the round can choose. */
  readonly node: number;
}

/** Shuffled, over and over: chance decides where each stands, and none is left out for long. */
const VICTIMS: readonly Victim[] = [
  ...Array.from({ length: 7 }, () => 'runner' as const),
  ...Array.from({ length: 5 }, () => 'helper' as const),
  ...Array.from({ length: 4 }, () => 'apiServer' as const),
  ...Array.from({ length: 3 }, () => 'node' as const),
];
const KINDS = Object.keys(heldBy) as readonly SoakKind[];
const MOMENTS: readonly Moment[] = ['before', 'armed', 'during', 'during', 'healing'];
const NODE_FAULTS: readonly NodeFault['kind'][] = ['stop', 'cut', 'freeze'];

/** A workbench takes far longer than a run. */
export function hostsIn(count: number): number {
  return Math.floor(count / 20);
}

/** `hosts`: so many of them, the last ones, kill the extension host that began the run. */
export function roundsOf(seed: number, count: number, hosts = 0): readonly Round[] {
  return Array.from({ length: count }, (_, index) => roundOf(seed, index + 1, index >= count - hosts));
}

function roundOf(seed: number, number: number, isHost: boolean): Round {
  const random = generator(seed, 'soak', number);
  const chance = (): number => uniformFloat64(random);
  const oneOf = <T>(all: readonly T[]): T => all[Math.floor(chance() * all.length)] as T;
  const kind = isHost ? oneOf(['freeze', 'networkCut'] as const) : dealt(KINDS, seed, 'kind', number);
  const drawn = isHost ? 'host' : dealt(VICTIMS, seed, 'victim', number);
  return {
    ...{ number, kind },
    // Nothing holds what is over as soon as it has happened.
    victim: kind === 'podDelete' && drawn === 'helper' ? 'runner' : drawn,
    moment: isHost ? 'during' : oneOf(heldBy[kind] === 'nobody' ? (['before', 'during'] as const) : MOMENTS),
    at: chance(),
    durationMs: 5000 + Math.floor(chance() * 5000),
    nodeFault: oneOf(NODE_FAULTS),
    awayMs: 2000 + Math.floor(chance() * 6000),
    node: Math.floor(chance() * 3),
  };
}

/** The nth card of decks that are shuffled anew each time they are used up. */
function dealt<T>(deck: readonly T[], seed: number, use: string, number: number): T {
  const random = generator(seed, `soak ${use}`, Math.floor((number - 1) / deck.length));
  const left = [...deck];
  for (let card = (number - 1) % deck.length; ; card--) {
    const [found] = left.splice(Math.floor(uniformFloat64(random) * left.length), 1);
    if (card === 0) return found as T;
  }
}

/** Rounds that go at one time, on a target each. `isShared`: what is killed is killed for all of them. */
export interface Batch {
  readonly rounds: readonly Round[];
  readonly isShared: boolean;
}

/**
 * A killed runner or helper disturbs nobody else. An API server or a node is killed for several rounds at once; a cordoned node is a fault
 * of the cluster, beside which no other is begun.
 */
export function batchesOf(rounds: readonly Round[], lanes: number): readonly Batch[] {
  const isAlone = ({ kind, victim }: Round): boolean => kind === 'cordon' || (victim === 'node' && heldBy[kind] !== 'kernel');
  const together = rounds.filter((round) => !isAlone(round) && round.victim !== 'host');
  const own = together.filter(({ victim }) => victim === 'runner' || victim === 'helper');
  const shared = (['apiServer', 'node'] as const).flatMap((victim) =>
    // Whichever comes to its moment first decides for the others.
    MOMENTS_IN_ORDER.flatMap((moment) =>
      chunks(
        together.filter((round) => round.victim === victim && round.moment === moment),
        lanes,
      ),
    ),
  );
  const others = [
    ...shared.map((some) => ({ rounds: some, isShared: true })),
    ...rounds.filter((round) => isAlone(round)).map((round) => ({ rounds: [round], isShared: true })),
  ];
  const isOfApi = (batch: Batch): boolean => batch.rounds.some(({ victim }) => victim === 'apiServer');
  return [
    ...(own.length === 0 ? [] : [{ rounds: own, isShared: false }]),
    ...others.filter((batch) => !isOfApi(batch)),
    // Last: for up to a minute after it is back its controllers make no pods.
    ...others.filter(isOfApi),
  ];
}

const MOMENTS_IN_ORDER: readonly Moment[] = ['before', 'armed', 'during', 'healing'];

function chunks<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size));
}

/** "freeze for 7.2 s, runner killed while it lasts (0.41)" */
export function wordsOf({ kind, victim, moment, at, durationMs, nodeFault }: Round): string {
  const lasts = heldBy[kind] === 'nobody' ? '' : ` ${(durationMs / 1000).toFixed(1)} s`;
  const who = victim === 'node' ? `node (${nodeFault})` : victim;
  return `${kind}${lasts}; ${who} ${moment} ${at.toFixed(2)}`;
}
