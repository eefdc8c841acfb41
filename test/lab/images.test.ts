import assert from 'node:assert/strict';
import type { V1Container, V1PodSpec } from '@kubernetes/client-node';
import { before, describe, it } from 'mocha';
import { CLICKHOUSE_MODERN } from './images/recipes/clickhouse-modern.ts';
import { CLICKHOUSE } from './images/recipes/clickhouse.ts';
import { KUBE_STATE_METRICS } from './images/recipes/kube-state-metrics.ts';
import { MINIO } from './images/recipes/minio.ts';
import { PRESTO } from './images/recipes/presto.ts';
import { ALERTMANAGER, NODE_EXPORTER, PROMETHEUS } from './images/recipes/prometheus.ts';
import { SPARK } from './images/recipes/spark.ts';
import type { Manifest } from './use/apply.ts';
import { useLab } from './use/lab.ts';
import type { TestLab } from './use/lab.ts';
import { signedFetch } from './use/s3.ts';

/** All start at once, four Java machines among them, beside other test files, and the first time a node fetches 2.5 GB for it. */
const START_LIMIT_MS = 300_000;
const TEST_LIMIT_MS = START_LIMIT_MS + 60_000;

const KEYS = { accessKey: 'lab-access', secretKey: 'lab-secret-key' } as const;

/** Scraped soon: the image's own configuration does it each 15 s. */
const PROMETHEUS_YML = `global: {scrape_interval: 1s}
scrape_configs:
  - job_name: prometheus
    static_configs: [{targets: ['localhost:9090']}]
`;

const SMALL_SPARK = ['--master', 'local[1]', '--driver-memory', '512m', '--conf', 'spark.ui.enabled=false'];
// Hive's metastore on disk takes longer to make than all the rest.
const IN_MEMORY = [
  '--conf',
  'spark.sql.catalogImplementation=in-memory',
  '--conf',
  'spark.hadoop.javax.jdo.option.ConnectionURL=jdbc:derby:memory:lab;create=true',
];
const spark = (...args: string[]): string[] => ['/opt/spark/bin/spark-submit', ...SMALL_SPARK, ...IN_MEMORY, ...args];
const THRIFT_SERVER = spark('--class', 'org.apache.spark.sql.hive.thriftserver.HiveThriftServer2', 'spark-internal');
const ONE_STATEMENT = spark(
  '--class',
  'org.apache.spark.sql.hive.thriftserver.SparkSQLCLIDriver',
  'spark-internal',
  '-e',
  'select count(*) from range(1000)',
);

function pod(name: string, container: Omit<V1Container, 'name'>, more: Partial<V1PodSpec> = {}): Manifest {
  const spec: V1PodSpec = {
    terminationGracePeriodSeconds: 1,
    ...more,
    containers: [{ name: 'main', imagePullPolicy: 'IfNotPresent', resources: { requests: { cpu: '10m', memory: '32Mi' } }, ...container }],
  };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: name } }, spec };
}

function answers(path: string, port: number): Pick<V1Container, 'readinessProbe'> {
  return { readinessProbe: { httpGet: { path, port }, periodSeconds: 1, timeoutSeconds: 5 } };
}

const PODS: readonly Manifest[] = [
  pod('clickhouse', {
    image: CLICKHOUSE.name,
    env: [
      { name: 'CLICKHOUSE_USER', value: 'lab' },
      { name: 'CLICKHOUSE_PASSWORD', value: 'a<b' },
      { name: 'CLICKHOUSE_DB', value: 'shop' },
    ],
    ...answers('/ping', 8123),
  }),
  pod('clickhouse-modern', { image: CLICKHOUSE_MODERN.name, ...answers('/ping', 8123) }),
  pod('presto', {
    image: PRESTO.name,
    readinessProbe: { exec: { command: ['presto-ready'] }, periodSeconds: 3, timeoutSeconds: 10 },
  }),
  pod('minio', {
    image: MINIO.name,
    args: ['server', '/data'],
    env: [
      { name: 'MINIO_ROOT_USER', value: KEYS.accessKey },
      { name: 'MINIO_ROOT_PASSWORD', value: KEYS.secretKey },
    ],
    ...answers('/minio/health/ready', 9000),
  }),
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'prometheus' }, data: { 'prometheus.yml': PROMETHEUS_YML } },
  pod(
    'prometheus',
    { image: PROMETHEUS.name, volumeMounts: [{ name: 'config', mountPath: '/etc/prometheus' }], ...answers('/-/ready', 9090) },
    { volumes: [{ name: 'config', configMap: { name: 'prometheus' } }] },
  ),
  pod('alertmanager', { image: ALERTMANAGER.name, ...answers('/-/ready', 9093) }),
  pod('node-exporter', { image: NODE_EXPORTER.name, ...answers('/', 9100) }),
  pod('spark-thrift', { image: SPARK.name, args: THRIFT_SERVER, readinessProbe: { tcpSocket: { port: 10000 }, periodSeconds: 1 } }),
  pod('spark-sql', { image: SPARK.name, args: ONE_STATEMENT }, { restartPolicy: 'Never' }),
];

/** May see the pods of its own namespace, and nothing else. */
function kubeStateMetrics(namespace: string): readonly Manifest[] {
  const name = 'kube-state-metrics';
  const metadata = { name };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata,
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
    pod(
      name,
      { image: KUBE_STATE_METRICS.name, args: [`--namespaces=${namespace}`, '--resources=pods'], ...answers('/livez', 8080) },
      { serviceAccountName: name },
    ),
  ];
}

interface PrestoPage {
  readonly nextUri?: string;
  readonly data?: readonly (readonly unknown[])[];
  readonly error?: { readonly message: string };
}

async function text(url: string, init?: RequestInit): Promise<string> {
  const response = await fetch(url, init);
  const body = await response.text();
  assert.ok(response.ok, `${response.status} ${body}`);
  return body;
}

describe('an image of the lab starts and answers:', () => {
  let lab: TestLab;

  before(async function () {
    this.timeout(TEST_LIMIT_MS);
    lab = await useLab({ profile: 'node' });
    await lab.apply([...PODS, ...kubeStateMetrics(lab.namespace)]);
  });

  async function ready(name: string): Promise<void> {
    await lab.readyPods(`app=${name}`, 1, { timeoutMs: START_LIMIT_MS });
  }

  /** Base of a ready pod's HTTP interface. */
  async function http(name: string, port: number): Promise<string> {
    await ready(name);
    return (await lab.portForward({ pod: name }, port)).url;
  }

  function test(title: string, action: () => Promise<void>): void {
    it(title, async function () {
      this.timeout(TEST_LIMIT_MS);
      await action();
    });
  }

  test('Alertmanager keeps an alert', async () => {
    const url = await http('alertmanager', 9093);
    const body = JSON.stringify([{ labels: { alertname: 'LabIsBusy', severity: 'info' } }]);
    await text(`${url}/api/v2/alerts`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    assert.match(await text(`${url}/api/v2/alerts`), /"alertname":"LabIsBusy"/);
  });

  test("node-exporter tells the machine's memory", async () => {
    assert.match(await text(`${await http('node-exporter', 9100)}/metrics`), /^node_memory_MemTotal_bytes \d/m);
  });

  test('Prometheus finds itself up', async () => {
    const url = await http('prometheus', 9090);
    const query = `${url}/api/v1/query?query=${encodeURIComponent('up{job="prometheus"}')}`;
    // A pod that scrapes each second answers nothing only until it has scraped.
    let answer = await text(query);
    while (!answer.includes('"value"')) answer = await text(query, { signal: lab.signal });
    assert.match(answer, /"value":\[[\d.]+,"1"\]/);
  });

  test('kube-state-metrics names the pods of its namespace', async () => {
    const url = await http('kube-state-metrics', 8080);
    const named = new RegExp(`^kube_pod_info\\{namespace="${lab.namespace}",pod="minio",.*\\} 1$`, 'm');
    let metrics = await text(`${url}/metrics`);
    while (!metrics.includes('kube_pod_info{')) metrics = await text(`${url}/metrics`, { signal: lab.signal });
    assert.match(metrics, named);
  });

  test('MinIO gives back the object that was put there', async () => {
    const url = await http('minio', 9000);
    const keys = { ...KEYS, region: 'us-east-1' };
    const put = async (path: string, body: string): Promise<number> =>
      (await signedFetch(`${url}${path}`, keys, { method: 'PUT', body })).status;
    assert.equal(await put('/shop', ''), 200);
    assert.equal(await put('/shop/orders/1.txt', 'an object'), 200);
    const got = await signedFetch(`${url}/shop/orders/1.txt`, keys, { method: 'GET', body: '' });
    assert.equal(await got.text(), 'an object');
    assert.equal(
      (await signedFetch(`${url}/shop/orders/1.txt`, { ...keys, secretKey: 'another' }, { method: 'GET', body: '' })).status,
      403,
    );
  });

  test('ClickHouse of 2018 has the user and the database that were asked for, and keeps rows', async () => {
    const url = await http('clickhouse', 8123);
    const ask = (body: string): Promise<string> => text(`${url}/?user=lab&password=a%3Cb&database=shop`, { method: 'POST', body });
    await ask('CREATE TABLE orders (day Date, id UInt32) ENGINE = MergeTree(day, id, 8192)');
    await ask('INSERT INTO orders SELECT today(), number FROM numbers(1000)');
    assert.equal(await ask('SELECT count(), version() FROM orders'), '1000\t18.16.1\n');
    const { stdout } = await lab.exec('clickhouse', ['clickhouse-client', '-u', 'lab', '--password', 'a<b', '-q', 'SHOW TABLES FROM shop']);
    assert.equal(stdout, 'orders\n');
    assert.equal((await fetch(`${url}/?query=SELECT+1`)).status, 401, 'the default user is gone');
  });

  describe('ClickHouse of today', () => {
    let url: string;

    before(async function () {
      this.timeout(TEST_LIMIT_MS);
      url = await http('clickhouse-modern', 8123);
    });

    const ask = (body: string, options = ''): Promise<Response> => fetch(`${url}/?${options}`, { method: 'POST', body });

    it('speaks its dialect and tells what came of a query', async () => {
      const response = await ask(
        'SELECT number AS n FROM numbers(3) QUALIFY row_number() OVER (ORDER BY n) > 1 FORMAT JSONEachRow',
        'query_id=mine',
      );
      assert.equal(await response.text(), '{"n":1}\n{"n":2}\n');
      assert.equal(response.headers.get('x-clickhouse-query-id'), 'mine');
      assert.equal(response.headers.get('x-clickhouse-format'), 'JSONEachRow');
      assert.match(response.headers.get('x-clickhouse-summary') ?? '', /"result_rows":"2"/);
    });

    it('tells an error with its code, name and status', async () => {
      const response = await ask('SELECT * FROM nowhere');
      assert.equal(response.status, 404);
      assert.equal(response.headers.get('x-clickhouse-exception-code'), '60');
      assert.match(await response.text(), /^Code: 60\. DB::Exception: .*\(UNKNOWN_TABLE\) \(version 26\.7\./);
    });

    it('keeps what is inserted, and answers others while a query runs, which KILL QUERY ends', async () => {
      await ask('CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a');
      await ask('{"a":1}\n{"a":2}', 'query=INSERT+INTO+t+FORMAT+JSONEachRow');
      const endless = ask('SELECT max(sipHash64(number)) FROM system.numbers', 'query_id=endless&database=default');
      const running = async (): Promise<string> => (await ask("SELECT count() FROM system.processes WHERE query_id = 'endless'")).text();
      while ((await running()) !== '1\n');
      assert.equal(await (await ask('SELECT sum(a) FROM t')).text(), '3\n');
      assert.match(await (await ask("KILL QUERY WHERE query_id = 'endless' SYNC")).text(), /system\.numbers/);
      assert.match(await (await endless).text(), /^Code: 394\./);
      assert.equal(await running(), '0\n');
    });
  });

  test('Presto counts the nations of TPC-H', async () => {
    const url = await http('presto', 8080);
    const headers = { 'X-Presto-User': 'lab' };
    const rows: (readonly unknown[])[] = [];
    const init = { method: 'POST', body: 'SELECT count(*) FROM tpch.tiny.nation', headers };
    let page = JSON.parse(await text(`${url}/v1/statement`, init)) as PrestoPage;
    for (;;) {
      assert.equal(page.error?.message, undefined);
      rows.push(...(page.data ?? []));
      if (page.nextUri === undefined) break;
      // The server names itself as it was called, which is the forwarded port.
      page = JSON.parse(await text(page.nextUri, { headers })) as PrestoPage;
    }
    assert.deepEqual(rows, [[25]]);
  });

  test('Spark SQL counts a thousand rows', async () => {
    await lab.waitFor(
      'The pod of Spark SQL has done its work',
      { kind: 'Pod', name: 'spark-sql' },
      ({ status }) => status?.phase === 'Succeeded' || status?.phase === 'Failed',
      { timeoutMs: START_LIMIT_MS },
    );
    const lines: string[] = [];
    for await (const line of lab.logs('spark-sql')) lines.push(line);
    assert.ok(lines.includes('1000'), lines.join('\n'));
  });

  test("Spark's thrift server answers beeline", async () => {
    await ready('spark-thrift');
    const beeline = ['/opt/spark/bin/beeline', '--silent=true', '--outputformat=tsv2', '--showHeader=false'];
    const query = ['-u', 'jdbc:hive2://localhost:10000', '-n', 'lab', '-e', 'select count(*) from range(1000)'];
    const { stdout, stderr } = await lab.exec('spark-thrift', [...beeline, ...query], { timeoutMs: START_LIMIT_MS });
    // Its prompt stands before what it prints.
    assert.match(stdout, /(^|> )1000$/m, stderr);
  });
});
