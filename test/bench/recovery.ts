// npm run bench:recovery [-- crashes|abort|deadline|none|messages|timeline] [--lab N] [--rounds N]: whether what a recovery says holds against what truly happened. One table; 1 when a limit is broken.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageFor } from '../build/package.ts';
import { currentPlatform } from '../build/platforms.ts';
import { ensureImages } from '../lab/images/images.ts';
import type { RunningLab } from '../lab/lab.ts';
import { openLab } from '../lab/use/lab.ts';
import { DEFAULT_MINOR } from '../lab/versions.ts';
import { down, up } from '../lab/ways.ts';
import { Progress } from '../workbench/cache.mjs';
import { runPart } from './part.ts';
import { measureAbort } from './recovery/abort.ts';
import { measureCrashes } from './recovery/crashes.ts';
import { measureDeadline } from './recovery/deadline.ts';
import { measureNone } from './recovery/none.ts';
import type { RunContext } from './recovery/runs.ts';
import { printFindings, type Finding } from './table.ts';

const images = ['busybox', 'node'];

/** Each on a lab, in a namespace of its own; `rounds` in full. */
const onLab = {
  crashes: { rounds: 50, measure: measureCrashes },
  abort: { rounds: 10, measure: measureAbort },
  deadline: { rounds: 5, measure: measureDeadline },
  none: { rounds: 100, measure: (context: RunContext, rounds: number) => measureNone(context, rounds, BESIDE) },
} as const;
/** As many as two processors carry without standing still. */
const BESIDE = 2;

/** Each in a process of its own, without a lab. */
const ofPage = { messages: 'parts/messages.ts', timeline: 'parts/timeline.ts' } as const;

const progress = new Progress('lines');

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { lab: { type: 'string', default: '9' }, rounds: { type: 'string' } },
    allowPositionals: true,
  });
  const names = [...Object.keys(onLab), ...Object.keys(ofPage)];
  const number = Number(values.lab);
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  const isWrong = rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0);
  if (positionals.some((name) => !names.includes(name)) || !/^\d$/.test(values.lab) || isWrong) {
    console.error(`Usage: npm run bench:recovery [-- ${names.join('|')}] [--lab 0 to 9] [--rounds 1 or more]`);
    return 2;
  }
  const chosen = positionals.length === 0 ? names : positionals;
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interrupted.abort());
  const scratch = await mkdtemp(join(tmpdir(), 'faultline-bench-recovery-'));
  const started = performance.now();
  const findings: Finding[] = [];
  let failed = 0;
  // What one part can't do is no reason to lose what an hour of the others has measured.
  const attempt: Attempt = async (name, measure) => {
    if (!chosen.includes(name) || interrupted.signal.aborted) return;
    console.error(`── ${name} ──`);
    try {
      findings.push(...(await measure()));
    } catch (error) {
      failed++;
      console.error(error);
    }
  };
  try {
    for (const [name, file] of Object.entries(ofPage)) await attempt(name, () => runPart(join(import.meta.dirname, file), ''));
    if (chosen.some((name) => name in onLab)) await measureOnLab(number, rounds, attempt, scratch, interrupted.signal);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  const over = printFindings(findings, `, ${failed} parts failed, in ${minutes} minutes`);
  return over > 0 || failed > 0 || interrupted.signal.aborted ? 1 : 0;
}

type Attempt = (name: string, measure: () => Promise<readonly Finding[]>) => Promise<void>;

async function measureOnLab(
  number: number,
  rounds: number | undefined,
  attempt: Attempt,
  scratch: string,
  signal: AbortSignal,
): Promise<void> {
  // Runs are those of what people install, in a copy that no other build touches.
  const extension = join(scratch, 'extension');
  await packageFor(currentPlatform(), extension);
  await ensureImages(images, progress);
  await down(number, progress);
  try {
    const lab = await up({ number, profile: 'cluster', kubernetes: DEFAULT_MINOR, images, way: 'native' }, progress);
    for (const [name, { rounds: full, measure }] of Object.entries(onLab))
      await attempt(name, () => inNamespace(lab, (context) => measure(context, rounds ?? full), { extension, scratch, signal }));
  } finally {
    await down(number, progress);
  }
}

async function inNamespace(
  lab: RunningLab,
  measure: (context: RunContext) => Promise<readonly Finding[]>,
  rest: Omit<RunContext, 'lab' | 'progress'>,
): Promise<readonly Finding[]> {
  const { testLab, end } = await openLab(lab);
  try {
    return await measure({ ...rest, lab: testLab, progress: (line) => console.error(`  ${line}`) });
  } finally {
    await end();
  }
}

process.exitCode = await main();
