import assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import { parse } from 'yaml';
import { at, CHARTS, fileOf, folderOf, helm, HELMS, list, matches, nameOf, podOf, profilesOf, render } from './render.ts';
import type { Json } from './render.ts';

const LABELS = ['name', 'instance', 'component', 'version', 'managed-by'].map((key) => `app.kubernetes.io/${key}`);
/** A program that is not in the cache yet is built first. */
const BUILD_LIMIT_MS = 20 * 60_000;

for (const chart of CHARTS)
  describe(`the chart ${chart}`, () => {
    before('builds Helm', async function () {
      this.timeout(BUILD_LIMIT_MS);
      for (const version of HELMS) await helm(version, 'version');
    });

    it('pleases the lint of both Helms, with every profile', async () => {
      for (const version of HELMS)
        for (const profile of profilesOf(chart))
          await helm(version, 'lint', '--strict', folderOf(chart), '--values', `${folderOf(chart)}/values-${profile}.yaml`);
    });

    it('is the same for both Helms', async () => {
      for (const profile of profilesOf(chart)) {
        const [four, three] = await Promise.all(HELMS.map((version) => render(version, chart, profile)));
        assert.deepEqual(withoutRandom(four ?? []), withoutRandom(three ?? []), profile);
      }
    });

    it('has the profiles dev, lab and prod', () => {
      assert.deepEqual([...profilesOf(chart)].sort(), ['dev', 'lab', 'prod']);
    });

    for (const profile of profilesOf(chart))
      describe(`profile ${profile}`, () => {
        let objects: readonly Json[];
        let workloads: readonly Json[];

        before(async () => {
          objects = await render('helm', chart, profile);
          workloads = objects.filter((object) => ['Deployment', 'StatefulSet'].includes(String(at(object, 'kind'))));
        });

        it('labels every object and every pod', () => {
          for (const object of objects) {
            assert.equal(at(object, 'metadata', 'labels', 'helm.sh/chart'), `${chart}-0.1.0`, nameOf(object));
            for (const label of LABELS)
              for (const one of [object, podOf(object)].filter((some) => some !== undefined))
                assert.equal(typeof at(one, 'metadata', 'labels', label), 'string', `${nameOf(object)}: ${label}`);
          }
        });

        it('selects pods that there are', () => {
          const pods = workloads.map((workload) => at(podOf(workload), 'metadata', 'labels'));
          for (const object of objects) {
            const kind = at(object, 'kind');
            const selector =
              kind === 'Service'
                ? at(object, 'spec', 'selector')
                : kind === 'NetworkPolicy'
                  ? at(object, 'spec', 'podSelector', 'matchLabels')
                  : at(object, 'spec', 'selector', 'matchLabels');
            if (selector === undefined) continue;
            const own = podOf(object);
            const hit = own === undefined ? pods.filter((labels) => matches(selector, labels)) : [at(own, 'metadata', 'labels')];
            assert.ok(hit.length > 0 && hit.every((labels) => matches(selector, labels)), nameOf(object));
          }
        });

        it('never lets two workloads fight over one pod', () => {
          for (const one of workloads)
            for (const other of workloads.filter((some) => some !== one))
              assert.ok(
                !matches(at(one, 'spec', 'selector', 'matchLabels'), at(podOf(other), 'metadata', 'labels')),
                `${nameOf(one)} selects the pods of ${nameOf(other)}`,
              );
        });

        it('scales what there is, and leaves the number of pods to the autoscaler then', () => {
          const scaled = objects.filter((object) => at(object, 'kind') === 'HorizontalPodAutoscaler');
          for (const scaler of scaled) {
            assert.equal(at(scaler, 'apiVersion'), 'autoscaling/v2');
            const { kind, name } = at(scaler, 'spec', 'scaleTargetRef') as Record<string, Json>;
            const target = workloads.find((workload) => nameOf(workload) === `${String(kind)}/${String(name)}`);
            assert.ok(target !== undefined, nameOf(scaler));
            assert.equal(at(target, 'spec', 'replicas'), undefined, nameOf(target));
            const [container] = list(at(podOf(target), 'spec', 'containers'));
            assert.ok(at(container, 'resources', 'requests', 'cpu') !== undefined, 'a share of what?');
          }
          assert.equal(scaled.length > 0, profile === 'prod' && chart !== 'kafka');
        });

        it('runs nothing as root, and writes nothing into an image', () => {
          for (const object of objects) {
            const spec = at(podOf(object), 'spec');
            if (spec === undefined) continue;
            assert.equal(at(spec, 'securityContext', 'runAsNonRoot'), true, nameOf(object));
            assert.equal(at(spec, 'automountServiceAccountToken'), false, nameOf(object));
            for (const container of [...list(at(spec, 'containers')), ...list(at(spec, 'initContainers'))]) {
              assert.equal(at(container, 'securityContext', 'allowPrivilegeEscalation'), false, nameOf(object));
              assert.equal(at(container, 'securityContext', 'readOnlyRootFilesystem'), true, nameOf(object));
              assert.deepEqual(at(container, 'securityContext', 'capabilities', 'drop'), ['ALL'], nameOf(object));
              assert.ok(at(container, 'resources', 'limits', 'memory') !== undefined, `${nameOf(object)}: a limit of memory`);
            }
          }
        });

        it('probes every server, and gives it time to stop', () => {
          for (const workload of workloads) {
            const spec = at(podOf(workload), 'spec');
            assert.ok(Number(at(spec, 'terminationGracePeriodSeconds')) >= 20, nameOf(workload));
            assert.ok(list(at(spec, 'topologySpreadConstraints')).length > 0, `${nameOf(workload)} spreads`);
            for (const container of list(at(spec, 'containers'))) {
              const probes = ['readinessProbe', 'livenessProbe'].map((probe) => JSON.stringify(at(container, probe)));
              assert.ok(
                probes.every((probe) => probe !== undefined),
                nameOf(workload),
              );
              assert.notEqual(probes[0], probes[1], `${nameOf(workload)}: ready and alive are two questions`);
            }
          }
        });

        it('has all the ConfigMaps, Secrets and accounts that its pods name', () => {
          const there = new Set(objects.map(nameOf));
          for (const object of objects) {
            const text = JSON.stringify(podOf(object) ?? null);
            for (const [, name = ''] of text.matchAll(/"configMap":\{"(?:items":\[[^\]]*\],")?name":"([^"]+)"/g))
              assert.ok(there.has(`ConfigMap/${name}`), `${nameOf(object)}: ConfigMap ${name}`);
            for (const [, name = ''] of text.matchAll(/"(?:secretKeyRef|secret)":\{[^}]*"name":"([^"]+)"/g))
              assert.ok(there.has(`Secret/${name}`), `${nameOf(object)}: Secret ${name}`);
            const account = at(podOf(object), 'spec', 'serviceAccountName');
            if (account !== undefined) assert.ok(there.has(`ServiceAccount/${String(account)}`), nameOf(object));
          }
        });

        it('keeps passwords in Secrets alone', () => {
          const secrets = objects.filter((object) => at(object, 'kind') === 'Secret');
          const words = secrets.flatMap((secret) => Object.values(at(secret, 'data') as Record<string, string>));
          assert.ok(words.length > 0);
          const rest = JSON.stringify(objects.filter((object) => at(object, 'kind') !== 'Secret'));
          for (const word of words)
            for (const form of [word, Buffer.from(word, 'base64').toString()])
              assert.ok(!rest.includes(form), 'a password outside of a Secret');
          for (const object of objects)
            for (const container of list(at(podOf(object), 'spec', 'containers')))
              for (const variable of list(at(container, 'env')))
                if (/PASSWORD|SECRET/.test(String(at(variable, 'name'))) && !String(at(variable, 'name')).endsWith('_SKIP_USER_SETUP'))
                  assert.equal(at(variable, 'value'), undefined, `${nameOf(object)}: ${String(at(variable, 'name'))}`);
        });

        it('has a test that helm test runs', () => {
          const tests = objects.filter((object) => at(object, 'metadata', 'annotations', 'helm.sh/hook') === 'test');
          assert.equal(tests.length, 1);
        });
      });

    it('protects its pods from drains', async () => {
      const budgets = (await render('helm', chart, 'prod')).filter((object) => at(object, 'kind') === 'PodDisruptionBudget');
      assert.ok(budgets.length > 0);
      for (const budget of budgets) assert.equal(at(budget, 'spec', 'maxUnavailable'), 1, nameOf(budget));
    });

    it('restarts its pods for another configuration, and not for another password', async () => {
      const setting = { trino: 'query.maxMemory=99MB', clickhouse: 'memoryPercent=50', kafka: 'config.num\\.io\\.threads=9' }[chart];
      const [one, same, other] = await Promise.all([
        render('helm', chart, 'lab'),
        render('helm', chart, 'lab'),
        render('helm', chart, 'lab', setting),
      ]);
      assert.deepEqual(checksums(one), checksums(same), 'passwords are made anew each time without a cluster');
      assert.notDeepEqual(checksums(one), checksums(other));
    });

    it('says of every value what it is, and knows no others', () => {
      const schema = JSON.parse(fileOf(chart, 'values.schema.json')) as Json;
      const values = parse(fileOf(chart, 'values.yaml')) as Json;
      for (const { path, node } of nodesOf(schema, '')) {
        if (path !== '') assert.equal(typeof at(node, 'description'), 'string', path);
        if (at(node, 'properties') !== undefined) assert.equal(at(node, 'additionalProperties'), false, path || 'the top');
      }
      for (const key of Object.keys(values as Record<string, Json>)) assert.ok(at(schema, 'properties', key) !== undefined, key);
    });

    it('refuses a key that it does not know, on every level', async () => {
      const schema = JSON.parse(fileOf(chart, 'values.schema.json')) as Json;
      const objects = nodesOf(schema, '').filter(({ node, path }) => at(node, 'properties') !== undefined && !/[*[]/.test(path));
      assert.ok(objects.length > 10);
      // All at once: each is named.
      const sets = objects.flatMap(({ path }) => ['--set', `${path === '' ? '' : `${path}.`}unknownKey=1`]);
      const error = await helm('helm', 'template', 'x', folderOf(chart), ...sets).then(
        () => '',
        (refused: unknown) => String(refused),
      );
      for (const { path } of objects)
        assert.ok(
          error.includes(`at '${path === '' ? '' : `/${path.replaceAll('.', '/')}`}': additional properties 'unknownKey' not allowed`),
          path,
        );
    });
  });

describe('the charts beside each other', () => {
  const cannotWork = [
    ['trino', 'worker.replicas=0'],
    ['trino', 'worker.terminationGracePeriodSeconds=1'],
    ['trino', 'faultTolerance.retryPolicy=TASK'],
    ['kafka', 'replicationFactor=4'],
    ['kafka', 'minInsyncReplicas=3'],
    ['kafka', 'controllers=5'],
    ['kafka', 'topics.messages.replicationFactor=4'],
    ['clickhouse', 'replicas=2'],
    ['clickhouse', 'shutdownWaitSeconds=20'],
  ] as const;
  for (const [chart, value] of cannotWork)
    it(`refuse what cannot work: ${chart} with ${value}`, async () => {
      await assert.rejects(render('helm', chart, 'lab', value), /execution error/);
    });

  it('Kafka in the profile prod is as it was asked for', async () => {
    const objects = await render('helm', 'kafka', 'prod');
    const settings = objects.find((object) => nameOf(object) === 'ConfigMap/x-kafka');
    const properties = String(at(settings, 'data', 'server.properties'));
    for (const line of ['default.replication.factor=3', 'min.insync.replicas=2', 'auto.create.topics.enable=false'])
      assert.ok(properties.split('\n').includes(line), line);
    const setup = objects.find((object) => nameOf(object) === 'ConfigMap/x-kafka-setup');
    assert.deepEqual(
      String(at(setup, 'data', 'topics'))
        .trim()
        .split('\n'),
      ['dlq 3 3', 'file_merge_requests 50 3', 'message_status_updates 50 3', 'messages 100 3'],
    );
  });

  it('the id of a Kafka cluster stays, and another release has another', async () => {
    const idOf = async (...sets: readonly string[]): Promise<Json | undefined> => {
      const objects = await render('helm', 'kafka', 'lab', ...sets);
      const set = objects.find((object) => at(object, 'kind') === 'StatefulSet');
      const variables = list(at(podOf(set ?? null), 'spec', 'containers', 0, 'env'));
      return at(
        variables.find((variable) => at(variable, 'name') === 'CLUSTER_ID'),
        'value',
      );
    };
    const id = await idOf();
    assert.match(String(id), /^[A-Za-z0-9_-]{22}$/);
    assert.equal(await idOf('heap=300m'), id);
    assert.notEqual(await idOf('fullnameOverride=other'), id);
  });

  it('ClickHouse in the profile prod has three shards of two to three replicas, and Keeper', async () => {
    const objects = await render('helm', 'clickhouse', 'prod');
    const config = objects.find((object) => nameOf(object) === 'ConfigMap/x-clickhouse-config');
    const text = String(at(config, 'data', 'server.xml'));
    assert.equal(text.match(/<shard>/g)?.length, 3);
    assert.equal(text.match(/<replica>/g)?.length, 9, 'those that the autoscaler may make are named too');
    assert.equal(text.match(/<node>/g)?.length, 3);
    assert.match(text, /<method>lz4<\/method>/);
    const scalers = objects.filter((object) => at(object, 'kind') === 'HorizontalPodAutoscaler');
    assert.deepEqual(
      scalers.map((scaler) => at(scaler, 'spec', 'minReplicas')),
      [2, 2, 2],
    );
  });

  it('a Trino worker of the profile prod has time to drain', async () => {
    const objects = await render('helm', 'trino', 'prod');
    const worker = objects.find((object) => nameOf(object) === 'Deployment/x-trino-worker');
    const [container] = list(at(podOf(worker ?? null), 'spec', 'containers'));
    assert.match(JSON.stringify(at(container, 'lifecycle', 'preStop')), /SHUTTING_DOWN/);
    assert.equal(at(podOf(worker ?? null), 'spec', 'terminationGracePeriodSeconds'), 900);
    const settings = objects.find((object) => nameOf(object) === 'ConfigMap/x-trino-worker');
    assert.match(String(at(settings, 'data', 'config.properties')), /shutdown\.grace-period=30s/);
    assert.deepEqual(JSON.parse(String(at(settings, 'data', 'rules.json'))), {
      system_information: [{ user: 'admin', allow: ['read', 'write'] }, { allow: ['read'] }],
    });
  });
});

function checksums(objects: readonly Json[]): readonly Json[] {
  return objects.map((object) => at(podOf(object), 'metadata', 'annotations') ?? null);
}

function withoutRandom(objects: readonly Json[]): readonly Json[] {
  return objects.filter((object) => at(object, 'kind') !== 'Secret').toSorted((one, other) => nameOf(one).localeCompare(nameOf(other)));
}

interface SchemaNode {
  /** "worker.config"; `*` is any key, `[]` any element. */
  readonly path: string;
  readonly node: Json;
}

/** Every place of a schema where a person writes something, the top first. */
function nodesOf(node: Json, path: string): readonly SchemaNode[] {
  const below = Object.entries((at(node, 'properties') ?? {}) as Record<string, Json>).flatMap(([key, child]) =>
    nodesOf(child, path === '' ? key : `${path}.${key}`),
  );
  return [{ path, node }, ...below];
}
