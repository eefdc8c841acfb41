import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server, type TlsOptions } from 'node:tls';
import { promisify } from 'node:util';
import { FaultlineError } from '../../../src/base/errors.ts';
import type { FirstBroker, KafkaAccess } from '../../../src/kafka/client.ts';
import { openKafka } from '../../../src/kafka/connect.ts';

const signal = new AbortController().signal;

describe('the certificate of a broker', function () {
  this.timeout(30_000);
  const servers: Server[] = [];
  let folder: string;
  let key: string;
  let cert: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faultline-tls-'));
    const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1', '-subj', '/CN=kafka'];
    const names = ['-addext', 'subjectAltName=DNS:kafka-0.brokers.data.svc'];
    await promisify(execFile)('openssl', [...made, ...names, '-keyout', keyFile, '-out', certFile]);
    [key, cert] = await Promise.all([readFile(keyFile, 'utf8'), readFile(certFile, 'utf8')]);
  });
  after(async () => {
    for (const server of servers) server.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Who is let in is shut out without a word: how far it came is what counts. */
  async function opening(broker: FirstBroker, tls: KafkaAccess['tls'], options: TlsOptions = {}): Promise<FaultlineError> {
    const seen: string[] = [];
    const server = createServer({ key, cert, ...options }, (socket) => {
      seen.push(String(Reflect.get(socket, 'servername')));
      socket.once('data', () => socket.destroy()).on('error', () => undefined);
    });
    server.on('tlsClientError', () => undefined);
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const near = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    const access = { bootstrap: [broker], route: () => Promise.resolve(near), clientId: 'test' };
    const error: unknown = await openKafka({ ...access, ...(tls === undefined ? {} : { tls }) }, signal).then(
      () => undefined,
      (failure: unknown) => failure,
    );
    assert.ok(FaultlineError.is(error), String(error));
    names = seen;
    return error;
  }
  let names: readonly string[] = [];

  it('is checked for the broker’s own name, not for the near end of its tunnel', async () => {
    const right = await opening({ host: 'kafka-0.brokers.data.svc', port: 9095 }, { caPem: cert });
    assert.match(right.facts.what, /does not answer/);
    assert.equal(right.facts.code, undefined);
    assert.deepEqual(names, ['kafka-0.brokers.data.svc']);
    const other = await opening({ host: 'kafka-1.brokers.data.svc', port: 9095 }, { caPem: cert });
    assert.equal(other.facts.what, 'The certificate of Kafka broker kafka-1.brokers.data.svc:9095 is for another name');
  });

  it('may have any of the names of a pod that was not heard yet, and none that is not', async () => {
    const first = { host: 'kafka-0', port: 9095 };
    const known = await opening({ ...first, certificateNames: ['kafka-0.brokers', 'kafka-0.brokers.data.svc'] }, { caPem: cert });
    assert.equal(known.facts.code, undefined);
    const unknown = await opening({ ...first, certificateNames: ['kafka-0.brokers', '10.0.0.7'] }, { caPem: cert });
    assert.equal(unknown.facts.code, 'ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it('has to be signed by who is trusted; the sentence asks for the authority', async () => {
    const error = await opening({ host: 'kafka-0.brokers.data.svc', port: 9095 }, {});
    assert.equal(error.facts.what, 'This machine does not know who signed the certificate of Kafka broker kafka-0.brokers.data.svc:9095');
    assert.match(error.facts.remedy ?? '', /PEM file/);
  });

  it('is wanted of the client too by some: that is said', async () => {
    const wanting = { requestCert: true, rejectUnauthorized: true, ca: cert };
    const error = await opening({ host: 'kafka-0.brokers.data.svc', port: 9095 }, { caPem: cert }, wanting);
    assert.equal(error.reason, 'unauthorised');
    assert.match(error.facts.what, /wants a certificate of who connects/);
  });
});
