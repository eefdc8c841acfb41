import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, afterEach, before, describe, it } from 'mocha';
import { cutRules, readCut, withNodes } from '../../lab/native/fault-kinds.ts';
import { writeFault } from '../../lab/native/fault-record.ts';
import { attendNode } from '../../lab/main/attend.ts';
import { faultNode, healNode, mendFaults, openFaults } from '../../lab/native/faults.ts';
import { placeOf } from '../../lab/native/place.ts';
import { writeMark } from '../../lab/native/mark.ts';
import { killAll, labProcesses } from '../../lab/native/processes.ts';
import { writeState } from '../../lab/native/state.ts';
import { writeRecord } from '../../lab/ways/record.ts';
import { Progress, SetupError } from '../../workbench/cache.mjs';

/** Its folder is in a cache of this test's own, and no lab of this number is up: nothing has a network or a cgroup. */
const LAB = 9;

describe('faults of the nodes of a lab', () => {
  const before_ = process.env['FAULTLINE_CACHE'];
  const quiet = new Progress('terminal');
  let cache: string;

  before(() => {
    cache = mkdtempSync(join(tmpdir(), 'faultline-faults-'));
    process.env['FAULTLINE_CACHE'] = cache;
  });

  afterEach(async () => {
    await killAll(timers);
    rmSync(join(cache, 'lab'), { recursive: true, force: true });
  });

  after(() => {
    if (before_ === undefined) delete process.env['FAULTLINE_CACHE'];
    else process.env['FAULTLINE_CACHE'] = before_;
    rmSync(cache, { recursive: true, force: true });
  });

  // A lab of this number may be up in another cache.
  const timers = (): number[] => labProcesses(LAB).flatMap(({ name, pid }) => (name.startsWith('timer ') ? [pid] : []));
  const isUp = (profile: 'api' | 'node' | 'cluster'): Promise<void> => {
    mkdirSync(placeOf(LAB, profile).logs, { recursive: true });
    return writeState(LAB, { phase: 'up', profile, minor: '1.34', version: 'v1.34.4', upSince: 1 });
  };
  const refused = (text: RegExp, name = 'lab-1', forMs = 5000) =>
    assert.rejects(faultNode(LAB, name, 'cut', forMs, quiet), (error) => error instanceof SetupError && text.test(error.message));

  it('are open until their time is over', () => {
    const untilMs = Date.now() + 60_000;
    writeFault(LAB, { node: 'lab-1', kind: 'cut', untilMs });
    writeFault(LAB, { node: 'lab-2', kind: 'cut', untilMs: Date.now() - 1 });
    assert.deepEqual(openFaults(LAB), [{ node: 'lab-1', kind: 'cut', untilMs }]);
  });

  it('stay open past their time as long as the node was not brought back', () => {
    const fault = { node: 'lab-3', kind: 'stop', untilMs: Date.now() - 60_000 } as const;
    writeFault(LAB, fault);
    assert.deepEqual(openFaults(LAB), [fault]);
  });

  it('are none where there is no lab, or what lies there is not whole', () => {
    assert.deepEqual(openFaults(LAB), []);
    const folder = join(placeOf(LAB, 'api').folder, 'faults');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'lab-1.json'), '{"node": "lab-1"');
    assert.deepEqual(openFaults(LAB), []);
  });

  it('last a second to a quarter of an hour', async () => {
    await isUp('cluster');
    for (const forMs of [0, 999, 900_001, Number.NaN, 1500.5]) await refused(/1 s to 15 min/, 'lab-1', forMs);
  });

  it('need a lab that is up, and say how to get one', async () => {
    await refused(/Lab 9 is not up.*npm run lab -- up --lab 9 .*--profile cluster/);
    await assert.rejects(healNode(LAB, 'lab-1', quiet), /Lab 9 is not up/);
  });

  it('need real nodes', async () => {
    await isUp('api');
    await refused(/profile api, whose nodes are not real.*down --lab 9/);
  });

  it('name the nodes that there are when one is asked for that there is not', async () => {
    await isUp('cluster');
    await refused(/no node "lab-4".*lab-1, lab-2, lab-3/, 'lab-4');
    await isUp('node');
    await refused(/no node "lab-2".*It has: lab-1\./, 'lab-2');
  });

  for (const [way, words] of [
    ['kind', /runs on kind; only the nodes of a native lab/],
    ['kubeconfig', /was given by a kubeconfig; only the nodes of a native lab/],
  ] as const) {
    it(`are refused for a lab by way of ${way}, with what to do`, async () => {
      writeRecord(LAB, {
        way,
        about: '',
        source: '',
        owner: '',
        profile: 'cluster',
        state: 'up',
        kubernetes: 'v1.34.4',
        nodes: ['lab-1'],
        upSince: 1,
      });
      await refused(words);
      await refused(/up --lab 9 --way native/);
    });
  }

  it('are refused for a node that has one already, with the command that ends it', async () => {
    await isUp('cluster');
    writeFault(LAB, { node: 'lab-1', kind: 'cut', untilMs: Date.now() + 60_000 });
    await refused(/lab-1 is cut off for \d+ s more.*npm run lab -- node heal lab-1 --lab 9/);
  });

  it('are refused for a node that does not run', async () => {
    await isUp('cluster');
    await refused(/lab-2 does not run.*npm run lab -- up --lab 9/, 'lab-2');
    assert.deepEqual(openFaults(LAB), []);
  });

  it('get a new timer when theirs was killed, and it ends them', async () => {
    await isUp('cluster');
    const untilMs = Date.now() + 3000;
    writeFault(LAB, { node: 'lab-1', kind: 'freeze', untilMs });
    await withNodes(LAB, () => mendFaults(placeOf(LAB, 'cluster')));
    assert.equal(timers().length, 1);
    assert.ok(Math.abs((openFaults(LAB)[0]?.untilMs ?? 0) - untilMs) < 3000, 'the deadline has moved');
    await timersEnd();
    assert.deepEqual(openFaults(LAB), []);
  });

  it('are ended by the next command when they are past their deadline and nobody was there to end them', async () => {
    await isUp('cluster');
    writeFault(LAB, { node: 'lab-1', kind: 'freeze', untilMs: Date.now() - 1 });
    await withNodes(LAB, () => mendFaults(placeOf(LAB, 'cluster')));
    assert.deepEqual(openFaults(LAB), []);
    assert.deepEqual(timers(), []);
  });

  it('of a node that was healed are not ended once more by an old timer', async () => {
    await isUp('cluster');
    writeFault(LAB, { node: 'lab-1', kind: 'freeze', untilMs: Date.now() + 1500 });
    await withNodes(LAB, () => mendFaults(placeOf(LAB, 'cluster')));
    const other = { node: 'lab-1', kind: 'cut', untilMs: Date.now() + 60_000 } as const;
    writeFault(LAB, other);
    await timersEnd();
    assert.deepEqual(openFaults(LAB), [other]);
  });

  it('cut the cable for exactly the time that was asked for', () => {
    assert.match(cutRules(1500), /"eth0" timeout 1s500ms /);
    assert.match(cutRules(900_000), /"eth0" timeout 900s0ms /);
  });

  it('of which the kernel is asked tell what was dropped, and whether the cut is over', () => {
    const rules = (elements: string): string => `table inet faultline_lab {
	set cables {
		type ifname
		flags timeout${elements}
	}
	chain prerouting {
		type filter hook prerouting priority raw; policy accept;
		iifname @cables counter packets 3 bytes 252 drop
	}
	chain postrouting {
		type filter hook postrouting priority raw; policy accept;
		oifname @cables counter packets 12 bytes 1008 drop
	}
}`;
    assert.deepEqual(readCut(rules('\n\t\telements = { "eth0" timeout 30s expires 29s500ms }')), { isCut: true, dropped: 15 });
    assert.deepEqual(readCut(rules('')), { isCut: false, dropped: 15 });
  });

  it('are begun for a program only in the cluster that it means, and what it asks for amiss is said', async () => {
    await isUp('cluster');
    const attend = async (cluster: string, ...orders: readonly string[]): Promise<readonly string[]> => {
      const printed: string[] = [];
      const input = Readable.from(orders.map((order) => `${order}\n`));
      const print = (text: string): void => void printed.push(text.trim());
      const options = { number: LAB, node: 'lab-1', cluster, input, print, progress: quiet, signal: new AbortController().signal };
      await attendNode(options);
      return printed;
    };
    await assert.rejects(attend('uid-of-lab'), /Lab 9 is another cluster by now/);
    await writeMark(placeOf(LAB, 'cluster'), 'uid-of-lab');
    await assert.rejects(attend('uid-of-another'), /Lab 9 is another cluster by now/);
    const until = Date.now() + 5000;
    const fault = { node: 'lab-1', kind: 'freeze', untilMs: until } as const;
    writeFault(LAB, fault);
    const [ready, wrong, looked] = await attend('uid-of-lab', 'heal!', '{"id": 2, "do": "look"}');
    assert.deepEqual([ready, wrong], ['{"ready":true}', '{"error":"Not an order: heal!"}']);
    assert.deepEqual(JSON.parse(looked ?? ''), {
      id: 2,
      answer: { hasPower: false, processes: 0, isCut: false, dropped: 0, isFrozen: false, fault },
    });
    const [, begun] = await attend('uid-of-lab', `{"id": 1, "do": "begin", "kind": "cut", "untilMs": ${until}}`);
    assert.match(begun ?? '', /"id":1,"error":"lab-1 is frozen for/);
    await attend('uid-of-lab', `{"id": 3, "do": "heal", "kind": "freeze", "untilMs": ${until + 1}}`);
    assert.deepEqual(openFaults(LAB), [fault], 'what was not begun here is not healed here');
    await attend('uid-of-lab', `{"id": 4, "do": "heal", "kind": "freeze", "untilMs": ${until}}`);
    assert.deepEqual(openFaults(LAB), []);
  });

  async function timersEnd(): Promise<void> {
    const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
    while (timers().length > 0) await pause();
  }
});
