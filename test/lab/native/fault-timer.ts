/**
 * Ends a node's fault at its deadline. A process of its own that outlives whoever started it; it runs before the fault begins.
 * Arguments: number of the lab, node, kind, until when (Unix ms).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { endFault, withNodes } from './fault-kinds.ts';
import { readFault, removeFault, writeFault } from './fault-record.ts';
import { placeOf } from './place.ts';
import { readState } from './state.ts';

const Arguments = v.tuple([
  v.pipe(v.string(), v.transform(Number), v.integer()),
  v.string(),
  v.picklist(['stop', 'freeze']),
  v.pipe(v.string(), v.transform(Number), v.minValue(0)),
]);
/** Ten attempts within half a minute; after that the next `lab up` or `lab node` tries. */
const ATTEMPTS = 10;
const PAUSE_MS = 3000;

const [number, name, kind, untilMs] = v.parse(Arguments, process.argv.slice(2));
// Whoever started this waits for the record: with it there, the deadline holds.
writeFault(number, { node: name, kind, untilMs });
await sleep(Math.max(0, untilMs - Date.now()));
for (let attempt = 1; ; attempt += 1) {
  try {
    await withNodes(number, end);
    break;
  } catch (error) {
    console.error(error);
    if (attempt === ATTEMPTS) throw error;
    await sleep(PAUSE_MS);
  }
}

async function end(): Promise<void> {
  const state = readState(number);
  // Healed meanwhile, and perhaps under another fault by now, which has a timer of its own.
  if (readFault(number, name)?.untilMs !== untilMs || state === undefined || state === 'unreadable') return;
  const place = placeOf(number, state.profile);
  const node = place.nodes.find((one) => one.name === name);
  if (node !== undefined) await endFault(place, node, kind);
  removeFault(number, name);
}
