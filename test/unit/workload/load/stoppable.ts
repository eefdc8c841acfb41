// A load of two seconds in a process of its own, whose events are lines: a test stops it in the middle.
import { writeSync } from 'node:fs';
import { startLoad } from '../../../../src/workload/load/load.ts';
import { open } from './world.ts';

await startLoad({
  plan: {
    load: { ...open, durationMs: 2000 },
    statements: [{ name: 'one', sql: 'SELECT 1', weight: 1 }],
    arms: [{ label: 'duckdb', engine: 'duckdb', target: { kind: 'tpch', scale: 0.01 }, threads: 0, memoryLimitBytes: 0 }],
    seed: 1,
  },
  pacerEntry: process.argv[2] ?? '',
  originNs: process.hrtime.bigint(),
  execute: (operation) => {
    operation.sent();
    return Promise.resolve({ doneNs: process.hrtime.bigint(), rows: 1 });
  },
  onEvents: (events) => {
    for (const event of events) writeSync(1, `${JSON.stringify(event)}\n`);
  },
}).finished;
