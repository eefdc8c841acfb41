/** Whether a value that came out of JSON is an event of this format, in this plan. Browser-safe, and cheap: see parse.ts. */
import { isFaultRunEvent } from './check-fault.ts';
import { isCount, isCurve, isError, isFlag, isLength } from './check-fields.ts';
import type { JournalEvent, LoadRunEvent } from './events.ts';
import type { RunPlan } from './plan.ts';

type KeysOf<T> = T extends unknown ? keyof T : never;
/** What JSON gave, before anything is known of it. */
type Fields = { readonly [K in KeysOf<LoadRunEvent>]?: unknown };

export function isEvent(value: unknown, plan: RunPlan): value is JournalEvent {
  if (typeof value !== 'object' || value === null) return false;
  const event: Fields = value;
  if (!Number.isFinite(event.t)) return false;
  // A source that a later version adds has a clock of its own: its events are not the runner's.
  if (event.src !== 'runner') return plan.fault !== undefined && isFaultRunEvent(value, plan.fault);
  switch (event.kind) {
    case 'op':
      return isPlace(event, plan) && isOperation(event);
    case 'histogram':
      return isPlace(event, plan) && isHistogram(event);
    case 'dropped':
      return isPlace(event, plan) && isCount(event.count) && isLength(event.ms) && isFlag(event.warmUp);
    case 'driver':
      return isDriver(event);
    case 'phase':
      return isPhase(event);
    case 'answer':
      return isPlace(event, plan) && isAnswer(event);
    case 'engine':
      return isArm(event.arm, plan) && isEngine(event);
    case 'gap':
      return isLength(event.ms);
    case 'note':
      return typeof event.text === 'string';
    case 'end':
      return isEnd(event);
    default:
      return plan.fault !== undefined && isFaultRunEvent(value, plan.fault);
  }
}

/** Its statement and arm are in the plan: who projects it uses both as indices. */
function isPlace(event: Fields, plan: RunPlan): boolean {
  const { q, arm } = event;
  return Number.isInteger(q) && (q as number) >= 0 && (q as number) < plan.statements.length && (arm === undefined || isArm(arm, plan));
}

function isArm(arm: unknown, plan: RunPlan): boolean {
  return Number.isInteger(arm) && (arm as number) >= 0 && (arm as number) < plan.arms.length;
}

function isOperation({ wait, service, rows, answer, error, warmUp }: Fields): boolean {
  if (!isLength(wait) || !isLength(service) || !isFlag(warmUp)) return false;
  if (rows !== undefined && !isCount(rows)) return false;
  if (answer !== undefined && answer !== 'ok' && answer !== 'unchecked' && answer !== 'repeatable' && answer !== 'wrong') return false;
  return error === undefined || isError(error);
}

function isHistogram({ ms, count, rows, answers, response, service, wait, warmUp }: Fields): boolean {
  if (!isLength(ms) || !isCount(count) || !isCount(rows) || !isFlag(warmUp)) return false;
  if (!isCurve(response) || !isCurve(service) || !isCurve(wait)) return false;
  return typeof answers === 'object' && answers !== null && Object.values(answers).every(isCount);
}

function isDriver({ lag, busy, cores, inFlight, queued, wallMs }: Fields): boolean {
  return isCurve(lag) && isLength(busy) && isLength(cores) && isCount(inFlight) && isCount(queued) && Number.isFinite(wallMs);
}

function isPhase({ phase, text, planned, durationMs }: Fields): boolean {
  if (phase !== 'preparing' && phase !== 'warmUp' && phase !== 'measuring' && phase !== 'draining') return false;
  if (text !== undefined && typeof text !== 'string') return false;
  return (planned === undefined || isCount(planned)) && (durationMs === undefined || isLength(durationMs));
}

function isAnswer({ rowsExpected, rowsGot, differences }: Fields): boolean {
  return isCount(rowsExpected) && isCount(rowsGot) && Array.isArray(differences) && differences.every(isDifference);
}

function isDifference(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { row, column, rule, expected, got }: { readonly [K in 'row' | 'column' | 'rule' | 'expected' | 'got']?: unknown } = value;
  return isCount(row) && typeof column === 'string' && typeof rule === 'string' && isCell(expected) && isCell(got);
}

function isCell(value: unknown): boolean {
  return value === null || typeof value === 'string';
}

function isEngine({ title, version, target, threads, memoryLimitBytes, path }: Fields): boolean {
  const named = typeof title === 'string' && typeof version === 'string' && typeof target === 'string';
  if (path !== undefined && path !== 'direct' && path !== 'portForward' && path !== 'inCluster') return false;
  return named && isCount(threads) && isCount(memoryLimitBytes);
}

function isEnd({ how, reason, error }: Fields): boolean {
  if (how !== 'finished' && how !== 'stopped' && how !== 'aborted' && how !== 'failed' && how !== 'interrupted') return false;
  return (reason === undefined || typeof reason === 'string') && (error === undefined || isError(error));
}
