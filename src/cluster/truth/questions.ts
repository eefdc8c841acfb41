/** Which pods can be asked, where. */
import type { EngineInstance, PodLine, PodTruth } from '../recognise/model.ts';

export interface PodQuestion {
  readonly engine: 'trino' | 'presto' | 'clickhouse';
  readonly instanceId: string;
  readonly pod: PodLine;
  readonly port: number;
  readonly scheme: 'http' | 'https';
}

export type Said = Omit<PodTruth, 'readAtMs'>;

export function questionOf(instance: EngineInstance, pod: PodLine): PodQuestion | undefined {
  const { engine } = instance;
  if (engine !== 'trino' && engine !== 'presto' && engine !== 'clickhouse') return undefined;
  if (engine === 'clickhouse' ? pod.role !== 'server' : pod.role === 'operator') return undefined;
  const usual = engine === 'clickhouse' ? 8123 : 8080;
  const port = pod.http ?? { port: usual, scheme: 'http' };
  return { engine, instanceId: instance.id, pod, port: port.port, scheme: port.scheme };
}
