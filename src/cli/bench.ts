/** `faultline bench tpch`: TPC-H on an engine, from a few flags. */
import { join } from 'node:path';
import { FaultlineError, invalid } from '../base/errors.ts';
import { formatCount, formatDuration } from '../base/units.ts';
import { LineError, parseExpectation } from '../run/spec/expectation.ts';
import { specDefaults, specLimits } from '../run/spec/limits.ts';
import { closedBounds } from '../run/spec/plan.ts';
import { parseQueries, queryName, tpchQueries } from '../run/spec/queries.ts';
import { tooFewSamples } from '../run/spec/size.ts';
import { tpchPlan } from '../run/spec/tpch.ts';
import { parseDuration, parseRate } from '../run/spec/units.ts';
import type { DrivenLoad, Expectation, RunPlan, WarmUp } from '../journal/plan.ts';
import { carryOut, type CarryPaths } from './carry.ts';
import { mustAnswer } from './reachable.ts';
import { serverTargetOf, type ServerOptions } from './server.ts';
import { visible } from './format/width.ts';
import type { Terminal } from './terminal.ts';

export interface BenchRequest extends ServerOptions {
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
  const queries = request.queries === undefined ? undefined : option('--queries', () => parseQueries(request.queries ?? ''));
  const order = request.order ?? (queries === undefined ? 'power' : 'listed');
  const server = await serverTargetOf(request, terminal.env, request.scale);
  const plan = await tpchPlan({
    scale: request.scale,
    ...(server === undefined ? {} : { server }),
    load: loadOf(request, order),
    order,
    expectations: expectationsOf(request.expect, queries ?? tpchQueries),
    library: join(paths.root, 'snippets'),
    ...(queries === undefined ? {} : { queries }),
    ...(request.warmUp === undefined ? {} : { warmUp: warmUpOf(request.warmUp) }),
    ...(request.threads === undefined ? {} : { threads: request.threads }),
    ...(request.timeout === undefined ? {} : { timeoutMs: durationOf('--timeout', request.timeout, specLimits.maxTimeoutMs) }),
  });
  for (const warning of warningsOf(plan)) terminal.stderr.write(`${visible(warning)}\n`);
  if (server !== undefined) await mustAnswer(server, terminal);
  return carryOut(plan, request, terminal, paths);
}

/** What is known to end without a verdict, told before it begins. */
function warningsOf(plan: RunPlan): readonly string[] {
  return plan.expectations.flatMap((expectation) => {
    const few = tooFewSamples(expectation, plan);
    return few === undefined ? [] : [`faultline: warning: --expect: ${few.what}. ${few.remedy}`];
  });
}

function loadOf({ clients, iterations, rate, duration }: BenchRequest, order: 'power' | 'listed' | 'shuffled'): DrivenLoad {
  const passOrder = order === 'shuffled' ? 'shuffled' : 'listed';
  if (rate === undefined) {
    if (duration !== undefined && clients === undefined && iterations === undefined)
      throw invalid('--duration is given without --clients, --iterations or --rate', 'Write --clients 1 for one client, or give a rate.');
    return {
      kind: 'closed',
      clients: clients ?? specDefaults.clients,
      ...closedBounds(iterations, duration === undefined ? undefined : lengthOf(duration)),
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
    ratePerSecond: rateOf(rate),
    arrivals: specDefaults.arrivals,
    durationMs: duration === undefined ? defaultDurationMs : lengthOf(duration),
    maxInFlight: specDefaults.maxInFlight,
    maxQueued: specDefaults.maxQueued,
    order: passOrder,
  };
}

function warmUpOf(text: string): WarmUp | null {
  const written = text.trim();
  if (/^0+$/.test(written)) return null;
  if (/^\d+$/.test(written)) return { kind: 'iterations', iterations: Number(written) };
  if (!/^\d/.test(written))
    throw invalid(`--warm-up: “${text}” is neither passes nor a time`, 'Write 2 for two passes, 10s for ten seconds, 0 for none.');
  return { kind: 'duration', durationMs: durationOf('--warm-up', written, specLimits.maxDurationMs) };
}

function expectationsOf(lines: readonly string[], queries: readonly number[]): readonly Expectation[] {
  const names = queries.map(queryName);
  return lines.map((line) => option('--expect', () => parseExpectation(line, names)));
}

function rateOf(text: string): number {
  const rate = option('--rate', () => (/^[\d.]+$/.test(text) ? Number(text) : parseRate(text)));
  return within('--rate', rate, specLimits.maxRatePerSecond, (most) => `${formatCount(most)}/s`);
}

function lengthOf(duration: string): number {
  return durationOf('--duration', duration, specLimits.maxDurationMs);
}

function durationOf(name: string, text: string, mostMs: number): number {
  return within(
    name,
    option(name, () => parseDuration(text)),
    mostMs,
    formatDuration,
  );
}

function within(name: string, value: number, most: number, format: (value: number) => string): number {
  if (!Number.isFinite(value) || value <= 0) throw invalid(`${name} has to be more than 0`);
  if (value > most) throw invalid(`${name} is ${format(most)} at most`);
  return value;
}

/** The parsers know a text, not where it was written: of several options a person has to be told which. */
function option<V>(name: string, parse: () => V): V {
  try {
    return parse();
  } catch (error) {
    const known = error instanceof LineError ? error.error : error;
    if (!FaultlineError.is(known, 'invalid')) throw error;
    throw new FaultlineError('invalid', { ...known.facts, what: `${name}: ${known.facts.what}` }, known);
  }
}
