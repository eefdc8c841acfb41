/**
 * A cut whose makers are killed: the runner, who has started it (as an editor does), and its helper. When a packet passes again is seen
 * by who gets it. The kernel alone keeps the deadline where the helper is only stopped: killed, it takes its rules with it.
 */
import { parseOwner } from '../../../src/base/owner.ts';
import { readLease } from '../../../src/journal/lease.ts';
import { setTimeout as pause } from 'node:timers/promises';
import { openLab } from '../../lab/use/lab.ts';
import { processesWhere } from '../../workbench/processes.ts';
import { atMost, median, type Finding } from '../table.ts';
import { eventsOf, start, type RunContext } from './runs.ts';
import { Served } from './served.ts';

const limitMs = 1000;
const lastsMs = 8000;
/** Killed so long after it was applied. */
const killAfterMs = 1500;
const begunWithinMs = 120_000;

const ways = {
  stopped: {
    name: 'deadline: kept by the kernel alone',
    helper: 'SIGSTOP',
    against: 'runner and starter killed, helper stopped: packets pass again, before or after the deadline of the fault',
  },
  killed: {
    name: 'deadline: runner, starter and helper killed',
    helper: 'SIGKILL',
    against: 'packets pass again after the kill: the rules are gone with the helper, long before the deadline',
  },
  left: {
    name: 'deadline: runner and starter killed',
    helper: undefined,
    against: 'packets pass again after the kill: the helper hears of nobody and heals, long before the deadline',
  },
} as const;

export async function measureDeadline(context: RunContext, rounds: number): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [way, { name, against }] of Object.entries(ways)) {
    const errors: number[] = [];
    for (let round = 0; round < rounds; round++) {
      errors.push(await errorOf(context, ways[way as keyof typeof ways].helper));
      context.progress(`${name}: ${errors.at(-1)?.toFixed(0)} ms`);
    }
    const worst = Math.max(...errors.map(Math.abs));
    findings.push(atMost(name, worst, limitMs, 'ms', `worst of ${errors.length}, median ${median(errors).toFixed(0)} ms; ${against}`));
  }
  return findings;
}

/** ms from when it should have ended until it did. */
async function errorOf(context: RunContext, helperSignal: 'SIGSTOP' | 'SIGKILL' | undefined): Promise<number> {
  // What a killed run leaves in the cluster (its vantages, the lock of its target) has its own deadline: here it goes with the namespace.
  const { testLab, end } = await openLab(context.lab.lab);
  try {
    const served = await Served.deploy(testLab, { hasSender: true });
    const run = await start({ ...context, lab: testLab }, specOf(served));
    const record = await run.record();
    const goAt = await applied(record, context.signal);
    await pause(killAfterMs, undefined, { signal: context.signal });
    const helpers = processesWhere((variables) => variables.includes(`FAULTLINE_RUN=${record.run}`)).filter(({ command }) =>
      command.includes('--own-file'),
    );
    if (helpers.length !== 1) throw new Error(`${helpers.length} helpers run`);
    const runner = parseOwner(readLease(record.folder)?.owner ?? '')?.pid;
    if (runner === undefined) throw new Error('no runner holds the run');
    const killedAt = machineMs();
    if (helperSignal !== undefined) for (const { pid } of helpers) process.kill(pid, helperSignal);
    process.kill(runner, 'SIGKILL');
    run.starter.kill('SIGKILL');
    const packetAt = await served.packetAfter(killedAt);
    if (helperSignal === 'SIGSTOP') for (const { pid } of helpers) if (isThere(pid)) process.kill(pid, 'SIGKILL');
    const { ofRun } = await run.read();
    return helperSignal === 'SIGSTOP' ? ofRun(packetAt) - (goAt + lastsMs) : packetAt - killedAt;
  } finally {
    await end();
  }
}

/** ms of the run at which *go* was given, once that was acknowledged. */
async function applied(record: Parameters<typeof eventsOf>[0], signal: AbortSignal): Promise<number> {
  const endMs = performance.now() + begunWithinMs;
  while (performance.now() < endMs) {
    const steps = (await eventsOf(record)).filter((event) => event.kind === 'fault');
    const goAt = steps.find(({ step }) => step === 'go')?.t;
    if (goAt !== undefined && steps.some(({ step }) => step === 'applied')) return goAt;
    await pause(100, undefined, { signal });
  }
  throw new Error('the cut was not begun');
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function specOf({ podName, address }: Served): object {
  return {
    name: 'a cut without its maker',
    faults: [
      {
        ...{ kind: 'networkCut', target: { pod: podName, container: 'server' }, direction: 'both', for: `${lastsMs / 1000} s` },
        allow: ['beyondMinority'],
      },
    ],
    probes: [{ engine: 'clickhouse', address, asks: 'select 1', rate: '20/s', connection: 'fresh' }],
    baseline: '2 s',
    observe: '5 s',
    expect: ['recovered <= 60 s'],
  };
}
