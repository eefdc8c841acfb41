// The processes of one workbench, as the machine sees them. Linux only, like the layer that uses it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { Workbench } from './workbench.ts';

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Living processes of this workbench whose command line holds `part`. */
export function processesOf(workbench: Workbench, part: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8');
        const environment = readFileSync(`/proc/${name}/environ`, 'utf8');
        return command.includes(part) && `${command}${environment}`.includes(workbench.home);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** The one query host of this workbench. */
export function queryHost(workbench: Workbench): number {
  const [pid, ...more] = processesOf(workbench, 'query-host.js');
  assert.ok(pid !== undefined, 'no query host runs');
  assert.deepEqual(more, [], 'several query hosts run');
  return pid;
}

/** Processor time of all its threads since its start. */
export function processorMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

/** The most memory that it ever had resident. */
export function peakMemoryBytes(pid: number): number {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  assert.ok(line?.[1] !== undefined, 'the kernel does not tell the peak of memory');
  return Number(line[1]) * 1024;
}
