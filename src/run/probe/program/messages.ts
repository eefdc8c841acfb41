/**
 * The messages of a run, written and read where users' clients are: their topic is made, they are judged here too, and what was found is
 * one line of the spool. Whoever is alive: no topic of a run that has ended is left where that can be helped.
 */
import { FaultlineError } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';
import { checkEdges, startMessageCheck, type MessageCheck } from '../../../kafka/check/check.ts';
import type { CheckEdges } from '../../../kafka/check/edges.ts';
import { createOwnTopic, isOwnName, removeLeftOver, removeOwnTopic, type OwnTopic, type TopicPlan } from '../../../kafka/check/topic.ts';
import type { KafkaClient } from '../../../kafka/client.ts';
import type { ProgramMessages, Question } from '../protocol.ts';
import { kafkaAccessOf } from './ask/kafkaAccess.ts';
import type { Spool } from './spool.ts';

export interface MessagesParts {
  readonly messages: ProgramMessages;
  readonly spool: Spool;
  readonly nowMs: () => number;
  /** At the longest, from now on: messages are kept for that. */
  readonly lastsMs: number;
  /** Default: real brokers, real time. */
  readonly edges?: CheckEdges;
}

const tries = 3;
const beginLimitMs = 45_000;
const removeLimitMs = 8000;

export class Messages {
  readonly #parts: MessagesParts;
  readonly #edges: CheckEdges;
  #beginning: Promise<void> | undefined;
  #client: KafkaClient | undefined;
  #topic: OwnTopic | undefined;
  #check: MessageCheck | undefined;
  #isJudging = false;
  #ending: Promise<void> | undefined;

  constructor(parts: MessagesParts) {
    this.#parts = parts;
    this.#edges = parts.edges ?? checkEdges({ ...kafkaAccessOf(parts.messages, process.env), clientId: `faultline-${parts.messages.run}` });
  }

  async does(question: Exclude<Question, { readonly do: 'clock' | 'from' | 'leave' }>): Promise<void> {
    switch (question.do) {
      case 'begin':
        // Asked again where the answer got lost.
        this.#beginning ??= this.#begin(AbortSignal.timeout(beginLimitMs));
        return this.#beginning.catch((error: unknown) => {
          this.#beginning = undefined;
          throw error;
        });
      case 'judge':
        if (!this.#isJudging) void this.#judge();
        return undefined;
      case 'stop':
        return this.#check?.close();
      case 'tidy':
        return this.end();
      case 'limit':
        return undefined;
    }
  }

  /** Nothing is written any more, and the topic is removed. Fails as a request does. */
  end(): Promise<void> {
    return (this.#ending ??= this.#end().catch((error: unknown) => {
      this.#ending = undefined;
      throw error;
    }));
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const { messages } = this.#parts;
    const { run, topic, partitions, replicationFactor, minInSync, uncleanElection, perSecond } = messages;
    const client = (this.#client ??= await this.#edges.open('authority', signal));
    const planned = { topic, partitions, replicationFactor, minInSync, uncleanElection };
    const own = await this.#make(client, planned, signal);
    this.#topic = own;
    try {
      // It outlives what it is begun with.
      this.#check = await startMessageCheck({ run, topic: own, perSecond }, this.#edges, new AbortController().signal);
    } catch (error) {
      await this.#remove().catch(() => undefined);
      throw error;
    }
  }

  /** A broker that is slow to answer may have made it all the same: then it is left over, and there is another try. */
  async #make(client: KafkaClient, planned: TopicPlan, signal: AbortSignal): Promise<OwnTopic> {
    for (let left = tries; ; left--) {
      await removeLeftOver(client, planned.topic, this.#edges.wait, signal);
      try {
        return await createOwnTopic(client, planned, this.#parts.lastsMs, signal);
      } catch (error) {
        if (left === 0 || !isOwnName(planned.topic) || !FaultlineError.is(error) || error.facts.code !== 'TOPIC_ALREADY_EXISTS')
          throw error;
      }
    }
  }

  /** Never fails. */
  async #judge(): Promise<void> {
    this.#isJudging = true;
    const { spool, nowMs } = this.#parts;
    try {
      if (this.#check === undefined) throw new FaultlineError('internal', { what: t('No message was written') });
      spool.add(['messages', nowMs(), await this.#check.finish()], true);
    } catch (error) {
      spool.add(
        ['note', nowMs(), t('The messages could not be judged: {0}', FaultlineError.is(error) ? error.facts.what : String(error))],
        true,
      );
    }
    spool.add(['end', nowMs()], true);
    await spool.flush().catch((error: unknown) => spool.onBroken(error));
  }

  async #end(): Promise<void> {
    await this.#beginning?.catch(() => undefined);
    await this.#check?.close();
    await this.#remove();
    await this.#client?.close();
  }

  async #remove(): Promise<void> {
    if (this.#topic === undefined || this.#client === undefined) return;
    await removeOwnTopic(this.#client, this.#topic, AbortSignal.timeout(removeLimitMs));
    this.#topic = undefined;
  }
}
