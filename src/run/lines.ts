/** Messages over a socket: one JSON a line. */
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Port } from '../base/rpc.ts';

/** A line that is no JSON ends the connection: whoever sends it is not one of ours. */
export function linePort(socket: Socket): Port {
  return {
    post: (message) => {
      if (!socket.destroyed) socket.write(`${JSON.stringify(message)}\n`);
    },
    listen: (onMessage) => {
      const lines = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY });
      // It repeats the socket's errors, and one that nobody hears ends the process: a peer that left would end the run.
      lines.on('error', () => undefined);
      lines.on('line', (line) => {
        try {
          onMessage(JSON.parse(line));
        } catch {
          socket.destroy();
        }
      });
      return () => lines.close();
    },
  };
}
