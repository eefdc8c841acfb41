import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { before, describe, it } from 'mocha';
import type { Manifest } from '../use/apply.ts';
import { useLab } from '../use/lab.ts';
import type { TestLab } from '../use/lab.ts';

const STARTS = { timeoutMs: 240_000 };
/** Query 5 of TPC-H with its validation parameters, at scale factor 0.01, as DuckDB answers it. */
const LOCAL_SUPPLIER_VOLUME = [
  ['VIETNAM', '1000926.6999'],
  ['CHINA', '740210.7570'],
  ['JAPAN', '660651.2425'],
  ['INDONESIA', '566379.5276'],
  ['INDIA', '422874.6844'],
];

describe('Trino in the lab, a coordinator and two workers', () => {
  let lab: TestLab;
  let url: string;

  before(async function () {
    this.timeout(300_000);
    lab = await useLab({ profile: 'cluster' });
    await lab.apply([settings('coordinator'), settings('worker'), SERVICE, server('coordinator', 1), server('worker', 2)]);
    await Promise.all([lab.readyPods('app=trino,role=coordinator', 1, STARTS), lab.readyPods('app=trino,role=worker', 2, STARTS)]);
    ({ url } = await lab.portForward({ service: 'trino' }, 8080));
  });

  it('knows all three of its nodes', async function () {
    this.timeout(180_000);
    // A worker that is ready has yet to be seen by the coordinator.
    let rows: readonly Row[] = [];
    const signal = AbortSignal.any([lab.signal, AbortSignal.timeout(160_000)]);
    while (rows.length < 3) {
      signal.throwIfAborted();
      ({ rows } = await query(`select node_id, coordinator from system.runtime.nodes where state = 'active'`, signal));
    }
    const pods = await lab.readyPods('app=trino', 3);
    assert.deepEqual(new Set(rows.map(([id]) => id)), new Set(pods.map(({ metadata }) => metadata?.name)));
    assert.equal(rows.filter(([, coordinator]) => coordinator === true).length, 1);
  });

  it('answers a query of TPC-H rightly, with work for both workers', async function () {
    this.timeout(180_000);
    const text = readFileSync(join(import.meta.dirname, '../../../snippets/tpch/q05.sql'), 'utf8')
      .trim()
      .replace(/;$/, '');
    const { id, rows } = await query(text, lab.signal);
    assert.deepEqual(rows, LOCAL_SUPPLIER_VOLUME);

    const tasks = await query(
      `select node_id, sum(completed_splits), sum(processed_input_rows) from system.runtime.tasks where query_id = '${id}' group by 1`,
      lab.signal,
    );
    const workers = await lab.readyPods('app=trino,role=worker', 2);
    for (const { metadata } of workers) {
      const [, splits, read] = tasks.rows.find(([node]) => node === metadata?.name) ?? [];
      assert.ok(Number(splits) > 0 && Number(read) > 0, `${metadata?.name}: ${JSON.stringify(tasks.rows)}`);
    }
  });

  type Row = readonly unknown[];

  /** Trino's protocol: a page of rows, and where the next one is. Throws what the server says when the query fails. */
  async function query(sql: string, signal: AbortSignal): Promise<{ readonly id: string; readonly rows: readonly Row[] }> {
    const rows: Row[] = [];
    const headers = { 'X-Trino-User': 'lab', 'X-Trino-Catalog': 'tpch', 'X-Trino-Schema': 'tiny' };
    let response = await fetch(`${url}/v1/statement`, { method: 'POST', body: sql, headers, signal });
    for (;;) {
      // The server is busy, or holds the request until it has news.
      if (response.status === 503) await sleep(100, undefined, { signal });
      else assert.equal(response.status, 200, await response.clone().text());
      const page = (await response.json()) as { id: string; nextUri?: string; data?: Row[]; error?: { message: string } };
      if (page.error !== undefined) throw new Error(`${sql}: ${page.error.message}`);
      rows.push(...(page.data ?? []));
      if (page.nextUri === undefined) return { id: page.id, rows };
      response = await fetch(page.nextUri, { headers, signal });
    }
  }
});

type Role = 'coordinator' | 'worker';

const SERVICE: Manifest = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'trino' },
  spec: { selector: { app: 'trino', role: 'coordinator' }, ports: [{ name: 'http', port: 8080 }] },
};

const MEMORY = 'query.max-memory=512MB\nquery.max-memory-per-node=256MB\n';
const CONFIG: Readonly<Record<Role, string>> = {
  coordinator: 'coordinator=true\nnode-scheduler.include-coordinator=false\n',
  worker: 'coordinator=false\n',
};

/** All of /etc/trino, as Trino's chart mounts it. */
function settings(role: Role): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `trino-${role}` },
    data: {
      'config.properties': `${CONFIG[role]}http-server.http.port=8080\ndiscovery.uri=http://trino:8080\n${MEMORY}`,
      'node.properties': 'node.environment=lab\nnode.data-dir=/data/trino\nplugin.dir=/usr/lib/trino/plugin\n',
      'jvm.config':
        '-server\n-Xmx1G\n-XX:+UseG1GC\n-XX:+ExitOnOutOfMemoryError\n-Djdk.attach.allowAttachSelf=true\n-Dfile.encoding=UTF-8\n',
      'log.properties': 'io.trino=INFO\n',
      // Columns and types as the specification has them.
      'tpch.properties': 'connector.name=tpch\ntpch.splits-per-node=4\ntpch.column-naming=STANDARD\ntpch.double-type-mapping=DECIMAL\n',
    },
  };
}

function server(role: Role, replicas: number): Manifest {
  const labels = { app: 'trino', role };
  const probe = { exec: { command: ['/usr/lib/trino/bin/health-check'] }, timeoutSeconds: 5 };
  const perNode = {
    maxSkew: 1,
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: { app: 'trino' } },
  };
  const items = ['config.properties', 'node.properties', 'jvm.config', 'log.properties'].map((key) => ({ key, path: key }));
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `trino-${role}` },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 1,
          topologySpreadConstraints: [perNode],
          containers: [
            {
              name: 'trino',
              image: 'docker.io/trinodb/trino:476',
              imagePullPolicy: 'IfNotPresent',
              ports: [{ name: 'http', containerPort: 8080 }],
              startupProbe: { ...probe, periodSeconds: 2, failureThreshold: 120 },
              volumeMounts: [{ name: 'settings', mountPath: '/etc/trino' }],
            },
          ],
          volumes: [
            {
              name: 'settings',
              configMap: { name: `trino-${role}`, items: [...items, { key: 'tpch.properties', path: 'catalog/tpch.properties' }] },
            },
          ],
        },
      },
    },
  };
}
