import assert from 'node:assert/strict';
import type { ClusterConnection } from '../../../../src/cluster/connect/connection.ts';
import type { DraftFault, TargetBy } from '../../../../src/fault/draft.ts';
import type { JournalEvent } from '../../../../src/journal/events.ts';
import type { ScriptedApi } from '../../fault/api.ts';
import { draft } from '../../fault/scenes.ts';
import { failed, Held, World } from './world.ts';
import { kafkaApi } from '../../fault/kafkaApi.ts';

const leader: TargetBy = { kind: 'leader', topic: 'messages', partition: 0 };
/** By name, as the plan has the replicas that may be the leader then. */
const replicas = ['bus-0', 'bus-1', 'bus-2'];

/** "When the ISR is 2, freeze the leader." */
function whenTwo(withinMs = 10_000, by: TargetBy = leader): DraftFault {
  const when = { kind: 'isr', topic: 'messages', partition: 0, size: 2, withinMs } as const;
  return draft({ kind: 'freeze' }, by, { durationMs: 200, when, allow: ['beyondMinority', 'againstBudget'] });
}

describe('a step that waits for a state', () => {
  let api: ScriptedApi;
  let connection: ClusterConnection;
  let world: World;
  let held: Held;

  beforeEach(async () => {
    api = await kafkaApi();
    connection = await api.connect();
    world = new World(api, connection);
    world.inSync = 3;
    world.leader = 'bus-0';
    held = new Held();
  });
  afterEach(async () => {
    connection.close();
    await api.stop();
  });

  const carriedOut = (fault = whenTwo()): Promise<readonly JournalEvent[]> => world.carryOut([fault], { injectors: [held.injector] });
  /** The replica that lags is away, and another leads. */
  const fall = (): void => {
    world.inSync = 2;
    world.leader = 'bus-2';
  };
  const hit = (events: readonly JournalEvent[]): readonly (string | undefined)[] =>
    events.flatMap((event) => (event.kind === 'fault' && event.step === 'go' ? [replicas[event.target ?? NaN]] : []));
  const nothingBroken = (): void => {
    assert.equal(held.appliedAtMs, undefined);
    assert.equal(held.disposed, held.armed.length);
    assert.deepEqual(
      [...api.objects.keys()].filter((key) => key.includes('/leases/')),
      [],
      'the targets are free',
    );
  };

  it('hits who leads when it has come about, and nobody before', async () => {
    let waits = 0;
    world.onWaiting = () => {
      assert.deepEqual(held.armed, []);
      if (++waits === 3) fall();
    };
    const events = await carriedOut();
    assert.deepEqual([waits, held.armed, hit(events)], [3, ['bus-2'], ['bus-2']]);
    assert.deepEqual(world.steps(), ['ready', 'go', 'applied', 'effect', 'heal duration', 'healed']);
  });

  it('hits the controller of that moment', async () => {
    world.controller = 'bus-1';
    world.onWaiting = fall;
    const events = await carriedOut(whenTwo(10_000, { kind: 'controller' }));
    assert.deepEqual([held.armed, hit(events)], [['bus-1'], ['bus-1']]);
  });

  for (const [inSync, text] of [
    [3, 'it is 3'],
    [undefined, 'it is not known'],
  ] as const)
    it(`is not begun where that does not come about in its time: ${text}`, async () => {
      world.inSync = inSync;
      const error = await failed(carriedOut(whenTwo(1000)));
      assert.match(error.message, new RegExp(`Nothing was broken.*The ISR of messages/0 was not 2 within 1 s; ${text}`));
      assert.deepEqual([world.steps(), held.armed], [['refused'], []]);
      nothingBroken();
    });

  it('is not begun where the run is stopped meanwhile, at once', async () => {
    world.onWaiting = () => world.end.request({ how: 'stopped' });
    const beganMs = performance.now();
    await carriedOut(whenTwo(60_000));
    assert.deepEqual([world.steps(), held.armed], [[], []]);
    assert.ok(performance.now() - beganMs < 10_000);
    nothingBroken();
  });

  for (const [now, text] of [
    ['bus-1', /Nothing was broken.*Who is meant is another one by now: it changed while this was made ready/],
    [null, /Nothing was broken.*Nobody knows the leader of messages\/0 now/],
  ] as const)
    it(`is refused where the leader changes while it is made ready: ${now ?? 'nobody'} leads then`, async () => {
      world.onWaiting = fall;
      held.onArming = () => void (world.leader = now);
      assert.match((await failed(carriedOut())).message, text);
      assert.deepEqual([held.armed, world.steps()], [['bus-2'], ['ready', 'refused']]);
      nothingBroken();
    });

  it('hits who was made ready, and nobody else, where the leader changes after that', async () => {
    world.onWaiting = fall;
    // Between the last look and the effect: "go" is written.
    world.onSync = () => void (world.leader = 'bus-1');
    assert.deepEqual([hit(await carriedOut()), held.armed], [['bus-2'], ['bus-2']]);
  });

  it('is refused where what it waited for is over before it is ready', async () => {
    world.onWaiting = fall;
    held.onArming = () => void (world.inSync = 1);
    const { message } = await failed(carriedOut());
    assert.match(message, /Nothing was broken.*The ISR of messages\/0 is 1 by now: it was 2, and changed while this was made ready/);
    assert.deepEqual(world.steps(), ['ready', 'refused']);
    nothingBroken();
  });

  it('never hits a leader that nobody confirmed', async () => {
    world.inSync = 2;
    world.leader = 'bus-7';
    const { message } = await failed(carriedOut());
    assert.match(message, /Nothing was broken.*the leader of messages\/0 is bus-7, which is not among the targets that were confirmed/);
    assert.deepEqual([world.steps(), held.armed], [['refused'], []]);
    nothingBroken();
  });
});
