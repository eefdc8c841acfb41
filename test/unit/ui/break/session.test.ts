import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FaultlineError } from '../../../../src/base/errors.ts';
import type { Confirmation, PageState } from '../../../../src/ui/panels/fault/protocol.ts';
import { BreakSession } from '../../../../src/ui/session/break/session.ts';
import { kafkaFacts, kafkaObjects, kafkaPod, sceneOf, trinoObjects } from '../../fault/scenes.ts';
import { engineLine, here, offersFor, partsIn, podLine, read, roomIn, sessionOn, webhook } from './rooms.ts';

const confirmationOf = ({ preview }: PageState, more: Partial<Confirmation> = {}): Confirmation => ({
  key: preview?.key ?? '',
  cluster: '',
  losses: [],
  ...more,
});

/** Settles when the session has looked. */
async function looked(session: BreakSession): Promise<PageState> {
  for (;;) {
    if (!session.state.isLooking && !session.state.isStale) return session.state;
    await new Promise<void>((resolve) => {
      const listening = session.changed.listen(() => {
        listening.dispose();
        resolve();
      });
    });
  }
}

describe('breaking something in the editor', () => {
  it('shows whom it hits, how many of how many, what is allowed and how it heals, before anything can be confirmed', async () => {
    const cluster = here();
    const session = sessionOn(cluster, podLine(cluster.scene, 'bus-1'));
    assert.equal('confirm' in session.state, false);
    assert.equal(await session.confirm(confirmationOf(session.state)), false);
    await session.look();
    const { heading, preview, confirm } = session.state;
    assert.equal(heading, 'Delete Pod: bus-1');
    const [fault] = preview?.faults ?? [];
    assert.deepEqual(
      fault?.targets.map(({ name, where }) => `${name}, ${where}`),
      ['bus-1, container kafka, node n1'],
    );
    assert.deepEqual(
      fault?.groups.map(({ title, hit, of }) => `${hit} of ${of} ${title}`),
      ['1 of 3 brokers of data/bus'],
    );
    assert.ok(fault?.permissions.some(({ text, answer }) => text === 'delete pods in data' && answer === 'yes'));
    assert.match(fault?.heals ?? '', /another one/);
    assert.deepEqual(preview?.measured.length, 2);
    assert.deepEqual([confirm?.label, confirm?.blocked, confirm?.cluster], ['Delete Pod: bus-1', undefined, undefined]);
    assert.deepEqual(cluster.begun, []);
  });

  it('begins what was confirmed, once', async () => {
    const cluster = here();
    const session = sessionOn(cluster, podLine(cluster.scene, 'bus-1'));
    await session.look();
    assert.equal(await session.confirm(confirmationOf(session.state)), true);
    assert.equal(cluster.begun.length, 1);
    const [run] = cluster.begun;
    assert.deepEqual(
      run?.plan.fault?.faults.map(({ kind, targets }) => [kind, targets[0]?.uid]),
      [['podDelete', cluster.scene.pods[1]?.metadata.uid]],
    );
    assert.match(run?.plan.specText ?? '', /kind: podDelete/);
    assert.notEqual(run?.confirmed.hash, '');
  });

  it('a leader that is another one by the time of the confirm is shown, and nothing is begun', async () => {
    const cluster = here();
    const session = sessionOn(cluster, podLine(cluster.scene, 'bus-1'));
    const first = session.state.form?.values ?? assert.fail('no form');
    const probes = session.state.form?.feel[1]?.key ?? '';
    session.change({ ...first, feel: probes });
    const values = session.state.form?.values ?? assert.fail('no form');
    session.change({ ...values, whom: 'leader', partition: 'messages/1' });
    const before = await looked(session);
    assert.equal(before.preview?.faults[0]?.targets[0]?.name, 'bus-1');
    const topics = kafkaFacts.topics.map((topic) => ({ ...topic, partitions: topic.partitions.map((one) => ({ ...one, leader: 2 })) }));
    cluster.scene = sceneOf({ ...kafkaObjects(), kafka: { ...kafkaFacts, topics } });
    assert.equal(await session.confirm(confirmationOf(before)), false);
    assert.deepEqual(cluster.begun, []);
    const { changes, preview, confirm } = session.state;
    assert.equal(preview?.faults[0]?.targets[0]?.name, 'bus-2');
    assert.ok(changes.includes('bus-2 (leader of messages/1) would be hit now.'), changes.join('\n'));
    assert.ok(changes.includes('bus-1 would no longer be hit.'), changes.join('\n'));
    // What it shows now can be confirmed.
    assert.equal(confirm?.blocked, undefined);
    assert.equal(await session.confirm(confirmationOf(session.state)), true);
  });

  it('a pod that took the name of the one that was pointed at is not taken for it', async () => {
    const cluster = here();
    const session = sessionOn(cluster, podLine(cluster.scene, 'bus-1'));
    await session.look();
    const other = kafkaPod(1);
    const pods = [kafkaPod(0), { ...other, metadata: { ...other.metadata, uid: 'another' } }, kafkaPod(2)];
    cluster.scene = sceneOf({ ...kafkaObjects(), pods });
    assert.equal(await session.confirm(confirmationOf(session.state)), false);
    assert.deepEqual(cluster.begun, []);
    assert.notEqual(session.state.confirm?.blocked, undefined);
  });

  it('what is typed while it looks is another question, not a change of the cluster', async () => {
    const cluster = here();
    const session = sessionOn(cluster, podLine(cluster.scene, 'bus-1'));
    await session.look();
    const values = session.state.form?.values ?? assert.fail('no form');
    session.change({ ...values, baseline: '20 s' });
    const looking = session.look();
    session.change({ ...values, baseline: '30 s' });
    await looking;
    assert.equal(session.state.isStale, true);
    assert.match((await looked(session)).confirm?.label ?? '', /bus-1/);
    assert.deepEqual(session.state.changes, []);
  });

  it('on a protected cluster its name is typed, and on a read-only one nothing can be', async () => {
    const cluster = here();
    cluster.level = 'confirm';
    const session = sessionOn(cluster, podLine(cluster.scene, 'bus-1'));
    await session.look();
    assert.equal(session.state.confirm?.cluster?.name, 'prod-eu');
    assert.equal(await session.confirm(confirmationOf(session.state, { cluster: 'prod' })), false);
    assert.match(session.state.failure?.what ?? '', /“prod” is not the name of prod-eu/);
    assert.equal(await session.confirm(confirmationOf(session.state, { cluster: 'prod-eu' })), true);
    cluster.level = 'readOnly';
    await session.look();
    assert.match(session.state.confirm?.blocked ?? '', /read-only/);
    assert.equal(await session.confirm(confirmationOf(session.state, { cluster: 'prod-eu' })), false);
    assert.equal(cluster.begun.length, 1);
  });

  it('what can’t be taken back asks for the target’s name', async () => {
    const volume = { volumes: [{ name: 'data', emptyDir: {} }] };
    const cluster = here(sceneOf({ ...kafkaObjects(), pods: [kafkaPod(0), kafkaPod(1, { spec: volume }), kafkaPod(2)] }));
    const session = sessionOn(cluster, podLine(cluster.scene, 'bus-1'));
    await session.look();
    const { confirm, preview } = session.state;
    assert.deepEqual(confirm?.losses, [{ fault: 0, type: 'bus-1', why: ['data/bus-1: what is in its emptyDir data is lost.'] }]);
    assert.equal(confirm?.blocked, undefined);
    assert.deepEqual(preview?.faults[0]?.refusals, []);
    assert.equal(await session.confirm(confirmationOf(session.state)), false);
    assert.equal(await session.confirm(confirmationOf(session.state, { losses: [{ fault: 0, typed: 'bus-2' }] })), false);
    assert.deepEqual(cluster.begun, []);
    assert.equal(await session.confirm(confirmationOf(session.state, { losses: [{ fault: 0, typed: 'bus-1' }] })), true);
  });

  it('a right that is missing, or a policy, refuses it and says what else is possible', async () => {
    const cluster = here();
    cluster.denied = new Set(['pods/ephemeralcontainers']);
    const session = sessionOn(cluster, podLine(cluster.scene, 'bus-1'));
    const first = session.state.form?.values ?? assert.fail('no form');
    session.change({ ...first, kind: 'freeze' });
    const state = await looked(session);
    assert.match(state.preview?.faults[0]?.refusals[0]?.text ?? '', /You may not patch pods\/ephemeralcontainers in data\./);
    assert.ok(state.preview?.instead.some(({ title }) => title === 'Delete Pod'));
    assert.ok(!state.preview?.instead.some(({ title }) => title === 'Cut Network'));
    assert.equal(state.confirm?.blocked, 'It is refused as things are now.');
    cluster.denied = new Set();
    cluster.dryRun = [webhook];
    await session.look();
    assert.match(session.state.preview?.faults[0]?.refusals[0]?.text ?? '', /admission webhook/);
    assert.equal(await session.confirm(confirmationOf(session.state)), false);
    assert.deepEqual(cluster.begun, []);
  });

  it('what is typed wrongly has no preview, and what was shown before can’t be confirmed', async () => {
    const cluster = here();
    const session = sessionOn(cluster, podLine(cluster.scene, 'bus-1'));
    await session.look();
    const first = session.state.form?.values ?? assert.fail('no form');
    session.change({ ...first, observe: '60' });
    assert.equal(await session.confirm(confirmationOf(session.state)), false);
    await new Promise<void>((resolve) => {
      const listening = session.changed.listen(() => {
        if (session.state.isLooking || session.state.problems.length === 0) return;
        listening.dispose();
        resolve();
      });
    });
    assert.deepEqual(session.state.problems, [{ field: 'observe', text: '“60” has no unit. Write 60 s.' }]);
    assert.equal(session.state.isStale, true);
    assert.equal(session.state.confirm?.label, 'Delete Pod: bus-1');
    assert.equal(await session.confirm(confirmationOf(session.state)), false);
    session.change({ ...(session.state.form?.values ?? first), observe: '60 s' });
    const state = await looked(session);
    assert.deepEqual([state.problems, state.confirm?.blocked], [[], undefined]);
  });

  it('while something is wrong the button says nothing of what was typed before', async () => {
    const cluster = here();
    const session = sessionOn(cluster, podLine(cluster.scene, 'bus-1'));
    const first = session.state.form?.values ?? assert.fail('no form');
    session.change({ ...first, kind: 'freeze' });
    const { confirm, form } = await looked(session);
    assert.equal(confirm?.label, 'Freeze: bus-1 for 30 s');
    session.change({ ...(form?.values ?? first), duration: '2h' });
    await session.look();
    assert.deepEqual(
      session.state.problems.map(({ field }) => field),
      ['duration'],
    );
    assert.equal(session.state.confirm?.label, 'Freeze: bus-1');
    session.dispose();
  });

  it('a baseline that is too short to be steady is said at its field, and is not wrong', async () => {
    const cluster = here();
    const session = sessionOn(cluster, podLine(cluster.scene, 'bus-1'));
    const first = session.state.form?.values ?? assert.fail('no form');
    session.change({ ...first, baseline: '15 s' });
    const { problems, notes, confirm } = await looked(session);
    assert.deepEqual([problems, confirm?.blocked], [[], undefined]);
    assert.deepEqual(notes, [
      { field: 'baseline', text: 'A baseline below 60 s can’t be told to be steady. Back to baseline is not judged then.' },
    ]);
  });

  it('peers that are no pods are refused by their names, and what ends it by hand says what that loses', async () => {
    const volume = { volumes: [{ name: 'data', emptyDir: {} }] };
    const cluster = here(sceneOf({ ...kafkaObjects(), pods: [kafkaPod(0), kafkaPod(1, { spec: volume }), kafkaPod(2)] }));
    const session = sessionOn(cluster, podLine(cluster.scene, 'bus-1'));
    const first = session.state.form?.values ?? assert.fail('no form');
    session.change({ ...first, kind: 'networkCut' });
    const values = session.state.form?.values ?? first;
    session.change({ ...values, settings: { ...values.settings, peers: 'the moon' } });
    const { preview, confirm } = await looked(session);
    const [fault] = preview?.faults ?? [];
    assert.deepEqual(
      fault?.refusals.map(({ text }) => text),
      ['There is no pod “the” to cut it off from.', 'There is no pod “moon” to cut it off from.'],
    );
    assert.equal(confirm?.blocked, 'It is refused as things are now.');
    assert.equal(fault?.byHand, 'kubectl -n data delete pod bus-1');
    assert.deepEqual(fault.lostByHand, ['Deleting data/bus-1 can’t be taken back: what is in its emptyDir data is lost.']);
  });

  it('more than one target has to be allowed by name', async () => {
    const cluster = here(sceneOf(trinoObjects()));
    const session = sessionOn(cluster, engineLine(cluster.scene));
    const first = session.state.form?.values ?? assert.fail('no form');
    const worker = session.state.form?.whom.find(({ title }) => title === 'A worker')?.key ?? '';
    session.change({ ...first, whom: worker, amount: '2' });
    const refused = await looked(session);
    assert.deepEqual(
      refused.preview?.faults[0]?.refusals.map(({ flag }) => flag?.name),
      ['several'],
    );
    session.change({ ...(refused.form?.values ?? first), allow: ['several'] });
    const state = await looked(session);
    assert.equal(state.confirm?.blocked, undefined);
    assert.deepEqual(state.preview?.faults[0]?.targets.length, 2);
  });

  it('a cluster that does not answer leaves what was seen, and says so', async () => {
    const cluster = here();
    let away = false;
    const room = roomIn(cluster);
    const offers = offersFor(podLine(cluster.scene, 'bus-1'), cluster.scene);
    const session = new BreakSession(
      partsIn(cluster, offers, {
        room: {
          preview: (...args) =>
            away
              ? Promise.reject(new FaultlineError('unreachable', { what: 'lab does not answer', remedy: 'Start it.' }))
              : room.preview(...args),
        },
      }),
    );
    await session.look();
    away = true;
    await session.renew();
    assert.deepEqual(session.state.failure, { what: 'lab does not answer', more: ['Start it.'] });
    assert.notEqual(session.state.preview, undefined);
    assert.equal(await session.confirm(confirmationOf(session.state)), false);
    assert.deepEqual(cluster.begun, []);
  });

  it('a spec’s file is previewed as it is now, and what it says wrong has its line', async () => {
    const cluster = here();
    const spec = (pod: string): string =>
      `faultline: 1\nname: kill\npurpose: Nobody notices.\nfaults:\n  - kind: podDelete\n    target: {pod: ${pod}}\nprobes: [{engine: kafka}]\nexpect: [recovered <= 5 s]\n`;
    let text = spec('bus-1');
    const source = { kind: 'file', file: 'kill.faultline.yaml', text: async () => text } as const;
    const session = new BreakSession({ ...partsIn(cluster, offersFor(podLine(cluster.scene, 'bus-0'), cluster.scene)), source, read });
    await session.look();
    assert.equal(session.state.heading, 'kill');
    assert.deepEqual(session.state.spec, {
      file: 'kill.faultline.yaml',
      purpose: 'Nobody notices.',
      expect: ['recovered <= 5 s'],
      abort: [],
      problems: [],
    });
    const seen = session.state;
    // Saved by somebody while the page was open.
    text = spec('bus-2');
    assert.equal(await session.confirm(confirmationOf(seen)), false);
    assert.equal(session.state.preview?.faults[0]?.targets[0]?.name, 'bus-2');
    assert.deepEqual(cluster.begun, []);
    text = spec('bus-2').replace('podDelete', 'podDeleted');
    await session.look();
    assert.match(session.state.problems[0]?.text ?? '', /^Line 5: /);
    assert.equal(await session.confirm(confirmationOf(session.state)), false);
  });
});
