/** One question to one pod. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import type { PodLine, PodTruth } from '../recognise/model.ts';
import { clickHouseTruth } from './clickhouse.ts';
import { podWays, type PodWays } from './ways.ts';
import { trinoTruth } from './trino.ts';

export interface PodQuestion {
  readonly engine: 'trino' | 'presto' | 'clickhouse';
  readonly instanceId: string;
  readonly pod: PodLine;
  readonly port: number;
  readonly scheme: 'http' | 'https';
}

export type Said = Omit<PodTruth, 'readAtMs'>;

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
