import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, before, describe, it } from 'mocha';
import type { ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import { leasesOfFaults } from '../../../src/fault/lease.ts';
import type { SampleEvent } from '../../../src/journal/fault-events.ts';
import { useLab, type TestLab } from '../../lab/use/lab.ts';
import { deployment, SAYS_ITS_NAME } from '../../lab/use/workloads.ts';
import { injection, injectorOf } from '../faults/kit.ts';
import { house, HOUSE_SELECTOR } from '../house.ts';
import { ended, LabTerminal, type Ended } from '../terminal.ts';

const MINUTE = 60_000;
const CUT = { kind: 'networkCut', direction: 'both' } as const;
/** Of every spec here: short, since what is shown is how it ends. */
const shortly = { probes: [{ engine: 'clickhouse', rate: '20/s' }], baseline: '10 s', observe: '15 s' } as const;

/** One server with its users, and runs that end otherwise than they were planned. */
describe('a run in a real cluster', () => {
  let lab: TestLab;
  let connection: ClusterConnection;
  const terminals: LabTerminal[] = [];

  before(async function () {
    this.timeout(5 * MINUTE);
    lab = await useLab({ profile: 'cluster' });
    connection = await lab.api.connection();
    await lab.apply([...house(1), deployment({ name: 'wide', script: SAYS_ITS_NAME, port: 8080, replicas: 3, spread: true })]);
    await lab.readyPods(HOUSE_SELECTOR, 1, { timeoutMs: 4 * MINUTE });
    await lab.readyPods('app=wide', 3);
  });
  // What a test that failed has left running would disturb the next one.
  afterEach(() => Promise.all(terminals.splice(0).map((terminal) => terminal.close())));

  function terminalOf(home?: string): LabTerminal {
    const terminal = new LabTerminal(lab, home);
    terminals.push(terminal);
    return terminal;
  }

  /** No lock on a target, no vantage, no healer. */
  async function nothingLeft(): Promise<void> {
    const selection = { kind: 'Pod', labelSelector: 'faultline.dev/kind' } as const;
    await lab.waitForAll('Vantages and healers are gone', selection, (pods) => pods.length === 0);
    assert.deepEqual(await leasesOfFaults(connection, lab.namespace, Date.now(), lab.signal), []);
  }

  it('whose abort rule is broken heals within a second, fails, and says by which rule', async function () {
    this.timeout(3 * MINUTE);
    const terminal = terminalOf();
    const faults = [{ kind: 'networkCut', target: { engine: 'clickhouse' }, for: '60 s' }];
    const { code, stdout } = await ended(terminal.run({ name: 'abort', faults, ...shortly, abort: ['unavailable > 3 s'] }));
    const events = terminal.events();
    const healAt = events.find((event) => event.kind === 'fault' && event.step === 'heal')?.t ?? Number.NaN;
    const brokenAt = brokenSince(terminal, 3000);
    process.stdout.write(`      heal sent ${Math.round(healAt - brokenAt)} ms after a client could know of the breach\n`);
    assert.ok(healAt - brokenAt > -300 && healAt - brokenAt <= 1000, `${healAt - brokenAt} ms`);
    assert.ok(events.some((event) => event.kind === 'fault' && event.step === 'heal' && event.why === 'aborted'));
    assert.ok(events.some((event) => event.kind === 'fault' && event.step === 'healed'));
    const found = await terminal.recovery();
    assert.deepEqual([found.verdict, code, found.healProven], ['failed', 1, true], stdout);
    assert.match(found.reason, /^Unavailable > 3 s: unavailable for more than 3(\.\d+)? s/);
    assert.match(stdout, /FAILED/);
    await nothingLeft();
  });

  it('whose own vantage is cut off is inconclusive, and its control is why; the vantage is no target of another run', async function () {
    this.timeout(4 * MINUTE);
    const terminal = terminalOf();
    const faults = [{ kind: 'none', target: { engine: 'clickhouse' } }];
    const child = terminal.run({ name: 'blind', faults, ...shortly, observe: '25 s' });
    const { pod } = await terminal.event(child, 'vantage', ({ connection: way }) => way === 'fresh');
    const { metadata } = await lab.api.core.readNamespacedPod({ name: pod, namespace: lab.namespace });
    const other = terminalOf();
    const refused = await other.cli(
      'fault',
      'freeze',
      '--target',
      `pod=${pod}`,
      '--probe',
      'clickhouse',
      '--namespace',
      lab.namespace,
      '--preview',
    );
    assert.match(said(refused), /is a vantage of run .*: it would tell of its own fault, and not of what users feel/);
    assert.equal(refused.code, 2);
    await terminal.event(child, 'fault', ({ step }) => step === 'applied');
    const target = { kind: 'pod', namespace: lab.namespace, name: pod, uid: metadata?.uid ?? '' } as const;
    const cut = await injectorOf('networkCut').prepare(injection(connection, CUT, target), lab.signal);
    await cut.apply({ deadlineMs: Date.now() + 4000 }, lab.signal);
    await cut.healed(lab.signal);
    await cut.dispose();
    const { code, stdout } = await ended(child);
    const found = await terminal.recovery();
    assert.deepEqual([found.verdict, code], ['inconclusive', 4], stdout);
    assert.match(
      found.reason,
      /of the samples of fresh (since the fault )?judged, 99 % needed: (its control failed for \d|its own event loop stood still)/,
    );
    assert.ok(found.samples.notJudgedBy.control > 40, JSON.stringify(found.samples));
    // What only its own network did is nobody's failure. A busy machine may give an answer too late, cut or not.
    const failed = terminal.events().filter((event) => event.kind === 'sample' && event.control !== true && event.outcome === 'failed');
    const when = failed.map(({ src, t: at }) => `${src} ${Math.round(at)}`).join(', ');
    assert.ok(failed.length > 40 && found.samples.failed <= failed.length / 10, `${found.samples.failed} of these: ${when}`);
    await nothingLeft();
  });

  it('in which each node is hit is refused: a vantage would feel the fault itself', async function () {
    this.timeout(MINUTE);
    const terminal = terminalOf();
    const faults = [{ kind: 'cpuStress', target: { labels: 'app=wide', count: 3 }, allow: ['several'], for: '10 s' }];
    const refused = await ended(terminal.run({ name: 'everywhere', faults, ...shortly }));
    assert.match(said(refused), /Every node is hit: a probe would feel the fault itself, and not what users feel/);
    assert.equal(refused.code, 2);
    assert.deepEqual(terminal.events(), []);
    for (const { spec } of await lab.readyPods('app=wide', 3)) assert.deepEqual(spec?.ephemeralContainers ?? [], []);
    await nothingLeft();
  });

  it('whose target was replaced during its baseline breaks nothing, and says why', async function () {
    this.timeout(3 * MINUTE);
    const terminal = terminalOf();
    const [first] = await lab.readyPods(HOUSE_SELECTOR, 1);
    const name = first?.metadata?.name ?? '';
    const faults = [{ kind: 'freeze', target: { pod: name }, for: '10 s' }];
    const child = terminal.run({ name: 'replaced', faults, ...shortly });
    await terminal.event(child, 'vantage', () => true);
    await lab.api.core.deleteNamespacedPod({ name, namespace: lab.namespace, gracePeriodSeconds: 0 });
    const refused = await ended(child);
    assert.match(said(refused), /Nothing was broken.*(there no more|not what was confirmed)/);
    assert.equal(refused.code, 3, refused.stdout);
    const steps = terminal.events().flatMap((event) => (event.kind === 'fault' ? [event.step] : []));
    assert.deepEqual(steps, ['refused']);
    const [now] = await lab.readyPods(HOUSE_SELECTOR, 1);
    assert.deepEqual(now?.spec?.ephemeralContainers ?? [], []);
    await nothingLeft();
  });

  it('whose disk is full while something is broken heals it at once, says so, and leaves nothing', async function () {
    this.timeout(3 * MINUTE);
    const disk = mkdtempSync(join(tmpdir(), 'faultline-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'faultline-test', disk]);
    try {
      const terminal = terminalOf(disk);
      // Nothing but its run and, at the deadline, the Job beside it would set that back.
      const faults = [{ kind: 'scale', target: { workload: 'Deployment/house' }, replicas: 0, for: '2 min' }];
      const child = terminal.run({ name: 'full', faults, ...shortly });
      await terminal.event(child, 'fault', ({ step }) => step === 'effect');
      fill(join(disk, 'filler'));
      const fullMs = performance.now();
      await lab.waitFor('It is healed', { kind: 'Deployment', name: 'house' }, ({ spec }) => spec?.replicas === 1, { timeoutMs: 15_000 });
      process.stdout.write(`      healed ${Math.round(performance.now() - fullMs)} ms after the disk was full\n`);
      const { code, stdout, stderr } = await ended(child);
      assert.match(stderr, /disk is full/i, stdout);
      assert.equal(code, 3, stdout);
      const end = terminal.events().find((event) => event.kind === 'end');
      assert.deepEqual([end?.how, end?.error?.reason], ['failed', 'storage']);
      const found = await terminal.recovery();
      assert.deepEqual([found.verdict, found.effectProven, found.healProven], ['inconclusive', true, true]);
      assert.doesNotMatch(stdout, /NOT HEALED/);
      await lab.readyPods(HOUSE_SELECTOR, 1, { timeoutMs: MINUTE });
      await nothingLeft();
    } finally {
      await Promise.all(terminals.splice(0).map((terminal) => terminal.close()));
      execFileSync('umount', ['-l', disk]);
      rmSync(disk, { recursive: true, force: true });
    }
  });

  /** ms of the run at which a client could know that users had been without answers for so long: by its journal alone, not by our figures. */
  function brokenSince(terminal: LabTerminal, limitMs: number): number {
    const events = terminal.events();
    const goAt = events.find((event) => event.kind === 'fault' && event.step === 'go')?.t ?? Number.NaN;
    const offsets = new Map(events.flatMap((event) => (event.kind === 'clock' ? [[event.of, event.offset] as const] : [])));
    const bad = events
      .filter((event): event is SampleEvent => event.kind === 'sample' && event.control !== true && event.outcome !== 'ok')
      .map(({ t: at, src, wait, service }) => {
        const planned = at + (offsets.get(src) ?? Number.NaN);
        return { planned, known: planned + wait + service };
      })
      .filter(({ planned }) => planned > goAt - 2000)
      .toSorted((a, b) => a.planned - b.planned);
    const [first] = bad;
    return bad.find(({ planned }) => planned - (first?.planned ?? 0) >= limitMs)?.known ?? Number.NaN;
  }
});

/** Without what a terminal's width has broken. */
function said({ stdout, stderr }: Ended): string {
  return `${stdout}${stderr}`.replaceAll(/\s+/g, ' ');
}

/** All that is left of its disk. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  const piece = Buffer.alloc(4096, 1);
  try {
    for (;;) writeSync(file, piece);
  } catch (error) {
    assert.equal(error instanceof Error && 'code' in error ? error.code : undefined, 'ENOSPC');
  } finally {
    closeSync(file);
  }
}
