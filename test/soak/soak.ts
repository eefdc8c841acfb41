/** Many rounds: those that disturb nobody at one time, the others one batch after the other. It goes on after a violation. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { hasCondition } from '../lab/use/api.ts';
import type { RunningLab } from '../lab/lab.ts';
import { placeOf } from '../lab/native/place.ts';
import { openLab, type OpenLab } from '../lab/use/lab.ts';
import type { Progress } from '../workbench/cache.mjs';
import { inWorkbench } from './host.ts';
import { carryOut, type Ground, type Meets, type Outcome, type Struck } from './round.ts';
import { batchesOf, heldBy, wordsOf, type Batch, type Round } from './rounds.ts';
import { breakNode, killApiServer, killHelper, killRunner, type Hit } from './victims.ts';

export interface SoakOptions {
  readonly lab: RunningLab;
  readonly rounds: readonly Round[];
  /** Of the repository, with its bundles. */
  readonly root: string;
  /** An empty folder: homes of the runs. */
  readonly scratch: string;
  /** Rounds at one time. */
  readonly lanes: number;
  readonly progress: Progress;
  /** After each round. */
  readonly tell: (outcome: Outcome) => void;
  readonly signal: AbortSignal;
}

/** One outcome a round, in the order in which they ended. */
export async function soak(options: SoakOptions): Promise<readonly Outcome[]> {
  const { lab, rounds, root, scratch, lanes, signal } = options;
  const place = placeOf(lab.number, lab.profile);
  const opened: OpenLab[] = [];
  const outcomes: Outcome[] = [];
  try {
    const tell = (outcome: Outcome): void => {
      outcomes.push(outcome);
      options.tell(outcome);
    };
    const groundOf = async (name: string): Promise<Ground> => {
      const one = await openLab(lab);
      opened.push(one);
      const home = join(scratch, name);
      mkdirSync(home, { recursive: true });
      return { lab: one.testLab, place, home, root };
    };
    const grounds: Ground[] = [];
    for (let lane = 0; lane < lanes; lane++) grounds.push(await groundOf(`home-${lane}`));
    const [first, ...others] = batchesOf(rounds, lanes);
    const hosts = rounds.filter(({ victim }) => victim === 'host');
    // A killed extension host disturbs nobody either.
    const beside = first?.isShared === false ? first : undefined;
    await Promise.all([
      ...(beside === undefined ? [] : [carryOutBatch(beside, grounds, options, tell)]),
      ...(hosts.length === 0 ? [] : [carryOutHosts(hosts, await groundOf('home-host'), signal, tell)]),
    ]);
    for (const batch of beside === undefined && first !== undefined ? [first, ...others] : others)
      if (!signal.aborted) await carryOutBatch(batch, grounds, options, tell);
  } finally {
    for (const { end } of opened) await end();
  }
  return outcomes;
}

async function carryOutBatch(
  batch: Batch,
  grounds: readonly Ground[],
  options: SoakOptions,
  tell: (outcome: Outcome) => void,
): Promise<void> {
  const left = [...batch.rounds];
  const [leader] = left;
  if (leader === undefined) return;
  const strike = batch.isShared ? onceForAll(leader, left.length, grounds, options) : undefined;
  await Promise.all(
    grounds.map(async (ground) => {
      for (let round = left.shift(); round !== undefined && !options.signal.aborted; round = left.shift()) {
        tell(await carriedOut(round, ground, strike?.() ?? alone(round)));
      }
    }),
  );
}

async function carryOutHosts(
  rounds: readonly Round[],
  ground: Ground,
  signal: AbortSignal,
  tell: (outcome: Outcome) => void,
): Promise<void> {
  for (const round of rounds) {
    if (signal.aborted) return;
    const { meets, close } = inWorkbench(ground);
    try {
      tell(await carriedOut(round, ground, meets));
    } finally {
      await close();
    }
  }
}

/** Whatever keeps a round from being carried out is told like a violation: nothing was seen then. */
async function carriedOut(round: Round, ground: Ground, meets: Meets): Promise<Outcome> {
  const beganMs = performance.now();
  const attempt = async (): Promise<Outcome> => {
    await untilWell(ground);
    return carryOut(round, ground, meets);
  };
  try {
    // A node may be called unwell a moment later, by what was done to the API server before: refused, rightly, and looked at again.
    return await attempt().catch((error: unknown) => (/"reason": "unwell"/.test(String(error)) ? attempt() : Promise.reject(error)));
  } catch (error) {
    const violations = [`not carried out: ${error instanceof Error ? error.message : String(error)}`];
    const tookMs = performance.now() - beganMs;
    return { ...{ round, violations, tookMs }, ...{ hit: undefined, note: '', phase: 'none', endedMs: undefined, verdict: 'none' } };
  } finally {
    meets.begun();
  }
}

function alone(round: Round): Meets {
  const kill = ({ folder, pod, healers }: Struck): Hit | undefined =>
    round.victim === 'runner' ? killRunner(folder) : killHelper(round.kind, pod, healers);
  return { begun: () => undefined, strike: (about) => Promise.resolve(kill(about)), struck: undefined };
}

/** For each round of the batch. The first whose moment has come strikes; the others are hit where they are. */
function onceForAll(leader: Round, count: number, [ground]: readonly Ground[], { progress }: SoakOptions): () => Meets {
  const { victim, kind, nodeFault, awayMs, node } = leader;
  if (victim === 'runner' || victim === 'helper') return () => alone(leader);
  const struck = Promise.withResolvers<Hit | undefined>();
  struck.promise.catch(() => undefined);
  const all = Promise.withResolvers<void>();
  let waiting = count;
  const isPinned = victim === 'node' && heldBy[kind] === 'kernel';
  let striking: Promise<Hit | undefined> | undefined;
  const strikeNow = async ({ pod, healers }: Struck): Promise<Hit | undefined> => {
    const { place } = ground ?? {};
    if (place === undefined) return undefined;
    // A run can't be begun where nobody answers.
    await all.promise;
    if (victim === 'apiServer') return killApiServer(place, awayMs, progress);
    // What only the API ends is held by a healer, which is elsewhere.
    return breakNode(place, healers[0]?.node ?? pod.node, nodeFault, awayMs, progress);
  };
  const pinned = isPinned ? ground?.place.nodes[node]?.name : undefined;
  return () => {
    let isBegun = false;
    return {
      begun: () => {
        if (!isBegun && --waiting === 0) all.resolve();
        isBegun = true;
      },
      strike: (about) => {
        striking ??= strikeNow(about);
        void striking.then(struck.resolve, struck.reject);
        return striking;
      },
      struck: struck.promise,
      ...(pinned === undefined ? {} : { node: pinned }),
    };
  };
}

const WELL_MS = 180_000;

/** Nothing is broken in a cluster that is not well. */
async function untilWell({ lab }: Ground): Promise<void> {
  for (const name of lab.lab.nodes)
    await lab.waitFor(
      `Node ${name} is ready`,
      { kind: 'Node', name },
      ({ spec, status }) => hasCondition(status?.conditions, 'Ready') && spec?.unschedulable !== true,
      { timeoutMs: WELL_MS },
    );
}

/** "✔ 12 freeze 7.2 s; runner during 0.41 …" */
export function lineOf({ round, violations, hit, note, phase, endedMs, verdict, tookMs }: Outcome): string {
  const toDeadline = `${(endedMs ?? 0) < 0 ? '−' : '+'}${(Math.abs(endedMs ?? 0) / 1000).toFixed(1)} s`;
  const end = endedMs === undefined ? 'never seen' : heldBy[round.kind] === 'nobody' ? 'done' : `last seen ${toDeadline} of its deadline`;
  const who = hit === undefined ? `not hit: ${note}` : `hit ${hit.text} at ${phase}`;
  const head = `${violations.length === 0 ? '✔' : '✘'} ${String(round.number).padStart(3)} ${wordsOf(round)}: ${who}; ${end}; ${verdict}; ${(tookMs / 1000).toFixed(0)} s`;
  return [head, ...violations.map((violation) => `      ${violation}`)].join('\n');
}

/** Rounds, hits and violations by kind and by victim. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const rows = (['victim', 'kind', 'moment'] as const).flatMap((key) => {
    const names = [...new Set(outcomes.map(({ round }) => round[key]))].sort();
    return names.map((name) => {
      const own = outcomes.filter(({ round }) => round[key] === name);
      const hits = own.filter(({ hit }) => hit !== undefined).length;
      const wrong = own.filter(({ violations }) => violations.length > 0).length;
      return [key, name, String(own.length), String(hits), String(wrong)];
    });
  });
  const all = [['', '', 'rounds', 'hit', 'violated'], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row) =>
      row.map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  '),
    )
    .join('\n');
}
