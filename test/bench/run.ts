// npm run bench [-- NAME…]: what the issue promises in figures, all measured in this run; one table. Ends with 1 when a limit is breached.
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageFor } from '../build/package.ts';
import { currentPlatform } from '../build/platforms.ts';
import { runPart } from './part.ts';
import { kill, MARK, marked } from '../workbench/processes.ts';
import { printFindings, type Finding } from './table.ts';

/** Its name on the command line, and the file that measures it. */
const parts: Readonly<Record<string, string>> = {
  sizes: 'parts/sizes.ts',
  activation: 'parts/activation.ts',
  'query-host': 'parts/query-host.ts',
  pacing: 'parts/pacing.ts',
  scrolling: 'page/scrolling.ts',
  window: 'parts/window.ts',
  live: 'parts/live.ts',
  journal: 'parts/journal.ts',
  compare: 'parts/compare.ts',
  analysis: 'parts/analysis.ts',
  messages: 'parts/messages.ts',
  timeline: 'parts/timeline.ts',
};

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !(name in parts));
  if (unknown.length > 0) {
    console.error(`There is no part ${unknown.join(', ')}. The parts are ${Object.keys(parts).join(', ')}.`);
    return 2;
  }
  const chosen = names.length === 0 ? Object.keys(parts) : names;
  const scratch = await mkdtemp(join(tmpdir(), 'faultline-bench-package-'));
  // Servers have process groups of their own: they are found by this mark in their environment, however a part ended.
  const mark = randomUUID();
  process.env[MARK] = mark;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      kill(marked(mark));
      rmSync(scratch, { recursive: true, force: true });
      process.exit(130);
    });
  }
  const started = performance.now();
  const findings: Finding[] = [];
  let failed = 0;
  try {
    // All parts measure what people install: production bundles, in a copy that no other build touches.
    const platform = currentPlatform();
    if (chosen.includes('sizes')) await packageFor(undefined);
    const extension = join(scratch, 'extension');
    await packageFor(platform, extension);
    for (const name of chosen) {
      console.error(`── ${name} ──`);
      try {
        findings.push(...(await runPart(join(import.meta.dirname, parts[name] ?? ''), extension)));
      } catch (error) {
        failed++;
        console.error(error);
      }
      kill(marked(mark));
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  const over = printFindings(findings, `, ${failed} parts failed, in ${minutes} minutes`);
  return over > 0 || failed > 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
