/** The topic that Kafka's probes write to and read from: planned under one name, and made under one of its run's own. Pure. */
import { probeTopic } from '../../fault/marks.ts';
import type { FaultPlan } from '../../journal/fault-plan.ts';
import { groupOf } from './objects.ts';

const asksProbeTopic = new RegExp(`(^|\\s)${probeTopic}(/\\d+)?\\s*$`);

/** As it is carried out: what one run removes at its end is not what another one asks. */
export function withOwnTopic(plan: FaultPlan, run: string): FaultPlan {
  const own = `${probeTopic}-${groupOf(run)}`;
  return {
    ...plan,
    probes: plan.probes.map((probe) =>
      probe.engine === 'kafka' ? { ...probe, asks: probe.asks.replace(asksProbeTopic, `$1${own}$2`) } : probe,
    ),
    faults: plan.faults.map((fault) => {
      const { when, choose } = fault;
      return {
        ...fault,
        ...(when?.kind === 'isr' && when.topic === probeTopic ? { when: { ...when, topic: own } } : {}),
        ...(choose?.kind === 'leader' && choose.topic === probeTopic ? { choose: { ...choose, topic: own } } : {}),
      };
    }),
  };
}
