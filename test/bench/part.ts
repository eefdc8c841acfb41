/** One part of the benchmark in a process of its own, so that no part's heap or threads weigh on another's figures. */
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from './table.ts';

export interface PartContext {
  /** A folder of this part's own; gone at its end. */
  readonly scratch: string;
  /** The unpacked package of this platform: production bundles with everything that they need at run time. */
  readonly extension: string;
  /** Says what is being measured. */
  readonly progress: (line: string) => void;
}

/** Called by a part's file: measures, and tells the parent. Fails with the part. */
export async function measure(part: (context: PartContext) => Promise<readonly Finding[]>): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'faultline-bench-'));
  try {
    const findings = await part({ scratch, extension: process.argv[2] ?? '', progress: (line) => console.error(`  ${line}`) });
    if (process.send === undefined) console.log(JSON.stringify(findings, null, 2));
    else process.send(findings);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  process.disconnect?.();
}

/** Runs a part's file to its end. Fails when it ends without findings. */
export async function runPart(file: string, extension: string): Promise<readonly Finding[]> {
  const child = fork(file, [extension], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  let findings: readonly Finding[] | undefined;
  child.on('message', (message) => (findings = message as readonly Finding[]));
  const code = await new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exit, signal) => resolve(exit ?? signal ?? 'nothing'));
  });
  if (findings === undefined || code !== 0) throw new Error(`${file} ended with ${code}${findings ? '' : ' and measured nothing'}`);
  return findings;
}
