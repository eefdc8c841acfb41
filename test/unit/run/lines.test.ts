import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { linePort } from '../../../src/run/lines.ts';

describe('messages over a socket', () => {
  let server: Server;
  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => server.close());

  async function pair(): Promise<readonly [Socket, Socket]> {
    const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [far] = (await once(server, 'connection')) as [Socket];
    return [near, far];
  }

  it('arrive whole and in order, however the stream cuts them', async () => {
    const [near, far] = await pair();
    const got: unknown[] = [];
    const both = new Promise<void>((resolve) => {
      linePort(far).listen((message) => {
        if (got.push(message) === 2) resolve();
      });
    });
    near.write('{"a":"\\u');
    near.write('00e9"}\n{"b"');
    near.write(':2}\n');
    await both;
    assert.deepEqual(got, [{ a: 'é' }, { b: 2 }]);
    near.destroy();
  });

  it('a peer that leaves before it is answered harms nobody', async () => {
    const [near, far] = await pair();
    // As the control socket does it: its own listener does not hear what readline repeats.
    far.on('error', () => undefined);
    linePort(far).listen(() => undefined);
    const ended = new Promise<void>((resolve) => far.once('close', () => resolve()));
    // The error that a write to a closed peer meets.
    far.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    await ended;
    near.destroy();
  });

  it('a line that is no message ends the connection', async () => {
    const [near, far] = await pair();
    linePort(far).listen(() => undefined);
    near.write('hello\n');
    await once(far, 'close');
    near.destroy();
  });
});
