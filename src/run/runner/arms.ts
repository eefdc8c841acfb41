/** The engines of a run: data sets made where they are missing, then each arm's engine opened. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { targetTitle, tpchScaleOf, type Reach } from '../../base/target.ts';
import { openDuckDb } from '../../engine/duckdb/duckdb.ts';
import type { DuckDbOptions } from '../../engine/duckdb/settings.ts';
import type { Engine, EngineTarget } from '../../engine/engine.ts';
import { openEngine } from '../../engine/open.ts';
import type { Arm, PlanTarget, RunPlan } from '../../journal/plan.ts';
import type { Answer } from '../../workload/tpch/answers.ts';
import { DataSets } from '../../workload/tpch/datasets.ts';
import { readTpchAnswers } from './answers.ts';
import type { RunnerSettings } from './settings.ts';

export interface OpenArm {
  readonly arm: Arm;
  readonly engine: Engine;
  /** By the number of the query; empty where nothing is known. */
  readonly answers: ReadonlyMap<number, Answer>;
}

/** Edges of the process. */
export interface ServerAccess {
  readonly reach: Reach;
  /** By the name of the secret. */
  readonly passwords: Readonly<Record<string, string>>;
}

export interface PreparationSink {
  progress(text: string): void;
  note(text: string): void;
}

/**
 * Answers the arms in the plan's order; closes what is open already when one of them can't be.
 * Fails as `DataSets.ensure` and `openDuckDb`, and with `cancelled`.
 */
export async function openArms(
  plan: RunPlan,
  settings: RunnerSettings,
  tempFolder: string,
  servers: ServerAccess,
  sink: PreparationSink,
  signal: AbortSignal,
): Promise<readonly OpenArm[]> {
  const opened: OpenArm[] = [];
  try {
    for (const arm of plan.arms) {
      const target = await targetOf(arm.target, settings, sink, signal);
      sink.progress(t('opening {0}', targetTitle(target)));
      const duckdb: DuckDbOptions = {
        memoryLimitBytes: arm.memoryLimitBytes,
        threads: arm.threads,
        tempFolder,
        externalAccess: settings.externalAccess,
        keepConnections: true,
        ...(settings.extensionFolder === undefined ? {} : { extensionFolder: settings.extensionFolder }),
      };
      const { reach, passwords } = servers;
      const engine = await openEngine(target, { duckdb, reach, passwordOf: (secret) => passwords[secret], signal });
      opened.push({ arm, engine, answers: new Map() });
      const answers = await answersOf(plan, arm, engine, duckdb, sink, signal);
      opened.splice(-1, 1, { arm, engine, answers });
    }
    return opened;
  } catch (error) {
    await closeArms(opened);
    throw error;
  }
}

export async function closeArms(arms: readonly OpenArm[]): Promise<void> {
  await Promise.allSettled(arms.map(({ engine }) => engine.close()));
}

async function targetOf(target: PlanTarget, settings: RunnerSettings, sink: PreparationSink, signal: AbortSignal): Promise<EngineTarget> {
  if (target.kind !== 'tpch') return target;
  const { scale } = target;
  const sets = new DataSets({
    home: settings.home,
    generator: settings.datagen,
    ...(settings.extensionFolder === undefined ? {} : { extensionFolder: settings.extensionFolder }),
  });
  const path = await sets.ensure(scale, {
    signal,
    onProgress: ({ fraction, waiting }) =>
      sink.progress(
        waiting
          ? t('waiting for TPC-H {0}, which another process makes', scale)
          : t('making TPC-H {0}, {1} %', scale, Math.floor((fraction ?? 0) * 100)),
      ),
  });
  return { kind: 'tpch', scale, path };
}

async function answersOf(
  plan: RunPlan,
  { target }: Arm,
  engine: Engine,
  duckdb: DuckDbOptions,
  sink: PreparationSink,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, Answer>> {
  const scale = tpchScaleOf(target);
  if (scale === undefined || plan.statements.every(({ tpchQuery }) => tpchQuery === undefined)) return new Map();
  try {
    const answers =
      target.kind === 'server'
        ? await withEmbedded(duckdb, (own) => readTpchAnswers(own, scale, signal))
        : await readTpchAnswers(engine, scale, signal);
    if (answers.size === 0) sink.note(t('TPC-H {0} has no built-in answers: only 0.01, 0.1 and 1 have', scale));
    return answers;
  } catch (error) {
    if (FaultlineError.is(error, 'cancelled')) throw error;
    sink.note(t('The built-in answers of TPC-H can’t be read: {0}', error instanceof Error ? error.message : String(error)));
    return new Map();
  }
}

/** A server is checked against what the embedded engine knows: an answer that is independent of it. */
async function withEmbedded<T>(options: DuckDbOptions, use: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await openDuckDb(undefined, { ...options, keepConnections: false, threads: 1 });
  try {
    return await use(engine);
  } finally {
    await engine.close();
  }
}
