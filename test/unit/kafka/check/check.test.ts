import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FaultlineError } from '../../../../src/base/errors.ts';
import { decodeHistogram } from '../../../../src/base/histogram.ts';
import type { MessagesEvent } from '../../../../src/journal/fault-events.ts';
import { startMessageCheck } from '../../../../src/kafka/check/check.ts';
import { NONE, RUN, SAFE, bench, codec, counts, judged } from './support.ts';

describe('messages that are checked one by one', () => {
  it('are all there when nothing breaks; the decisive read is of committed records, assigned by hand, from recorded start to recorded end', async () => {
    const given = bench();
    const finding = await judged(given);
    assert.deepEqual(counts(finding), NONE);
    assert.deepEqual([finding.notJudged, finding.anomalies, finding.asConfigured], [[], [], undefined]);
    // 6 s at 100/s, the first at once, and a sentinel a partition.
    assert.ok(finding.acknowledged >= 601 && finding.acknowledged <= 604, String(finding.acknowledged));
    assert.equal(given.seen.length, finding.acknowledged - 2, 'sentinels have no planned time');
    assert.equal(decodeHistogram(finding.endToEnd).count, given.seen.length);
    assert.equal(decodeHistogram(finding.written).count, finding.acknowledged);
    assert.ok(given.seen.every(({ plannedMs, seenMs }) => seenMs >= plannedMs && seenMs - plannedMs < 50));
    const authority = given.kafka.consumptions.at(-1);
    const ends = given.kafka.partitions.map(({ log }, partition) => [partition, BigInt(log.length)] as const);
    assert.deepEqual(authority, {
      topic: 'own',
      partitions: [0, 1],
      from: new Map(ends.map(([partition]) => [partition, 0n])),
      until: new Map(ends),
      committed: true,
    });
    const event: MessagesEvent = { t: 0, src: 'runner', kind: 'messages', ...finding };
    assert.equal(event.topic, 'own');
  });

  it('begin behind what is in the topic already', async () => {
    const given = bench(1);
    given.kafka.at(0).log.push(Uint8Array.of(1), Uint8Array.of(2));
    const finding = await judged(given);
    assert.deepEqual([counts(finding), finding.foreign, finding.notJudged], [NONE, undefined, []]);
  });

  it('are planned at a steady rate whatever the answers take, and belong to one producer a partition', async () => {
    const given = bench();
    given.kafka.fate = () => ({ kind: 'written', afterMs: 3000 });
    const finding = await judged(given);
    assert.deepEqual(counts(finding), NONE);
    assert.ok(finding.acknowledged >= 601);
    assert.equal(given.kafka.producers, 2);
    const planned = given.outcomes.filter(({ partition }) => partition === 0).map(({ plannedMs }) => plannedMs);
    assert.ok(planned.slice(1, 100).every((at, i) => Math.abs(at - (planned[i] ?? 0) - 20) < 0.001));
    assert.ok(given.outcomes.every(({ sentMs, plannedMs }) => sentMs - plannedMs <= 10));
  });

  it('that are acknowledged and gone are lost: partition, sequence and acknowledged offset are told', async () => {
    const given = bench();
    const finding = await judged(given, {}, () => {
      given.kafka.at(1).log[40] = undefined;
    });
    // The reader saw it before: that stretch of the log was rewritten too.
    assert.deepEqual(counts(finding), { ...NONE, lost: 1, rewritten: 1 });
    const [lost, rewritten] = finding.anomalies;
    assert.deepEqual(lost, {
      kind: 'lost',
      partition: 1,
      sequence: 40,
      offset: 40,
      text: 'Message 40 was acknowledged at offset 40 and is not there',
    });
    assert.equal(rewritten?.kind, 'rewritten');
    assert.equal(finding.asConfigured, undefined, 'these settings do not allow it');
  });

  it('that an election outside the ISR cut off are lost as configured, and the log is known to be rewritten', async () => {
    const given = bench();
    const finding = await judged(given, { minInSync: 1, uncleanElection: true }, () => {
      given.kafka.at(0).log.length = 200;
    });
    assert.ok(finding.lost >= 50 && finding.lost <= 52, String(finding.lost));
    assert.equal(finding.asConfigured, 'min ISR 1, unclean election');
    assert.ok(finding.rewritten > 0);
    assert.ok(finding.anomalies.some(({ kind, sequence, offset }) => kind === 'lost' && sequence === 200 && offset === 200));
    assert.ok(
      finding.anomalies.some(
        ({ kind, text }) =>
          kind === 'rewritten' && /^The log ended at offset 20\d, though it had been read up to offset 2[45]\d$/.test(text),
      ),
    );
    assert.deepEqual([finding.duplicated, finding.reordered, finding.unknown], [0, 0, 0]);
  });

  it('that the log holds twice are duplicates, not redeliveries', async () => {
    const given = bench();
    given.kafka.fate = ({ partition, nth }) => ({ kind: 'written', times: partition === 0 && nth === 30 ? 2 : 1 });
    const finding = await judged(given);
    assert.deepEqual(counts(finding), { ...NONE, duplicated: 1 });
    assert.deepEqual(finding.anomalies, [
      { kind: 'duplicate', partition: 0, sequence: 30, offset: 31, text: 'Message 30 is in the log again at offset 31' },
    ]);
  });

  it('that a reader gets twice at one offset are redeliveries, not duplicates', async () => {
    const given = bench(1);
    given.kafka.again.push(30);
    assert.deepEqual(counts(await judged(given)), { ...NONE, redelivered: 1 });
  });

  it('that stand after later ones of the same producer are out of order', async () => {
    const given = bench(1);
    let held: (() => void) | undefined;
    given.kafka.fate = ({ nth, value }) => {
      if (nth === 30) {
        // Its place is taken by the next one.
        held = () => void given.kafka.at(0).log.push(value);
        return { kind: 'unanswered', appended: false, afterMs: 5 };
      }
      if (nth === 32) held?.();
      return { kind: 'written' };
    };
    const finding = await judged(given);
    assert.deepEqual(counts(finding), { ...NONE, reordered: 1, unknown: 1, unknownPresent: 1, rewritten: 0 });
    assert.deepEqual(finding.anomalies[0], {
      kind: 'reordered',
      partition: 0,
      sequence: 30,
      offset: 31,
      text: 'Message 30 is at offset 31, after message 31, which was sent after it',
    });
  });

  it('show that a log was rewritten where it holds something else than when it was read live', async () => {
    const given = bench(1);
    const finding = await judged(given, {}, () => {
      given.kafka.at(0).log[100] = codec.encode({ producer: 0, epoch: 7, sequence: 100 });
    });
    assert.deepEqual(counts(finding), { ...NONE, rewritten: 1 });
    assert.match(finding.anomalies[0]?.text ?? '', /^Around offsets 0 to 255 /);
  });

  it('show that a log was rewritten where they are not where they were acknowledged, though nobody read it live', async () => {
    const given = bench(1);
    given.kafka.readFailure = ({ committed }) => (committed ? undefined : new FaultlineError('unreachable', { what: 'cut off' }));
    const finding = await judged(given, {}, () => {
      given.kafka.at(0).log.splice(50, 0, codec.encode({ producer: 0, epoch: 9, sequence: 1_000_000 }));
    });
    assert.ok(finding.rewritten >= 1);
    assert.equal(finding.foreign, 1, 'it was never sent');
    assert.match(finding.anomalies[0]?.text ?? '', /^Message 50 was acknowledged at offset 50 and is at offset 51$/);
    assert.deepEqual([finding.lost, given.seen.length], [0, 0]);
  });

  it('whose answer never came are unknown: that one appears later and another never does is no loss', async () => {
    const given = bench(1);
    given.kafka.fate = ({ nth }) =>
      nth === 20
        ? { kind: 'unanswered', appended: 'late' }
        : nth === 21
          ? { kind: 'unanswered', appended: false }
          : nth === 22
            ? { kind: 'unanswered', appended: true }
            : { kind: 'written' };
    const finding = await judged(given, {}, () => given.kafka.release());
    assert.deepEqual({ ...counts(finding), reordered: 0 }, { ...NONE, unknown: 3, unknownPresent: 2 });
    assert.equal(given.kafka.producers, 1, 'being late does not end a producer');
  });

  it('that were definitely refused are failed, and told when they are there all the same', async () => {
    const given = bench(1);
    given.kafka.fate = ({ nth, value }) => {
      if (nth === 11) given.kafka.at(0).log.push(value);
      return nth === 10 || nth === 11 ? { kind: 'refused', reason: 'timedOut', code: 'NOT_ENOUGH_REPLICAS' } : { kind: 'written' };
    };
    const finding = await judged(given);
    assert.deepEqual([counts(finding), finding.failedPresent], [{ ...NONE, failed: 2 }, 1]);
  });

  it('go on with a new producer and epoch after a fatal error; order is judged within an epoch', async () => {
    const given = bench(1);
    given.kafka.fate = ({ nth }) => {
      if (nth === 47 || nth === 48) return { kind: 'queued' };
      // On its way when its producer ended, and written behind many of the next.
      if (nth === 49) return { kind: 'unanswered', appended: 'late', afterMs: 500 };
      return nth === 50 ? { kind: 'fatal', appended: false } : { kind: 'written' };
    };
    const finding = await judged(given, {}, () => given.kafka.release());
    assert.equal(given.kafka.producers, 2);
    // Taken back before they were sent: failed. Never seen: 50, in doubt.
    assert.deepEqual(counts(finding), { ...NONE, failed: 2, unknown: 2, unknownPresent: 1 });
    const marks = given.kafka.at(0).log.map((value) => codec.decode(value ?? null));
    const late = marks.findIndex((mark) => mark?.sequence === 49);
    assert.deepEqual([marks[late]?.epoch, marks[late - 1]?.epoch, marks.at(-1)?.epoch], [0, 1, 1]);
    assert.ok(marks.every((mark) => (mark?.sequence ?? 0) < 50 === (mark?.epoch === 0)));
  });

  it('do not open a producer for each message while none is let in', async () => {
    const given = bench(1);
    let isOut = true;
    given.kafka.fate = () => (isOut ? { kind: 'refused', reason: 'forbidden', code: 'TOPIC_AUTHORIZATION_FAILED' } : { kind: 'written' });
    const finding = await judged(given, {}, () => {
      isOut = false;
    });
    assert.ok(given.kafka.producers <= 22, `${given.kafka.producers} producers in 5 s`);
    assert.ok(finding.failed >= 480);
    assert.deepEqual(finding.notJudged, []);
  });

  it('that can find no place to wait in are never sent, and counted', async () => {
    const given = bench(1);
    given.kafka.fate = () => ({ kind: 'unanswered', appended: false });
    const finding = await judged(given, { mostWaiting: 200, deliveryLimitMs: 60_000 }, () => {
      given.kafka.fate = () => ({ kind: 'written' });
    });
    assert.deepEqual([finding.unknown, finding.lost], [200, 0]);
    assert.ok(finding.failed >= 400, String(finding.failed));
    assert.ok(given.outcomes.filter(({ outcome, error }) => outcome === 'failed' && error === undefined).length >= 400);
  });

  it('of a partition without a leader are not judged; the others are', async () => {
    const given = bench(2);
    const finding = await judged(given, {}, () => {
      given.kafka.at(1).hasLeader = false;
    });
    assert.deepEqual(finding.notJudged, [{ partition: 1, why: 'No sentinel was acknowledged within 20 s' }]);
    assert.equal(finding.lost, 0);
    assert.ok((finding.acknowledgedJudged ?? 0) > 250 && (finding.acknowledgedJudged ?? 0) < finding.acknowledged);
  });

  it('that can not be read to the end in time are not judged, with the place and the reason', async () => {
    const given = bench(1);
    given.kafka.readFailure = ({ committed }) =>
      committed ? new FaultlineError('unreachable', { what: 'Kafka broker a:9092 does not answer' }) : undefined;
    const finding = await judged(given);
    assert.equal(finding.lost, 0);
    assert.match(finding.notJudged[0]?.why ?? '', /^Not drained: read up to offset 0 of \d+ \(Kafka broker a:9092 does not answer\)$/);
    assert.equal(finding.acknowledgedJudged, 0);
  });

  it('are judged by a reader that gets in late; by none, they are not', async () => {
    const late = bench(1);
    late.refused.authority = 10;
    assert.deepEqual((await judged(late)).notJudged, []);
    const never = bench(1);
    never.refused.authority = 1000;
    assert.deepEqual((await judged(never)).notJudged, [{ partition: 0, why: 'Not drained: No Kafka broker answered' }]);
  });

  it('that retention has removed are not judged, and are neither lost nor rewritten', async () => {
    const given = bench(1);
    const finding = await judged(given, {}, () => {
      given.kafka.at(0).first = 100;
    });
    assert.deepEqual(counts(finding), NONE);
    assert.deepEqual(finding.notJudged, [{ partition: 0, why: 'Retention passed: the log begins at offset 100, and the run began at 0' }]);
  });

  it('that retention removes while they are read are not judged either', async () => {
    const given = bench(1);
    given.kafka.readFailure = ({ committed }) => {
      if (committed) given.kafka.at(0).first = 290;
      return undefined;
    };
    const finding = await judged(given);
    assert.deepEqual(counts(finding), NONE);
    assert.match(finding.notJudged[0]?.why ?? '', /^Retention passed/);
  });

  it('are lost when the log ends before what was acknowledged, which is told as a log that was cut', async () => {
    const given = bench(1);
    given.kafka.readFailure = ({ committed }) => {
      if (committed) given.kafka.at(0).log.length = 10;
      return undefined;
    };
    const finding = await judged(given);
    assert.deepEqual(finding.notJudged, []);
    assert.equal(finding.lost, finding.acknowledged - 10);
    assert.ok(finding.lost > 100 && finding.rewritten > 0);
    assert.match(finding.anomalies[0]?.text ?? '', /^Message 10 was acknowledged at offset 10 and is not there$/);
    assert.ok(finding.anomalies.some(({ text }) => text.startsWith('The log ends at offset 10; ')));
  });

  it('are not judged when the log is cut before what was read of it already', async () => {
    const given = bench(1);
    let reads = 0;
    given.kafka.readFailure = ({ committed }) => {
      if (!committed) return undefined;
      given.kafka.at(0).log.length = reads++ === 0 ? 20 : 10;
      return undefined;
    };
    const finding = await judged(given);
    assert.match(finding.notJudged[0]?.why ?? '', /^Not drained: the log ends at offset 10, before its recorded end \d+$/);
    assert.ok(finding.rewritten > 0);
  });

  it('whose sentinel was acknowledged without a place get another one', async () => {
    const given = bench(1);
    let isBlind = false;
    given.kafka.fate = () => {
      const wasBlind = isBlind;
      isBlind = false;
      return { kind: 'written', ...(wasBlind ? { withoutOffset: true } : {}) };
    };
    const check = await given.start();
    await given.time.wait(1000);
    isBlind = true;
    given.stop.signal.throwIfAborted();
    const finding = await check.finish();
    await check.close();
    assert.deepEqual([counts(finding), finding.notJudged], [NONE, []]);
  });

  it('are not judged when the run is stopped, and nothing stays open', async () => {
    const given = bench(1);
    const check = await given.start();
    await given.time.wait(1000);
    const { acknowledged, unknown } = check.counts();
    assert.ok(acknowledged >= 98 && unknown <= 2, `${acknowledged}, ${unknown}`);
    given.kafka.fate = () => ({ kind: 'unanswered', appended: false });
    await given.time.wait(1000);
    const stoppedMs = given.time.monotonicMs();
    given.stop.abort();
    const finding = await check.finish();
    await check.close();
    assert.ok(given.time.monotonicMs() - stoppedMs < 100, 'nothing that is under way is waited for');
    assert.equal(given.kafka.open, 0);
    assert.ok(finding.unknown >= 98);
    assert.equal(finding.notJudged.length, 1);
    assert.equal(finding.lost, 0);
  });

  it('begin once every partition has a leader, and not without', async () => {
    const given = bench();
    const { time, kafka } = given;
    const beganMs = time.monotonicMs();
    kafka.at(1).hasLeader = false;
    const starting = given.start();
    await time.wait(450);
    kafka.at(1).hasLeader = true;
    const check = await starting;
    assert.equal(time.monotonicMs() - beganMs, 500, 'asked again every 100 ms');
    await time.wait(1000);
    assert.deepEqual(counts(await check.finish()), NONE);
    await check.close();
    kafka.at(1).hasLeader = false;
    await assert.rejects(given.start(), (error) => FaultlineError.is(error, 'engine'));
    assert.equal(kafka.open, 0);
  });

  it('are not begun when a client can not be opened, and those that were are closed', async () => {
    const { time, kafka } = bench(3);
    let opened = 0;
    const starting = startMessageCheck(
      { run: RUN, perSecond: 1, topic: { name: 'own', partitions: [0, 1, 2], retentionMs: 1, ...SAFE } },
      {
        clock: time,
        wait: async (ms, signal) => time.wait(ms, signal),
        open: () =>
          ++opened === 3 ? Promise.reject(new FaultlineError('unreachable', { what: 'nobody' })) : Promise.resolve(kafka.client()),
      },
      new AbortController().signal,
    );
    await assert.rejects(starting, (error) => FaultlineError.is(error, 'unreachable'));
    assert.equal(kafka.open, 0);
  });
});
