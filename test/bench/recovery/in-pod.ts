/**
 * What runs in the lab's pods while a recovery is measured, by Node's type stripping and with nothing but Node:
 *
 *     server    speaks as much of ClickHouse's HTTP as a vantage asks (`select 1`), and tells its witness what it did and when
 *     witness   beside it in the pod, and alive when it is not: knows of the server's end by its connection, and when packets came
 *     sender    ADDRESS: a datagram to the witness each 5 ms, from another node
 *
 * The witness's log (one JSON a line) is the truth that the product's figures are held against. Its moments are of the machine's
 * monotonic clock, which all nodes of the lab have: milliseconds.
 */
import { createSocket } from 'node:dgram';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';

export interface Witnessed {
  /**
   * Of a process of the server: `started`, `ended`: by the kernel. `pinged`: its first answer to the kubelet. `answered`: its first to a
   * vantage, as it was handed to the kernel. Of the packets: `gap`: the first after some time without any.
   */
  readonly kind: 'started' | 'ended' | 'pinged' | 'answered' | 'gap';
  readonly at: number;
  /** Of a gap: the last one before it. */
  readonly from?: number;
}

const httpPort = 8123;
const tellPort = 9100;
const packetPort = 9101;
const packetEveryMs = 5;
const leastGapMs = 100;
const againMs = 20;

const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6;

function server(): void {
  const startedAt = machineMs() - performance.now();
  const waiting: string[] = [];
  let tell = (line: string): void => void waiting.push(line);
  const say = (what: Witnessed): void => tell(`${JSON.stringify(what)}\n`);
  const reach = (): void => {
    const socket = connect(tellPort, '127.0.0.1');
    socket.on('error', () => setTimeout(reach, againMs));
    socket.on('connect', () => {
      tell = (line) => void socket.write(line);
      for (const line of waiting.splice(0)) tell(line);
    });
  };
  say({ kind: 'started', at: startedAt });
  reach();
  let isPinged = false;
  const answered = new Set<string>();
  const http = createHttpServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    request.resume();
    if (request.url === '/ping') {
      response.end('Ok.\n', () => {
        if (!isPinged) say({ kind: 'pinged', at: machineMs() });
        isPinged = true;
      });
      return;
    }
    const to = request.socket.remoteAddress ?? '';
    response.end('1\n', () => {
      if (!answered.has(to)) say({ kind: 'answered', at: machineMs() });
      answered.add(to);
    });
  });
  http.listen(httpPort);
}

function witness(): void {
  const say = (what: Witnessed): void => void process.stdout.write(`${JSON.stringify(what)}\n`);
  const told = createServer((socket) => {
    // The kernel closes it with the process, whatever ended that.
    socket.on('error', () => undefined);
    socket.on('close', () => say({ kind: 'ended', at: machineMs() }));
    createInterface({ input: socket }).on('line', (line) => process.stdout.write(`${line}\n`));
  });
  told.listen(tellPort, '127.0.0.1');
  let last: number | undefined;
  const packets = createSocket('udp4');
  packets.on('message', () => {
    const at = machineMs();
    if (last !== undefined && at - last > leastGapMs) say({ kind: 'gap', at, from: last });
    last = at;
  });
  packets.bind(packetPort);
}

function sender(address: string): void {
  const socket = createSocket('udp4');
  // What is not let through is told to whoever sends, at times.
  socket.on('error', () => undefined);
  setInterval(() => socket.send('x', packetPort, address, () => undefined), packetEveryMs);
}

if (import.meta.main) {
  const [role, address = ''] = process.argv.slice(2);
  process.on('SIGTERM', () => process.exit(0));
  if (role === 'server') server();
  else if (role === 'witness') witness();
  else sender(address);
}
