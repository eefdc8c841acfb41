/**
 * Reads as a member of a group. The library keeps the membership; its connections are led through the tunnels where it makes them:
 * it announces each on a diagnostics channel, with the context that its maker gave.
 */
import { Consumer, instancesChannel } from '@platformatic/kafka';
import type { Connection, Message, MessagesStream } from '@platformatic/kafka';
import { cancelled } from '../base/errors.ts';
import type { GroupConsumption, GroupRecord, HostPort } from './client.ts';
import { kafkaError } from './errors.ts';
import type { Links } from './links.ts';
import { called, within } from './links.ts';
import { tlsOptions } from './tls.ts';

const SESSION_LIMIT_MS = 30_000;
const HEARTBEAT_MS = 3000;
const NEWS_WAIT_MS = 500;

export async function* consumeInGroup(
  links: Links,
  { group, topics, from }: GroupConsumption,
  given: AbortSignal,
): AsyncGenerator<GroupRecord> {
  const over = new AbortController();
  const signal = AbortSignal.any([given, links.life, over.signal]);
  const { access } = links;
  const context = {};
  // Read when a connection is made, which is right after its route is known.
  const tls = access.tls === undefined ? undefined : tlsOptions(access.tls, { host: '', port: 0 });
  const lead = (announced: unknown): void => {
    const { type, instance } = announced as { readonly type: string; readonly instance: Connection };
    if (type === 'connection' && instance.context === context)
      leadThrough(instance, links, signal, (broker) => {
        if (tls === undefined || access.tls === undefined) return;
        const known = access.bootstrap.find(({ host, port }) => host === broker.host && port === broker.port);
        Object.assign(tls, tlsOptions(access.tls, known ?? broker));
      });
  };
  instancesChannel.subscribe(lead);
  const consumer = new Consumer({
    clientId: access.clientId,
    groupId: group,
    bootstrapBrokers: access.bootstrap.map(({ host, port }) => ({ host, port })),
    context,
    connectTimeout: access.connectTimeoutMs ?? 5000,
    timeout: links.answerLimitMs,
    sessionTimeout: SESSION_LIMIT_MS,
    rebalanceTimeout: SESSION_LIMIT_MS,
    heartbeatInterval: HEARTBEAT_MS,
    ...(access.sasl === undefined
      ? {}
      : { sasl: { mechanism: access.sasl.mechanism, username: access.sasl.user, password: access.sasl.password } }),
    ...(tls === undefined ? {} : { tls }),
  });
  // What fails is heard where it is waited for; unheard it would end the process.
  consumer.on('error', () => undefined);
  try {
    const stream = await within(
      called<MessagesStream<Buffer, Buffer, Buffer, Buffer>>((done) =>
        consumer.consume(
          { topics: [...topics], autocommit: false, mode: 'committed', fallbackMode: from, maxWaitTime: NEWS_WAIT_MS },
          done,
        ),
      ),
      signal,
    );
    const end = (): void => void stream.destroy();
    signal.addEventListener('abort', end, { once: true });
    stream.on('error', () => undefined);
    for await (const message of stream) {
      if (signal.aborted) break;
      yield recordOf(message, consumer);
    }
    if (given.aborted || links.life.aborted) throw cancelled();
  } catch (error) {
    throw given.aborted || links.life.aborted ? cancelled() : kafkaError(error, { topic: topics[0] ?? '' });
  } finally {
    // The membership ends first, by a request of its own, and needs the tunnels for it.
    await Promise.race([
      called<void>((done) => consumer.close(true, done)).catch(() => undefined),
      new Promise((resolve) => setTimeout(resolve, links.answerLimitMs).unref()),
    ]);
    over.abort();
    instancesChannel.unsubscribe(lead);
  }
}

function leadThrough(connection: Connection, links: Links, signal: AbortSignal, onBroker: (broker: HostPort) => void): void {
  const { route } = links.access;
  const connect = connection.connect.bind(connection);
  connection.connect = (host, port, callback) => {
    const go = async (): Promise<void> => {
      const via = route === undefined ? { host, port } : await within(route({ host, port }, signal), signal);
      onBroker({ host, port });
      await connect(via.host, via.port, callback);
    };
    return go().catch((error: unknown) => {
      const known = kafkaError(error, { broker: { host, port } });
      if (callback === undefined) throw known;
      callback(known);
    });
  };
}

function recordOf(
  { topic, partition, offset, timestamp, key, value, headerEntries, leaderEpoch }: Message,
  consumer: Consumer,
): GroupRecord {
  return {
    topic,
    partition,
    offset,
    timestampMs: Number(timestamp),
    key,
    value,
    headers: headerEntries.map(([name, text]) => [name.toString(), text]),
    async commit() {
      try {
        await called<void>((done) => consumer.commit({ offsets: [{ topic, partition, offset: offset + 1n, leaderEpoch }] }, done));
      } catch (error) {
        throw kafkaError(error, { topic });
      }
    },
  };
}
