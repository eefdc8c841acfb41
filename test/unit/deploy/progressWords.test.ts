import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'mocha';
import { ProgressLines } from '../../../src/cli/deploy-words.ts';
import type { Terminal } from '../../../src/cli/terminal.ts';
import type { WorkloadProgress } from '../../../src/deploy/progress/progress.ts';
import { ProgressWords } from '../../../src/ui/commands/deploy/words.ts';

const job: WorkloadProgress = {
  name: 'Job/kafka-topics',
  kind: 'Job',
  namespace: 'shop',
  desired: 1,
  ready: 0,
  updated: 0,
  isReady: false,
  stuck: [],
};
const state = {
  release: 'kafka',
  namespace: 'shop',
  revision: 1,
  status: 'deployed',
  chart: 'kafka-1',
  appVersion: '',
  updated: '',
  description: '',
} as const;

describe('a job that a deploy waits for', () => {
  const events = [
    { kind: 'progress', workloads: [job], elapsedMs: 1 },
    { kind: 'done', state, durationMs: 2 },
  ] as const;

  it('runs, and is ticked when it is over, in a terminal', () => {
    const stderr = new PassThrough();
    const lines = new ProgressLines({ stderr } as unknown as Terminal, false);
    for (const event of events) lines.show(event);
    const text = String(stderr.read());
    assert.match(text, /… Job\/kafka-topics runs\n.*✓ Job\/kafka-topics is done\n/s);
    assert.doesNotMatch(text, /0\/1|new revision/);
  });

  it('and in the editor', () => {
    const words = new ProgressWords();
    const lines = events.flatMap((event) => words.lines(event));
    assert.deepEqual(lines.slice(0, 2), ['  … Job/kafka-topics runs', '  ✓ Job/kafka-topics is done']);
  });
});
