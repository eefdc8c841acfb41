/**
 * What the runner and the program in a vantage's pod say to each other, over one connection of lines. Questions and answers are objects;
 * what was spooled comes as arrays, and each of those lines stands at a place (bytes from the spool's start) from which it can be had again.
 */
import * as v from 'valibot';
import { saslMechanisms } from '../../base/kafkaLogin.ts';

/** Of the pod's loopback alone: only who may forward ports to the pod can speak to it. */
export const talkPort = 18_081;
/** Answers the other vantages: their control. */
export const echoPort = 18_080;

/** In the pod's environment, as JSON. */
export const settingsVariable = 'FAULTLINE_PROBE';
/** Of the login, from its Secret. */
export const passwordVariable = 'FAULTLINE_PROBE_PASSWORD';
export const programFile = 'probe.mjs';

/** Of an authority, from its Secret. */
export const authorityVariable = 'FAULTLINE_PROBE_CA';

const access = {
  user: v.optional(v.string()),
  mechanism: v.optional(v.picklist(saslMechanisms)),
  tls: v.optional(v.literal(true)),
};

export const ProgramSettings = v.object({
  /** Absent: it only answers others. */
  probe: v.optional(
    v.object({
      id: v.string(),
      engine: v.picklist(['trino', 'clickhouse', 'kafka']),
      address: v.string(),
      connection: v.picklist(['pooled', 'fresh']),
      asks: v.string(),
      perSecond: v.number(),
      ...access,
    }),
  ),
  /** Writes and reads the messages of the run. */
  messages: v.optional(
    v.object({
      run: v.string(),
      address: v.string(),
      topic: v.string(),
      partitions: v.number(),
      replicationFactor: v.number(),
      minInSync: v.number(),
      uncleanElection: v.boolean(),
      perSecond: v.number(),
      ...access,
      /** Unheard for so long it ends, and leaves no topic behind: nobody is there who would judge. */
      aloneMs: v.number(),
    }),
  ),
  answerWithinMs: v.number(),
  /** Wall clock. By then it has ended. */
  deadlineMs: v.number(),
  /** It ends so long after its start, whatever the clock of its machine says. */
  longestMs: v.number(),
  folder: v.string(),
  mostSpoolBytes: v.number(),
  /** 0: whichever is free. */
  talkPort: v.number(),
  echoPort: v.number(),
});
export type ProgramSettings = v.InferOutput<typeof ProgramSettings>;
export type ProgramProbe = NonNullable<ProgramSettings['probe']>;
export type ProgramMessages = NonNullable<ProgramSettings['messages']>;
export type ProgramAccess = Pick<ProgramProbe, 'address' | 'user' | 'mechanism' | 'tls'>;

export const Place = v.object({ host: v.string(), port: v.number() });
export type Place = v.InferOutput<typeof Place>;

const id = { id: v.number() };
export const Question = v.variant('do', [
  v.object({ ...id, do: v.literal('clock') }),
  /** Its engine is asked from now on. `echoes`: other vantages, by their addresses: its control. */
  v.object({ ...id, do: v.literal('begin'), echoes: v.array(Place) }),
  /** The baseline is over: from now on an answer is given up after so long, and has to be that of the baseline. */
  v.object({ ...id, do: v.literal('limit'), answerWithinMs: v.number() }),
  /** Spooled lines are sent on this connection, and on no other any more. */
  v.object({ ...id, do: v.literal('from'), at: v.number() }),
  /** No further request; answered when the last line is spooled. */
  v.object({ ...id, do: v.literal('stop') }),
  /** All messages are read once more and judged; answered at once, and what was found is spooled before the end. */
  v.object({ ...id, do: v.literal('judge') }),
  /** Nothing is asked any more, and what it made in the engine is removed. */
  v.object({ ...id, do: v.literal('tidy') }),
  v.object({ ...id, do: v.literal('leave') }),
]);
export type Question = v.InferOutput<typeof Question>;

/** `t`: ms of the program's own clock. */
export const Answer = v.object({
  id: v.number(),
  t: v.optional(v.number()),
  error: v.optional(v.object({ reason: v.string(), what: v.string(), remedy: v.optional(v.string()), code: v.optional(v.string()) })),
});
export type Answer = v.InferOutput<typeof Answer>;

const Failure = v.object({ reason: v.string(), text: v.string(), code: v.optional(v.string()) });
const number = v.pipe(v.number(), v.finite());
const Outcome = v.picklist(['ok', 'failed', 'unknown', 'wrong', 'dropped']);

/** Numbered from 0 on, in the order of the program's own clock. The last one is `end`. */
export const SpoolLine = v.union([
  v.looseTuple([number, v.picklist(['sample', 'control']), number, number, number, Outcome, v.optional(Failure)]),
  v.looseTuple([number, v.literal('lag'), number, number]),
  v.looseTuple([number, v.literal('note'), number, v.string()]),
  /** Its fields are those of the journal's event, and are checked as that. */
  v.looseTuple([number, v.literal('messages'), number, v.looseObject({ topic: v.string() })]),
  v.looseTuple([number, v.literal('end'), number]),
]);
