import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { FaultlineError } from '../../../src/base/errors.ts';
import type { ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import { kafkaLoginFor } from '../../../src/run/kafkaLogin.ts';
import { status } from '../cluster/server.ts';
import { ScriptedApi } from '../fault/api.ts';

const signal = new AbortController().signal;
const login = { user: 'app', password: { secret: 'kafka-users', key: 'app' }, mechanism: 'SCRAM-SHA-256' } as const;
const tls = { ca: { secret: 'kafka-tls', key: 'ca.crt' } };

describe('the login of a run’s Kafka', () => {
  let api: ScriptedApi;
  let connection: ClusterConnection;
  beforeEach(async () => {
    api = await ScriptedApi.start();
    connection = await api.connect();
    const secret = (name: string, data: Readonly<Record<string, string>>): void =>
      void api.put('/api/v1/namespaces/data/secrets', { metadata: { name, namespace: 'data' }, data });
    secret('kafka-users', { app: Buffer.from('a<b').toString('base64') });
    secret('kafka-tls', { 'ca.crt': Buffer.from('PEM').toString('base64') });
  });
  afterEach(async () => {
    connection.close();
    await api.stop();
  });

  it('is that of its messages, else of a probe, read from the Secrets that these name', async () => {
    const known = { sasl: { user: 'app', password: 'a<b', mechanism: 'SCRAM-SHA-256' }, isTls: true, caPem: 'PEM' };
    const probes = [
      { engine: 'trino', login: { user: 'me' } },
      { engine: 'kafka', login, tls },
    ];
    assert.deepEqual(await kafkaLoginFor(connection, { probes }, 'data', signal), known);
    const messages = { place: { login: { ...login, user: 'other' }, tls } };
    assert.deepEqual((await kafkaLoginFor(connection, { probes, messages }, 'data', signal))?.sasl?.user, 'other');
    assert.equal(await kafkaLoginFor(connection, { probes: [{ engine: 'trino', login }] }, 'data', signal), undefined);
  });

  it('says where a Secret that is not there should be', async () => {
    const wrong = { ...login, password: { secret: 'kafka-users', key: 'nobody' } };
    for (const asked of [
      kafkaLoginFor(connection, { probes: [{ engine: 'kafka', login: wrong }] }, 'data', signal),
      kafkaLoginFor(connection, { probes: [{ engine: 'kafka', login }] }, 'other', signal),
    ])
      await assert.rejects(asked, (error) => FaultlineError.is(error, 'notFound') && /Secret of namespace/.test(error.facts.remedy ?? ''));
  });

  it('is none where who asks may not read Secrets: the pods log in all the same', async () => {
    api.meddle = ({ path }, response) => {
      if (!path.includes('/secrets/')) return false;
      status(response, 403, 'Forbidden', 'secrets "kafka-users" is forbidden');
      return true;
    };
    assert.equal(await kafkaLoginFor(connection, { probes: [{ engine: 'kafka', login }] }, 'data', signal), undefined);
  });
});
