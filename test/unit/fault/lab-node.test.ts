import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { FaultlineError } from '../../../src/base/errors.ts';
import { consentTo, type ProtectionLevel } from '../../../src/cluster/act/protection.ts';
import { pause } from '../../../src/cluster/act/signal.ts';
import type { ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import { labNodeInjectors } from '../../../src/fault/inject/lab-node.ts';
import type { Injection, Injector, PreparedFault } from '../../../src/fault/injector.ts';
import { labsOfMachine } from '../../../src/fault/lab/labs.ts';
import type { FaultSettings, FaultTarget } from '../../../src/journal/fault-plan.ts';
import { until } from '../cluster/server.ts';
import { ScriptedApi } from './api.ts';

const { signal } = new AbortController();
const target: FaultTarget = { kind: 'node', name: 'lab-2', uid: 'uid-2' };

/** Plays `lab node attend`: what the node has lies in a file, each order is a line of another. */
const PROGRAM = `
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const folder = process.env.FAULTLINE_CACHE;
const told = (line) => appendFileSync(folder + '/told', line + '\\n');
told('start ' + process.argv.slice(2).join(' '));
const truth = () => JSON.parse(readFileSync(folder + '/truth', 'utf8'));
const change = (more) => writeFileSync(folder + '/truth', JSON.stringify({ ...truth(), ...more }));
let begun;
const heal = ({ kind, untilMs }) => { const { fault, ...rest } = truth(); if (fault?.untilMs === untilMs) { writeFileSync(folder + '/truth', JSON.stringify({ ...rest, hasPower: true, isCut: false, isFrozen: false })); } };
for await (const line of createInterface({ input: process.stdin })) {
  const { id, do: what, ...fault } = JSON.parse(line);
  if (what !== 'look') told(what + ' ' + (fault.kind ?? ''));
  const { refuses, dies } = truth();
  if (dies === what) process.exit(1);
  if (refuses === what) { console.log(JSON.stringify({ id, error: 'lab-2 is cut off for 12 s more.' })); continue; }
  if (what === 'begin') { begun = fault; change({ fault, hasPower: fault.kind !== 'stop', isCut: fault.kind === 'cut', isFrozen: fault.kind === 'freeze' }); }
  if (what === 'heal') heal(fault);
  console.log(JSON.stringify({ id, answer: what === 'look' ? truth() : {} }));
}
if (begun) heal(begun);
told('end');
`;

describe('faults of nodes of the lab', () => {
  let api: ScriptedApi;
  let connection: ClusterConnection;
  let cache: string;
  let nowMs: number;
  beforeEach(async () => {
    api = await ScriptedApi.start();
    connection = await api.connect();
    api.put('/api/v1/nodes', { metadata: { name: 'lab-2', uid: 'uid-2' }, spec: {} });
    cache = mkdtempSync(join(tmpdir(), 'faultline-labs-'));
    writeFileSync(join(cache, 'program.mjs'), PROGRAM);
    node({ hasPower: true, isCut: false, dropped: 0, isFrozen: false });
    markLab('uid-of-cluster');
    nowMs = Date.parse('2026-03-01T10:00:00Z');
  });
  afterEach(async () => {
    connection.close();
    await api.stop();
    rmSync(cache, { recursive: true, force: true });
  });

  const deadlineMs = (): number => nowMs + 60_000;
  const mark = (): string => join(cache, 'lab', 'state-4', 'cluster.json');
  function markLab(uid: string): void {
    mkdirSync(join(cache, 'lab', 'state-4'), { recursive: true });
    writeFileSync(mark(), JSON.stringify({ uid, number: 4, command: [process.execPath, join(cache, 'program.mjs')] }), { mode: 0o600 });
  }
  function node(truth: object): void {
    const before = (() => {
      try {
        return JSON.parse(readFileSync(join(cache, 'truth'), 'utf8')) as object;
      } catch {
        return {};
      }
    })();
    // Whole: the program may be reading it.
    writeFileSync(join(cache, 'truth-next'), JSON.stringify({ ...before, ...truth }));
    renameSync(join(cache, 'truth-next'), join(cache, 'truth'));
  }
  const told = (): readonly string[] => {
    try {
      return readFileSync(join(cache, 'told'), 'utf8').trim().split('\n');
    } catch {
      return [];
    }
  };
  const injection = (settings: FaultSettings, level: ProtectionLevel = 'open'): Injection => ({
    connection,
    run: 'r1',
    index: 0,
    fault: { ...settings, title: 'broken', targets: [target] },
    target,
    consent: (change) => consentTo({ context: 'fake', server: connection.server, level, knownBy: 'identity' }, change),
    timing: { nowMs: () => nowMs, pause: (_, ends) => pause(1, ends) },
  });
  const injectorOf = (kind: FaultSettings['kind']): Injector => {
    const found = labNodeInjectors({ labs: labsOfMachine({ ...process.env, FAULTLINE_CACHE: cache }) }).find((one) => one.kind === kind);
    assert.ok(found, kind);
    return found;
  };
  const prepare = (settings: FaultSettings): Promise<PreparedFault> => injectorOf(settings.kind).prepare(injection(settings), signal);
  const gives = async (work: () => Promise<unknown>): Promise<string> => {
    try {
      return `nothing failed: ${JSON.stringify(await work())}`;
    } catch (error) {
      assert.ok(FaultlineError.is(error), String(error));
      return `${error.reason}: ${error.message}`;
    }
  };
  const soon = (): AbortSignal => AbortSignal.timeout(300);

  it('begin and end by the lab’s program, for this lab and this cluster, and what the node has proves both', async () => {
    for (const [kind, how, proof] of [
      ['nodeStop', 'stop', /^Nothing runs on the node/],
      ['nodeCut', 'cut', /^7 packets of the node were dropped/],
      ['nodeFreeze', 'freeze', /stand still/],
    ] as const) {
      rmSync(join(cache, 'told'), { force: true });
      node({ dropped: 0 });
      assert.deepEqual(await injectorOf(kind).rehearse(injection({ kind }), signal), { kind: 'accepted' });
      const prepared = await prepare({ kind });
      assert.equal((await prepared.effect(soon())).proven, false, 'nothing is broken before “go”');
      await prepared.apply({ deadlineMs: deadlineMs() }, signal);
      if (kind === 'nodeCut') {
        assert.equal((await prepared.effect(soon())).proven, false, 'a rule that has dropped nothing proves nothing');
        node({ dropped: 7 });
      }
      const effect = await prepared.effect(signal);
      assert.ok(effect.proven && proof.test(effect.text), effect.text);
      assert.equal((await prepared.healed(soon())).proven, false);
      assert.deepEqual(await prepared.heal(signal), { kind: 'sent' });
      assert.equal((await prepared.healed(signal)).proven, true);
      await prepared.dispose();
      const start = 'start node attend lab-2 --lab 4 --cluster uid-of-cluster';
      assert.deepEqual(told(), [start, 'end', start, `begin ${how}`, `heal ${how}`, 'end']);
    }
  });

  it('are refused for a cluster that is no lab of this machine, before and after a person confirms', async () => {
    markLab('uid-of-another');
    const answer = await injectorOf('nodeStop').rehearse(injection({ kind: 'nodeStop' }), signal);
    assert.equal(answer.kind, 'refused');
    assert.match(
      answer.kind === 'refused' ? `${answer.text} ${answer.remedy}` : '',
      /“Stop Node” is possible only in the lab: fake .*Drain the node/,
    );
    assert.match(await gives(() => prepare({ kind: 'nodeCut' })), /^unsupported: “Cut Node Off” is possible only in the lab/);
    assert.deepEqual(told(), [], 'no program was started');
  });

  it('take no word of a file that somebody else may have written', async () => {
    for (const mode of [0o620, 0o602, 0o666]) {
      chmodSync(mark(), mode);
      assert.match(await gives(() => prepare({ kind: 'nodeStop' })), /only in the lab/, mode.toString(8));
    }
    chmodSync(mark(), 0o600);
    writeFileSync(mark(), '{"uid": "uid-of-cluster"');
    assert.match(await gives(() => prepare({ kind: 'nodeStop' })), /only in the lab/);
    assert.deepEqual(told(), []);
  });

  it('are refused for another node of that name, until the very “go”, and for one that is broken already', async () => {
    node({ isFrozen: true });
    const broken = await injectorOf('nodeStop').rehearse(injection({ kind: 'nodeStop' }), signal);
    assert.match(broken.kind === 'refused' ? broken.text : '', /Node lab-2 is frozen already/);
    node({ isFrozen: false });
    const prepared = await prepare({ kind: 'nodeStop' });
    api.put('/api/v1/nodes', { metadata: { name: 'lab-2', uid: 'uid-new' }, spec: {} });
    assert.match(
      await gives(() => prepared.apply({ deadlineMs: deadlineMs() }, signal)),
      /^refusedByProtection: Node lab-2 is another one/,
    );
    await prepared.dispose();
    assert.match(await gives(() => prepare({ kind: 'nodeStop' })), /^refusedByProtection/);
    assert.ok(!told().some((line) => line.startsWith('begin')), told().join('\n'));
  });

  it('are not begun without a person’s consent, nor on a node that runs the control plane', async () => {
    const prepared = await injectorOf('nodeCut').prepare(injection({ kind: 'nodeCut' }, 'readOnly'), signal);
    assert.match(await gives(() => prepared.apply({ deadlineMs: deadlineMs() }, signal)), /^refusedByProtection/);
    await prepared.dispose();
    const labels = { 'node-role.kubernetes.io/control-plane': '' };
    api.put('/api/v1/nodes', { metadata: { name: 'lab-2', uid: 'uid-2', labels }, spec: {} });
    assert.match(await gives(() => prepare({ kind: 'nodeStop' })), /^refusedByProtection/);
    assert.ok(!told().some((line) => line.startsWith('begin')), told().join('\n'));
  });

  it('say when the lab has ended them at their deadline, and when somebody else was faster', async () => {
    for (const [isOver, step] of [
      [false, 'endedEarly'],
      [true, 'expired'],
    ] as const) {
      node({ isFrozen: false });
      const prepared = await prepare({ kind: 'nodeFreeze' });
      const untilMs = deadlineMs();
      await prepared.apply({ deadlineMs: untilMs }, signal);
      if (isOver) nowMs = untilMs;
      node({ isFrozen: false });
      assert.equal((await prepared.ended)?.step, step);
      await prepared.dispose();
    }
  });

  it('that the lab refuses are told in its words, and healing leaves the one that is there', async () => {
    node({ refuses: 'begin' });
    const prepared = await prepare({ kind: 'nodeCut' });
    assert.match(await gives(() => prepared.apply({ deadlineMs: deadlineMs() }, signal)), /^unsupported: .*lab-2 is cut off for 12 s more/);
    node({ fault: { kind: 'cut', untilMs: 5 }, isCut: true });
    await prepared.heal(signal);
    assert.ok(!told().includes('heal cut'), 'it was never ours');
    await prepared.dispose();

    node({ refuses: undefined, fault: undefined, isCut: false });
    const own = await prepare({ kind: 'nodeCut' });
    await own.apply({ deadlineMs: deadlineMs() }, signal);
    node({ fault: { kind: 'stop', untilMs: 5 }, hasPower: false, isCut: false });
    const healing = await own.heal(signal);
    assert.ok(healing.kind === 'left' && /somebody else/.test(healing.text), JSON.stringify(healing));
    assert.equal((await own.healed(signal)).proven, true);
    await own.dispose();
  });

  it('are healed by a new program where the first has died, and a run that is gone heals by its end', async () => {
    const prepared = await prepare({ kind: 'nodeStop' });
    await prepared.apply({ deadlineMs: deadlineMs() }, signal);
    node({ dies: 'look' });
    await until(() => told().filter((line) => line.startsWith('start')).length > 1);
    assert.match(await gives(() => prepared.heal(signal)), /^unreachable: The lab’s program does not answer/);
    node({ dies: undefined });
    assert.deepEqual(await prepared.heal(signal), { kind: 'sent' });
    assert.equal((await prepared.healed(signal)).proven, true);
    await prepared.dispose();

    const second = await prepare({ kind: 'nodeFreeze' });
    await second.apply({ deadlineMs: deadlineMs() }, signal);
    await second.dispose();
    assert.equal((JSON.parse(readFileSync(join(cache, 'truth'), 'utf8')) as { isFrozen: boolean }).isFrozen, false);
  });

  it('that could not be healed say so with the lab’s words, and with the command that a person can type', async () => {
    const prepared = await prepare({ kind: 'nodeStop' });
    await prepared.apply({ deadlineMs: deadlineMs() }, signal);
    node({ failed: 'Node lab-2 was not ready in 60 s.' });
    const proof = await prepared.healed(soon());
    assert.equal(proof.proven, false);
    assert.match(proof.text, /The lab’s node is not as it was.*was not ready in 60 s/);
    assert.match(prepared.undo ?? '', /program\.mjs node heal lab-2 --lab 4$/);
    await prepared.dispose();
  });
});
