/** `faultline bench tpch`: TPC-H on an engine, from a few flags. */
import { join } from 'node:path';
import { invalid } from '../base/errors.ts';
import { LineError, parseExpectation } from '../run/spec/expectation.ts';
import { specDefaults } from '../run/spec/limits.ts';
import { parseQueries } from '../run/spec/queries.ts';
import { tpchPlan } from '../run/spec/tpch.ts';
import { parseDuration, parseRate } from '../run/spec/units.ts';
import type { Expectation, Load, WarmUp } from '../journal/plan.ts';
import { carryOut, type CarryPaths } from './carry.ts';
import type { Terminal } from './terminal.ts';

export interface BenchRequest {
  readonly scale: number;
  /** `1,3,5-10` */
  readonly queries?: string;
  readonly clients?: number;
  readonly iterations?: number;
  /** `20/s`; a number alone is a second. */
  readonly rate?: string;
  readonly duration?: string;
  readonly order?: 'power' | 'listed' | 'shuffled';
  /** Passes, or a duration. */
  readonly warmUp?: string;
  readonly threads?: number;
  readonly expect: readonly string[];
  readonly timeout?: string;
  readonly detach: boolean;
  readonly json: boolean;
}

const defaultDurationMs = 60_000;

/** Answers the exit code: 0 passed, 1 failed, 4 inconclusive, 3 not carried out. Fails: `invalid`. */
export async function runBench(request: BenchRequest, terminal: Terminal, paths: CarryPaths): Promise<number> {
  const queries = request.queries === undefined ? undefined : parseQueries(request.queries);
  const order = request.order ?? (queries === undefined ? 'power' : 'listed');
  const plan = await tpchPlan({
    scale: request.scale,
    load: loadOf(request, order),
    order,
    expectations: expectationsOf(request.expect),
    library: join(paths.root, 'snippets'),
    ...(queries === undefined ? {} : { queries }),
    ...(request.warmUp === undefined ? {} : { warmUp: warmUpOf(request.warmUp) }),
    ...(request.threads === undefined ? {} : { threads: request.threads }),
    ...(request.timeout === undefined ? {} : { timeoutMs: positive('--timeout', parseDuration(request.timeout)) }),
  });
  return carryOut(plan, request, terminal, paths);
}

function loadOf({ clients, iterations, rate, duration }: BenchRequest, order: 'power' | 'listed' | 'shuffled'): Load {
  const passOrder = order === 'shuffled' ? 'shuffled' : 'listed';
  if (rate === undefined) {
    if (duration !== undefined)
      throw invalid('--duration is given without --rate', 'Clients make --iterations passes each; give --rate too.');
    return {
      kind: 'closed',
      clients: clients ?? specDefaults.clients,
      iterations: iterations ?? specDefaults.iterations,
      thinkTimeMs: 0,
      order: passOrder,
    };
  }
  if (clients !== undefined || iterations !== undefined) {
    throw invalid(
      '--rate is given beside --clients or --iterations',
      'Statements arrive at a rate, or clients send them in turn: give one of the two.',
    );
  }
  return {
    kind: 'open',
    ratePerSecond: positive('--rate', /^[\d.]+$/.test(rate) ? Number(rate) : parseRate(rate)),
    arrivals: specDefaults.arrivals,
    durationMs: duration === undefined ? defaultDurationMs : positive('--duration', parseDuration(duration)),
    maxInFlight: specDefaults.maxInFlight,
    maxQueued: specDefaults.maxQueued,
    order: passOrder,
  };
}

function warmUpOf(text: string): WarmUp | null {
  if (/^0+$/.test(text)) return null;
  return /^\d+$/.test(text)
    ? { kind: 'iterations', iterations: positive('--warm-up', Number(text)) }
    : { kind: 'duration', durationMs: positive('--warm-up', parseDuration(text)) };
}

function expectationsOf(lines: readonly string[]): readonly Expectation[] {
  return lines.map((line) => {
    try {
      return parseExpectation(line);
    } catch (error) {
      throw error instanceof LineError ? error.error : error;
    }
  });
}

function positive(option: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw invalid(`${option} has to be more than 0`);
}
