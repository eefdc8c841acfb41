import assert from 'node:assert/strict';
import { podHealth } from '../../../../src/cluster/recognise/health.ts';
import type { Health } from '../../../../src/cluster/recognise/model.ts';
import { podLine } from '../../../../src/cluster/recognise/pods.ts';
import { recognise } from '../../../../src/cluster/recognise/recognise.ts';
import { appComponent, appInstance, appName, pod, ready, unready, type PodFacts } from './pods.ts';

const finishedAt = '2026-03-01T10:05:00Z';
const waiting = (reason: string, message?: string): NonNullable<PodFacts['status']> =>
  unready([{ state: { waiting: { reason, ...(message === undefined ? {} : { message }) } } }]);

function shortOf(message: string): NonNullable<PodFacts['status']> {
  return { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }] };
}

const cases: readonly (readonly [what: string, facts: PodFacts, state: Health['state'], word: string, why?: RegExp])[] = [
  ['a ready pod', {}, 'ok', 'healthy'],
  [
    'a ready pod that was restarted',
    { status: ready([{ restartCount: 2, lastState: { terminated: { exitCode: 143 } } }]) },
    'ok',
    'healthy',
    /restarted 2 times. Last: .*exit code 143 \(SIGTERM\)/,
  ],
  [
    'no node with room',
    { status: shortOf('0/5 nodes are available: 3 Insufficient cpu, 2 Insufficient memory. preemption: none.') },
    'failed',
    'no node with enough cpu, memory',
    /^None of 5 nodes takes it: too little cpu \(3 nodes\); too little memory \(2 nodes\)\.$/,
  ],
  [
    'a volume that is not there',
    { status: shortOf('0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: none.') },
    'failed',
    'cannot be placed: its volume is not there',
  ],
  [
    'a taint and a selector',
    {
      status: shortOf(
        "0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint {gpu: yes}.",
      ),
    },
    'failed',
    'cannot be placed',
    /node selector or affinity does not match \(1 node\); taint gpu \(1 node\)/,
  ],
  [
    'an image that is not there',
    { status: waiting('ImagePullBackOff', 'Back-off pulling image "registry.example.com/app:1": manifest unknown') },
    'failed',
    'image cannot be pulled',
    /Image registry\.example\.com\/app:1 of container main cannot be pulled\. manifest unknown\./,
  ],
  [
    'a missing ConfigMap',
    { status: waiting('CreateContainerConfigError', 'configmap "x" not found') },
    'failed',
    'configuration missing',
    /configmap "x" not found/,
  ],
  ['containers that are being made', { status: waiting('ContainerCreating'), node: 'n1' }, 'starting', 'starting', /on n1/],
  [
    'a container that is killed for its memory',
    {
      status: unready([
        {
          restartCount: 5,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt } },
        },
      ]),
    },
    'failed',
    'out of memory',
    /restarted 5 times.*more memory than its limit/,
  ],
  [
    'a container that keeps crashing',
    {
      status: unready([
        {
          restartCount: 3,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: { terminated: { exitCode: 1, message: 'a\nlast words', finishedAt } },
        },
      ]),
    },
    'failed',
    'keeps crashing, exit code 1',
    /last words/,
  ],
  [
    'a container that has just ended',
    { status: unready([{ state: { terminated: { exitCode: 139, finishedAt } } }]) },
    'failed',
    'ended, exit code 139',
    /SIGSEGV/,
  ],
  [
    'a container that was never ready',
    { status: unready([{ started: true, state: { running: { startedAt: '2026-03-01T10:00:00Z' } } }]) },
    'starting',
    'starting',
  ],
  [
    'a container that was ready and is no longer',
    {
      status: unready([{ started: true, state: { running: { startedAt: '2026-03-01T10:00:00Z' } } }], {
        conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: '2026-03-01T11:00:00Z' }],
      }),
    },
    'degraded',
    'not ready',
    /readiness probe fails/,
  ],
  [
    'an init container that crashes',
    { status: { phase: 'Pending', initContainerStatuses: [{ name: 'copy', state: { terminated: { exitCode: 2 } } }] } },
    'failed',
    'ended, exit code 2',
    /copy/,
  ],
  [
    'an evicted pod',
    { status: { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' } },
    'failed',
    'evicted',
    /low on resource/,
  ],
  ['a pod that is done', { status: { phase: 'Succeeded' } }, 'ok', 'completed'],
  ['a pod that was told to stop', { deletion: { at: '2026-03-01T10:01:00Z', graceSeconds: 30 } }, 'stopping', 'stopping', /30 s/],
];

describe('the health of a pod', () => {
  for (const [what, facts, state, word, why] of cases)
    it(`says of ${what}: ${word}`, () => {
      const health = podHealth(pod(facts));
      assert.deepEqual([health.state, health.word], [state, word]);
      if (why !== undefined) assert.match(health.why ?? '', why);
    });

  it('counts the age of a stop from the moment it was told, not from its deadline', () => {
    assert.equal(
      podHealth(pod({ deletion: { at: '2026-03-01T10:01:00Z', graceSeconds: 30 } })).sinceMs,
      Date.parse('2026-03-01T10:00:30Z'),
    );
  });
});

describe('what Kubernetes and the engine say together', () => {
  const facts: PodFacts = { node: 'n1', labels: { [appName]: 'trino', [appInstance]: 'q', [appComponent]: 'worker' } };
  const lineOf = (more: PodFacts, truth?: Parameters<typeof podLine>[2], isLost = false): Health => {
    const one = pod({ ...facts, ...more });
    const recognised = recognise(one);
    assert.ok(recognised !== undefined);
    return podLine(one, recognised, truth, isLost).health;
  };
  const said = { readAtMs: 0 } as const;

  it('shows a ready pod that does not serve as such', () => {
    const health = lineOf({}, { ...said, state: 'notServing', word: 'inactive' });
    assert.deepEqual([health.state, health.word], ['degraded', 'ready, not serving: inactive']);
  });
  it('shows a worker that drains', () => {
    assert.deepEqual([lineOf({}, { ...said, state: 'draining', word: 'draining' }).state], ['stopping']);
  });
  it('keeps Kubernetes’ word where the engine was not heard, and says so', () => {
    const health = lineOf({}, { ...said, state: 'unknown', word: 'jane may not create pods/portforward in namespace data' });
    assert.equal(health.state, 'ok');
    assert.match(health.why ?? '', /not heard: jane may not create pods\/portforward/);
  });
  it('does not let an engine’s old word cover a pod that is not ready', () => {
    assert.equal(
      lineOf({ status: waiting('ImagePullBackOff') }, { ...said, state: 'serving', word: 'active' }).word,
      'image cannot be pulled',
    );
  });
  it('does not call a pod healthy whose node does not answer', () => {
    assert.deepEqual([lineOf({}, undefined, true).state], ['unknown']);
  });
});
