/**
 * What a run breaks, as a journal's head has it. Browser-safe. Checked as far as projections lean on it: a kind of fault, of condition
 * or of engine that a later version adds is read all the same, since no figure depends on which it is.
 */
import * as v from 'valibot';

const finite = v.pipe(v.number(), v.finite());
const length = v.pipe(finite, v.minValue(0));
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const positive = v.pipe(
  finite,
  v.check((value) => value > 0, 'not above 0'),
);

const owner = v.looseObject({ kind: v.string(), name: v.string(), uid: v.string() });

const target = v.looseObject({
  kind: v.string(),
  namespace: v.exactOptional(v.string()),
  name: v.string(),
  uid: v.string(),
  container: v.exactOptional(v.string()),
  containerId: v.exactOptional(v.string()),
  node: v.exactOptional(v.string()),
  owner: v.exactOptional(owner),
  as: v.exactOptional(v.string()),
});

const fault = v.looseObject({
  kind: v.string(),
  title: v.string(),
  durationMs: v.exactOptional(length),
  targets: v.array(target),
  when: v.exactOptional(v.looseObject({ kind: v.string() })),
});

const probe = v.looseObject({
  id: v.pipe(v.string(), v.minLength(1)),
  title: v.string(),
  engine: v.string(),
  address: v.string(),
  connection: v.picklist(['pooled', 'fresh']),
  asks: v.string(),
  perSecond: positive,
  notOn: v.array(v.string()),
});

export const faultPlan = v.looseObject({
  cluster: v.looseObject({ context: v.string(), kubeconfig: v.string(), identity: v.string() }),
  faults: v.array(fault),
  probes: v.array(probe),
  messages: v.exactOptional(
    v.looseObject({
      topic: v.string(),
      partitions: whole,
      replicationFactor: whole,
      minInSync: whole,
      uncleanElection: v.boolean(),
      perSecond: finite,
      place: v.exactOptional(v.looseObject({ address: v.string(), notOn: v.array(v.string()) })),
    }),
  ),
  baselineMs: length,
  observeMs: length,
  recovery: v.looseObject({
    ratio: v.pipe(finite, v.minValue(0), v.maxValue(1)),
    windowMs: positive,
    windowSamples: whole,
    slowMs: v.exactOptional(positive),
  }),
  images: v.looseObject({ helper: v.string(), node: v.string() }),
});
