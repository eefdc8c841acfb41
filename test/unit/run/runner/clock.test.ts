import assert from 'node:assert/strict';
import type { ClusterConnection } from '../../../../src/cluster/connect/connection.ts';
import type { ScriptedApi } from '../../fault/api.ts';
import { byPod, draft } from '../../fault/scenes.ts';
import { Held, World } from './world.ts';
import { kafkaApi } from '../../fault/kafkaApi.ts';

const hourMs = 3_600_000;

describe('a run whose machine is set to another time', () => {
  let api: ScriptedApi;
  let connection: ClusterConnection;
  let world: World;
  let held: Held;
  let jumpedMs = 0;
  const { now } = Date;

  beforeEach(async () => {
    api = await kafkaApi();
    connection = await api.connect();
    world = new World(api, connection);
    held = new Held();
    jumpedMs = 0;
    Date.now = () => now() + jumpedMs;
  });
  afterEach(async () => {
    Date.now = now;
    connection.close();
    await api.stop();
  });

  for (const [moment, jump] of [
    ['while something is broken', (of: Held, to: () => void) => (of.onApplied = to)],
    ['while that begins', (of: Held, to: () => void) => (of.onApplying = to)],
    ['while that is made ready', (of: Held, to: () => void) => (of.onArming = to)],
  ] as const)
    for (const byMs of [hourMs, -hourMs])
      it(`by an hour ${byMs > 0 ? 'ahead' : 'back'}, ${moment}: it heals at its time, and no figure moves`, async () => {
        jump(held, () => (jumpedMs = byMs));
        const beganMs = performance.now();
        const { events, view } = await world.carryOutWhole(
          [draft({ kind: 'freeze' }, byPod('bus-1'), { durationMs: 400 })],
          [held.injector],
        );
        const tookMs = performance.now() - beganMs;
        assert.equal(jumpedMs, byMs);
        const at = (step: string): number => events.find((event) => event.kind === 'fault' && event.step === step)?.t ?? Number.NaN;
        const lastedMs = (held.healedAtMs ?? NaN) - (held.appliedAtMs ?? NaN);
        assert.ok(
          Math.abs(lastedMs - 400) < 200 && Math.abs(at('heal') - at('go') - 400) < 200,
          `${lastedMs}; ${at('go')} to ${at('heal')}`,
        );
        assert.ok(Math.abs((held.lastsMs ?? NaN) - 400) < 200, `whoever holds it is told ${held.lastsMs} ms`);
        const own = events.filter(({ src }) => src === 'runner').map(({ t }) => t);
        assert.deepEqual(
          own,
          own.toSorted((a, b) => a - b),
        );
        assert.ok((events.at(-1)?.t ?? NaN) <= tookMs, `${events.at(-1)?.t} of ${tookMs} ms`);
        const { observed, proofs, impact, counts } = view;
        assert.ok(observed.toAt <= tookMs && observed.toAt - at('healed') >= world.observeMs * 0.9, JSON.stringify(observed));
        assert.deepEqual(
          [impact, ['effect', 'heal'].map((of) => proofs.find((one) => one.of === of)?.state)],
          [null, ['ok', 'ok']],
          JSON.stringify(proofs),
        );
        const { control, lag, clock } = counts.notJudgedBy;
        assert.deepEqual([control, lag, clock], [0, 0, 0]);
        assert.ok(counts.planned <= (tookMs / 1000) * 100, `${counts.planned} in ${tookMs} ms`);
      });
});
