// A client and a server inside a network namespace: `ip netns exec NAME node agent.ts`. One JSON a line, both ways. Moments are of the
// machine's monotonic clock, milliseconds: the same in every process.
import { createSocket } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

export const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6;

export type Order =
  /** Echoes; says when a client has closed. */
  | { readonly do: 'serve'; readonly host: string; readonly port: number }
  /** A fresh connection each `everyMs`, one byte there and back. */
  | {
      readonly do: 'probe';
      readonly id: string;
      readonly host: string;
      readonly port: number;
      readonly from?: string;
      readonly everyMs: number;
      readonly limitMs: number;
    }
  | { readonly do: 'stop'; readonly id: string }
  | { readonly do: 'count'; readonly port: number }
  | { readonly do: 'flood'; readonly host: string; readonly port: number; readonly packets: number }
  /** A connection that stays: says when it is open, has got something, and has closed. */
  | { readonly do: 'open'; readonly id: string; readonly host: string; readonly port: number }
  | { readonly do: 'send'; readonly id: string; readonly bytes: number }
  | { readonly do: 'end'; readonly id: string };

export type Told =
  | { readonly kind: 'ready' }
  | { readonly kind: 'serving' | 'counting'; readonly port: number }
  | { readonly kind: 'probe'; readonly id: string; readonly at: number; readonly ok: boolean; readonly ms: number; readonly why?: string }
  | { readonly kind: 'flooded'; readonly packets: number }
  | { readonly kind: 'counted'; readonly packets: number }
  | {
      readonly kind: 'opened' | 'got' | 'peerEnded' | 'closed';
      readonly id: string;
      readonly at: number;
      readonly bytes?: number;
      readonly why?: string;
    }
  | { readonly kind: 'clientEnded'; readonly at: number };

if (import.meta.main) {
  const say = (told: Told): void => void process.stdout.write(`${JSON.stringify(told)}\n`);
  const probes = new Map<string, NodeJS.Timeout>();
  const kept = new Map<string, Socket>();

  function probe(order: Order & { readonly do: 'probe' }): void {
    const { id, host, port, from, limitMs } = order;
    const at = machineMs();
    const socket = connect({ host, port, ...(from === undefined ? {} : { localAddress: from }) });
    const done = (ok: boolean, why?: string): void => {
      clearTimeout(timer);
      if (socket.destroyed && why === undefined && !ok) return;
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      socket.destroy();
      say({ kind: 'probe', id, at, ok, ms: machineMs() - at, ...(why === undefined ? {} : { why }) });
    };
    const timer = setTimeout(() => done(false, 'no answer'), limitMs);
    socket.once('error', (error) => done(false, error.message));
    socket.once('connect', () => socket.write('x'));
    socket.once('data', () => done(true));
  }

  function serve(host: string, port: number): void {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (data) => socket.write(data));
      socket.on('end', () => {
        say({ kind: 'clientEnded', at: machineMs() });
        socket.end();
      });
    });
    server.listen(port, host, () => say({ kind: 'serving', port }));
  }

  function open(id: string, host: string, port: number): void {
    const socket = connect({ host, port, allowHalfOpen: true });
    kept.set(id, socket);
    let why: string | undefined;
    socket.on('connect', () => say({ kind: 'opened', id, at: machineMs() }));
    socket.on('data', (data) => say({ kind: 'got', id, at: machineMs(), bytes: data.length }));
    socket.on('error', (error) => (why = error.message));
    socket.on('end', () => {
      say({ kind: 'peerEnded', id, at: machineMs() });
      socket.end();
    });
    socket.on('close', () => say({ kind: 'closed', id, at: machineMs(), ...(why === undefined ? {} : { why }) }));
  }

  function count(port: number): void {
    const socket = createSocket('udp4');
    let packets = 0;
    let quiet: NodeJS.Timeout | undefined;
    socket.on('message', () => {
      packets++;
      clearTimeout(quiet);
      quiet = setTimeout(() => {
        say({ kind: 'counted', packets });
        packets = 0;
      }, 400);
    });
    socket.bind(port, () => say({ kind: 'counting', port }));
  }

  async function flood(host: string, port: number, packets: number): Promise<void> {
    const socket = createSocket('udp4');
    for (let sent = 0; sent < packets; sent++) {
      await new Promise<void>((resolve) => socket.send('x', port, host, () => resolve()));
      // Else the receiver's own buffer would lose some.
      if (sent % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    socket.close();
    say({ kind: 'flooded', packets });
  }

  const input = createInterface({ input: process.stdin });
  input.on('line', (line) => {
    const order = JSON.parse(line) as Order;
    switch (order.do) {
      case 'serve':
        return serve(order.host, order.port);
      case 'probe':
        return void probes.set(
          order.id,
          setInterval(() => probe(order), order.everyMs),
        );
      case 'stop':
        clearInterval(probes.get(order.id));
        return;
      case 'count':
        return count(order.port);
      case 'flood':
        return void flood(order.host, order.port, order.packets);
      case 'open':
        return open(order.id, order.host, order.port);
      case 'send':
        return void kept.get(order.id)?.write(Buffer.alloc(order.bytes));
      case 'end':
        return void kept.get(order.id)?.end();
    }
  });
  input.on('close', () => process.exit(0));
  say({ kind: 'ready' });
}
