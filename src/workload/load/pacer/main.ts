/** Entry of the pacer's thread. It never turns an event loop: it sleeps on the bell, and reads messages when it wakes. */
import { isMainThread, parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import { bell, listening as listeningFlag, type PacerData, type ToPacer } from '../protocol.ts';
import { PacerCore } from './core.ts';
import { raisePriority } from './priority.ts';

function pace(data: PacerData, port: MessagePort): void {
  const shared = new Int32Array(data.shared);
  let heard = 0;
  let taken = 0;
  raisePriority();
  new PacerCore(data, {
    nowMs: () => Number(process.hrtime.bigint() - data.originNs) / 1e6,
    wallMs: () => Date.now(),
    cpuMs: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
    receive: () => {
      // Read before looking: a message that comes after the look rings the bell on, and the wait below ends at once.
      heard = Atomics.load(shared, bell);
      // It counts the messages: asking the port costs more than all else in a turn where nothing came.
      if (taken === heard) return undefined;
      taken = (taken + 1) | 0;
      return receiveMessageOnPort(port)?.message as ToPacer | undefined;
    },
    wait: (durationMs, listening) => {
      Atomics.store(shared, listeningFlag, listening ? 1 : 0);
      // Not listening, it sleeps on whatever came since.
      Atomics.wait(shared, bell, listening ? heard : Atomics.load(shared, bell), durationMs);
    },
    post: (message) => port.postMessage(message),
  }).run();
}

const data: Partial<PacerData> | null = isMainThread ? null : (workerData as Partial<PacerData> | null);
if (data?.kind === 'faultline-pacer' && parentPort !== null) pace(data as PacerData, parentPort);
