/**
 * Whether a round kept what is promised: nothing outlives its deadline, and the journal tells the truth. The truth is what the kernel and
 * the API said meanwhile; an accusation is made only where no clock and no pause of this program can explain it. Pure.
 */
import type { Told } from './journal.ts';
import { heldBy, type Round } from './rounds.ts';
import type { Sample } from './truth.ts';
import type { Hit } from './victims.ts';

/** What `faultline recovery RUN --json` said, and its exit code. */
export interface Opened {
  readonly code: number | null;
  readonly verdict: string | null;
  readonly effectProven: boolean | null;
  readonly healProven: boolean | null;
  readonly reason: string;
}

export interface Seen {
  readonly round: Round;
  readonly told: Told;
  readonly samples: readonly Sample[];
  readonly hit: Hit | undefined;
  /** undefined: it did not open. */
  readonly opened: Opened | undefined;
  /** Of `faultline stop`: each fault's end. */
  readonly stopped: readonly { readonly end: string; readonly text: string }[];
  /** What was left in the pod or in the cluster when all was over, in words. */
  readonly left: readonly string[];
}

/** Of the kernel, as promised; a timer of a busy machine rings late. */
const KERNEL_MS = 1000;
/** The healer looks every 2 s, and asks an API that may be busy with its own start. */
const HEALER_MS = 5000;
/** An order that is older is refused by the helper: it can't begin later. */
const ORDER_MS = 3000;
/** A look, and the journal's line, take a moment. */
const MOMENT_MS = 300;

export function judge(seen: Seen): readonly string[] {
  return [...outlived(seen), ...claimed(seen), ...verdict(seen), ...ended(seen), ...seen.left.map((what) => `left behind: ${what}`)];
}

/** Wall clock: when the last of it has to be gone. undefined: it never began. */
export function endByMs({ round, told, hit }: Pick<Seen, 'round' | 'told' | 'hit'>): number | undefined {
  const go = first(told, 'go');
  if (go === undefined || heldBy[round.kind] === 'nobody') return undefined;
  const begunMs = first(told, 'applied') ?? go + ORDER_MS;
  const isHealer = heldBy[round.kind] === 'healer';
  const deadlineMs = begunMs + round.durationMs;
  // Nobody sets a field back while the API is away; what stands still as a whole can't let go of anything before it goes on.
  const waits = (isHealer && hit !== undefined) || (round.victim === 'node' && round.nodeFault === 'freeze');
  return Math.max(deadlineMs, waits ? (hit?.backMs ?? 0) : 0) + (isHealer ? HEALER_MS : KERNEL_MS);
}

function outlived(seen: Seen): readonly string[] {
  const { round, told, samples } = seen;
  const active = samples.filter((sample) => sample.active === true);
  const go = first(told, 'go');
  const early = active.find(({ untilMs }) => go === undefined || untilMs < go - MOMENT_MS);
  if (early !== undefined)
    return [
      go === undefined
        ? `broken although its journal has no go: ${early.text}`
        : `broken ${go - early.untilMs} ms before its journal says go: ${early.text}`,
    ];
  const byMs = endByMs(seen);
  if (byMs === undefined) return [];
  const late = active.findLast(({ atMs }) => atMs > byMs);
  return late === undefined
    ? []
    : [
        `outlived its deadline: still there ${late.atMs - byMs} ms after it and its tolerance (${round.durationMs} ms were asked for): ${late.text}`,
      ];
}

function claimed(seen: Seen): readonly string[] {
  const { told, samples, round } = seen;
  const found: string[] = [];
  const over = told.steps.find(({ step }) => step === 'healed' || step === 'expired' || step === 'endedEarly');
  const lasting = heldBy[round.kind] !== 'nobody';
  if (over !== undefined && lasting) {
    const still = samples.find(({ active, atMs }) => active === true && atMs > over.atMs + MOMENT_MS);
    if (still !== undefined)
      found.push(`the journal says ${over.step}, and it was there ${Math.round(still.atMs - over.atMs)} ms later: ${still.text}`);
  }
  const applied = first(told, 'applied');
  if (applied !== undefined) {
    // Whoever is killed may take it along.
    const untilMs = Math.min(
      over?.atMs ?? Infinity,
      first(told, 'heal') ?? Infinity,
      seen.hit?.atMs ?? Infinity,
      applied + round.durationMs,
    );
    const during = samples.filter(
      ({ atMs, untilMs: to, active }) => active !== undefined && atMs > applied + MOMENT_MS && to < untilMs - MOMENT_MS,
    );
    // A processor that others keep busy may show nothing for a while.
    const enough = round.kind === 'cpuStress' || round.kind === 'memoryStress' ? 6 : 1;
    if (during.length >= enough && !during.some(({ active }) => active === true))
      found.push(`the journal says applied, and none of ${during.length} looks saw anything: ${during.at(-1)?.text ?? ''}`);
  }
  return found;
}

function verdict({ round, opened, hit, told }: Seen): readonly string[] {
  if (opened === undefined) return ['the journal does not open'];
  const found: string[] = [];
  if (opened.verdict === null) found.push('the run is over, and has no verdict');
  if (opened.verdict === 'passed') {
    if (round.victim === 'runner' && hit !== undefined && told.end === undefined) found.push('passed, although its runner was killed');
    if (opened.effectProven === false || opened.healProven === false) found.push('passed without proof');
  }
  if (opened.effectProven === true && !told.steps.some(({ step }) => step === 'effect'))
    found.push('effect proven, by nothing in the journal');
  return found;
}

function ended({ round, told, hit, stopped }: Seen): readonly string[] {
  const found = stopped.filter(({ end }) => end === 'unconfirmed').map(({ text }) => `stop could not confirm the end: ${text}`);
  const isKilled = round.victim === 'runner' && hit !== undefined;
  if (!isKilled && told.end === undefined) found.push('its runner lived, and the journal has no end');
  if (round.victim === 'host' && told.end !== undefined && told.end !== 'finished')
    found.push(`the end of the extension host changed the run: ${told.end}`);
  return found;
}

function first({ steps }: Told, step: string): number | undefined {
  return steps.find((one) => one.step === step)?.atMs;
}
