/** ClickHouse for tests: today's dialect behind a front, and a whole server of 2018, whose answers begin before the query has ended. */
import { openClickHouse } from '../../../src/engine/clickhouse/clickhouse.ts';
import type { Cell, Engine, QueryEvent } from '../../../src/engine/engine.ts';
import { CLICKHOUSE_MODERN } from '../images/recipes/clickhouse-modern.ts';
import { CLICKHOUSE } from '../images/recipes/clickhouse.ts';
import type { Manifest } from './apply.ts';
import type { TestLab } from './lab.ts';

export interface ClickHousePod {
  readonly name: 'modern' | 'old';
  readonly user: string;
  readonly password: string;
}

export const modern: ClickHousePod = { name: 'modern', user: 'default', password: '' };
export const old: ClickHousePod = { name: 'old', user: 'lab', password: 'a<b' };

const limitMs = 300_000;

export async function startClickHouse(lab: TestLab, pods: readonly ClickHousePod[]): Promise<void> {
  await lab.apply(pods.map(manifest));
  await Promise.all(pods.map(({ name }) => lab.readyPods(`app=clickhouse-${name}`, 1, { timeoutMs: limitMs })));
}

function manifest({ name, user, password }: ClickHousePod): Manifest {
  const credentials = [
    { name: 'CLICKHOUSE_USER', value: user },
    { name: 'CLICKHOUSE_PASSWORD', value: password },
  ];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `clickhouse-${name}`, labels: { app: `clickhouse-${name}` } },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: 'clickhouse',
          image: name === 'modern' ? CLICKHOUSE_MODERN.name : CLICKHOUSE.name,
          imagePullPolicy: 'IfNotPresent',
          resources: { requests: { cpu: '10m', memory: '64Mi' } },
          ...(password === '' ? {} : { env: credentials }),
          readinessProbe: { httpGet: { path: '/ping', port: 8123 }, periodSeconds: 1, timeoutSeconds: 5 },
        },
      ],
    },
  };
}

/** Closes the way to it with the engine. */
export async function openPod(lab: TestLab, pod: ClickHousePod, schema?: string, password = pod.password): Promise<Engine> {
  const forward = await lab.portForward({ pod: `clickhouse-${pod.name}` }, 8123);
  const target = { kind: 'server', engine: 'clickhouse', name: pod.name, at: { kind: 'url', url: forward.url }, user: pod.user } as const;
  const reached = { url: forward.url, path: 'portForward', close: () => forward.close() } as const;
  try {
    return await openClickHouse({ ...target, ...(schema === undefined ? {} : { schema }) }, reached, { password });
  } catch (error) {
    await forward.close();
    throw error;
  }
}

export async function rowsOf(engine: Engine, sql: string): Promise<readonly (readonly Cell[])[]> {
  const rows: (readonly Cell[])[] = [];
  for await (const event of engine.query(sql, {}, new AbortController().signal))
    if (event.kind === 'rows') rows.push(...event.batch.rows());
  return rows;
}

export async function eventsOf(engine: Engine, sql: string, progressEveryMs?: number): Promise<readonly QueryEvent[]> {
  const events: QueryEvent[] = [];
  const options = progressEveryMs === undefined ? {} : { progressEveryMs };
  for await (const event of engine.query(sql, options, new AbortController().signal)) events.push(event);
  return events;
}
