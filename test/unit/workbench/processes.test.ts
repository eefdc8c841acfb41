import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'mocha';
import { kill, leftBehind, MARK, marked, processesWhere } from '../../workbench/processes.ts';

/** A process has no environment to be read for a moment after it has begun. */
async function sleeping(env: Record<string, string>, detached = false): Promise<ChildProcess> {
  const child = spawn('sleep', ['60'], { detached, stdio: 'ignore', env: { ...process.env, ...env } });
  await once(child, 'spawn');
  while (!processesWhere((variables) => Object.entries(env).every(([name, value]) => variables.includes(`${name}=${value}`))).length)
    await sleep(5);
  return child;
}

describe('processes that a run left behind', () => {
  it('are found by their mark, also when they left their group, and ended', async () => {
    const mark = randomUUID();
    const child = await sleeping({ [MARK]: mark }, true);
    const left = await leftBehind(mark, 0);
    assert.deepEqual(
      left.map(({ pid }) => pid),
      [child.pid],
    );
    const ended = once(child, 'exit');
    kill(left);
    assert.equal((await ended)[1], 'SIGKILL');
    assert.deepEqual(marked(mark), []);
  });

  it('are not those of something that all layers share', async () => {
    const mark = randomUUID();
    const child = await sleeping({ [MARK]: mark, SHARED: '0:etcd' });
    assert.deepEqual(marked(mark, 'SHARED=0:'), []);
    assert.deepEqual(
      marked(mark, 'SHARED=1:').map(({ pid }) => pid),
      [child.pid],
    );
    child.kill();
    await once(child, 'exit');
  });

  it('are not those that are just ending', async () => {
    const mark = randomUUID();
    const child = spawn('sleep', ['0.3'], { stdio: 'ignore', env: { ...process.env, [MARK]: mark } });
    await once(child, 'spawn');
    assert.deepEqual(await leftBehind(mark, 30_000), []);
  });
});
