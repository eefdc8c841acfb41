import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'mocha';
import { ProgressLines } from '../../../src/cli/deploy-words.ts';
import type { Terminal } from '../../../src/cli/terminal.ts';
import type { WorkloadProgress } from '../../../src/deploy/progress/progress.ts';
import { draftOf } from '../../../src/ui/commands/deploy/draft.ts';
import { draftLines } from '../../../src/ui/commands/deploy/mark.ts';
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

describe('the values of a deploy', () => {
  const draft = { chart: 'kafka', release: 'kafka', namespace: 'shop', context: 'lab', kubeconfig: '/k' };
  const json = JSON.stringify(draft);

  it('begin with words for their tab, and know what they are of', () => {
    const text = `${draftLines('kafka', 'shop', json)}\n# Chart kafka\n\nreplicas: 3\n`;
    assert.equal(text.split('\n')[0], '# Deploy kafka to shop');
    assert.deepEqual(draftOf(text), draft);
    assert.deepEqual(draftOf(text.replaceAll('\n', '\r\n')), draft);
    assert.deepEqual(draftOf(`# Deploy kafka to shop: ${json}\n`), draft, 'a file that was kept');
    assert.equal(draftOf('# Deploy kafka to shop\nreplicas: 3\n'), undefined);
  });
});

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
