/** One question to one pod. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import { clickHouseTruth } from './clickhouse.ts';
import type { PodQuestion, Said } from './questions.ts';
import { podWays, type PodWays } from './ways.ts';
import { trinoTruth } from './trino.ts';

/** Undefined where it was stopped. Never rejects. */
export type Asked = (question: PodQuestion, signal: AbortSignal) => Promise<Said | undefined>;

export function askerOf(connection: ClusterConnection, ways: PodWays = podWays(connection)): Asked {
  return async (question, signal) => {
    try {
      return question.engine === 'clickhouse' ? await clickHouseTruth(question, ways, signal) : await trinoTruth(question, ways, signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      return { state: 'unknown', word: unheard(error) };
    }
  };
}

function unheard(error: unknown): string {
  if (FaultlineError.is(error)) return error.facts.what;
  return t('its answer was not understood');
}
