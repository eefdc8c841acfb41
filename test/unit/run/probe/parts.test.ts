import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { isFaultRunEvent } from '../../../../src/journal/check-fault.ts';
import type { FaultPlan } from '../../../../src/journal/fault-plan.ts';
import { ClockComparison } from '../../../../src/run/probe/clocks.ts';
import { isRead } from '../../../../src/run/probe/program/ask/asker.ts';
import { topicOf } from '../../../../src/run/probe/program/ask/kafka.ts';
import { placeOf } from '../../../../src/run/probe/program/ask/line.ts';
import { WholeLines } from '../../../../src/cluster/act/wholeLines.ts';
import { spooledEvents } from '../../../../src/run/probe/spooled.ts';

describe('parts of a vantage', () => {
  it('a clock is told by the shortest exchange, and an old one counts for less', () => {
    const clock = new ClockComparison();
    assert.equal(clock.best(0), undefined);
    clock.add(1000, 1100, 40);
    assert.deepEqual(clock.best(1100), { offset: 1010, error: 50 });
    clock.add(2000, 2004, 1000);
    const best = clock.best(2004);
    assert.deepEqual(best, { offset: 1002, error: 2 });
    // Ten seconds later it may be a millisecond off, and no later exchange says more.
    clock.add(12_000, 12_100, 11_050);
    assert.deepEqual(clock.best(12_004), { offset: 1002, error: 3 });
    clock.add(80_000, 80_010, 79_000);
    assert.deepEqual(clock.best(80_010), { offset: 1005, error: 5 });
  });

  it('a clock that jumped is told by how much, and what was compared before holds no more', () => {
    const clock = new ClockComparison();
    assert.equal(clock.add(1000, 1001, 500), 0);
    assert.equal(clock.add(2000, 2100, 1540), 0, 'a long exchange contradicts nothing');
    // It stood still for ten seconds, and the exchange that tells is the worse one.
    assert.equal(clock.add(13_000, 13_100, 2550), 9999.5);
    assert.deepEqual(clock.best(13_100), { offset: 10_500, error: 50 });
    // This machine slept for a minute.
    assert.equal(clock.add(14_000, 14_002, 63_501), -60_000);
    assert.equal(clock.best(14_002)?.offset, -49_500);
    // Slewed: it follows, and nobody has to be told.
    assert.equal(clock.add(15_000, 15_002, 64_496), 0);
    assert.equal(clock.best(15_002)?.offset, -49_495);
  });

  it('what is spooled becomes what a journal takes; what can’t be read is passed over', () => {
    const lines = [
      '[0,"sample",10.5,0.1,2.5,"ok"]',
      '[1,"control",11,0,1,"failed",{"reason":"unreachable","text":"No echo answers","code":"NO_ECHO"}]',
      '[2,"lag",12,80]',
      '[3,"note",13,"hm"]',
      '[4,"sample",14,0,0,"never heard of"]',
      'not JSON',
    ];
    const { events, notes, ended } = spooledEvents(lines, 'probe-a');
    assert.deepEqual(events, [
      { t: 10.5, src: 'probe-a', kind: 'sample', wait: 0.1, service: 2.5, outcome: 'ok' },
      {
        ...{ t: 11, src: 'probe-a', kind: 'sample', wait: 0, service: 1, outcome: 'failed' },
        ...{ error: { reason: 'unreachable', text: 'No echo answers', code: 'NO_ECHO' }, control: true },
      },
      { t: 12, src: 'probe-a', kind: 'lag', ms: 80 },
    ]);
    assert.deepEqual([notes, ended], [['hm'], false]);
    const plan = { probes: [{ id: 'a' }] } as unknown as FaultPlan;
    assert.ok(events.every((event) => isFaultRunEvent(event, plan)));
    assert.equal(spooledEvents(['[9,"end",20]'], 'probe-a').ended, true);
  });

  it('lines are whole, however they were cut', () => {
    const lines = new WholeLines();
    const bytes = Buffer.from('[“ä”]\n[2]\n[3');
    const found: string[] = [];
    for (const byte of bytes) found.push(...lines.of(Buffer.from([byte])));
    assert.deepEqual(found, ['[“ä”]', '[2]']);
  });

  it('topic and partition are read from what a probe of Kafka asks', () => {
    assert.deepEqual(topicOf('write to and read from faultline-probe'), { topic: 'faultline-probe' });
    assert.deepEqual(topicOf('write to and read from shop.orders_v2/17'), { topic: 'shop.orders_v2', partition: 17 });
  });

  it('addresses are names with ports, or URLs', () => {
    const { host, port, isTls } = placeOf('trino.analytics.svc:8080');
    assert.deepEqual([host, port, isTls], ['trino.analytics.svc', 8080, false]);
    assert.deepEqual(placeOf('https://trino.example/'), { host: 'trino.example', port: 443, isTls: true, text: 'trino.example' });
    assert.equal(placeOf('[fd00::1]:8123').host, 'fd00::1');
  });

  it('a statement that only reads takes no effect, however it ends', () => {
    for (const sql of ['select 1', ' WITH x AS (select 1) select * from x', '(select 1)', 'SHOW TABLES']) assert.ok(isRead(sql), sql);
    for (const sql of ['insert into t values (1)', 'alter table t', '-- select\ndelete from t']) assert.ok(!isRead(sql), sql);
  });
});
