/** When another broker leads what a broker led. Pure. */
import { t } from '../../../base/messages.ts';
import type { BrokerSetting } from '../../../kafka/client.ts';
import { plus, seconds, type Span } from './spans.ts';

export const brokerSettingNames = [
  'broker.session.timeout.ms',
  'broker.heartbeat.interval.ms',
  'controlled.shutdown.enable',
  'controller.quorum.fetch.timeout.ms',
  'controller.quorum.election.backoff.max.ms',
] as const;

export interface BrokerTimes {
  readonly sessionMs: number;
  readonly heartbeatMs: number;
  readonly isShutdownControlled: boolean;
  readonly fetchMs: number;
  readonly electionMs: number;
}

/** Kafka's own defaults where a broker does not say; `undefined`: it has no session with a controller, or says nothing. */
export function timesOf(settings: readonly BrokerSetting[]): BrokerTimes | undefined {
  const of = (name: (typeof brokerSettingNames)[number]): string | undefined => settings.find((one) => one.name === name)?.value;
  const sessionMs = Number(of('broker.session.timeout.ms'));
  if (!(sessionMs > 0)) return undefined;
  return {
    sessionMs,
    heartbeatMs: Number(of('broker.heartbeat.interval.ms') ?? 2000),
    isShutdownControlled: of('controlled.shutdown.enable') !== 'false',
    fetchMs: Number(of('controller.quorum.fetch.timeout.ms') ?? 2000),
    electionMs: Number(of('controller.quorum.election.backoff.max.ms') ?? 1000),
  };
}

/** Clients that were refused ask again within that. */
const metadataMs = 1000;
/** Less than this may end a broker before its leaders have moved. */
const shutdownMs = 5000;
/** From the end of its grace period, or from a deletion without one, until the kubelet has killed it. */
const killMs = 2000;

export interface BrokerFall {
  readonly times: BrokerTimes;
  /** Its controller falls with it. */
  readonly isController: boolean;
  /** Of a deletion; absent: it falls without a word. */
  readonly graceMs?: number;
}

export function failoverOf({ times, isController, graceMs }: BrokerFall): Span {
  const silent = isController ? withController(times) : bySession(times);
  if (graceMs === undefined) return silent;
  // Its session lives on until it is killed.
  const killed = plus(silent, { fromMs: 0, toMs: graceMs + killMs, formula: t('up to {0} until it is killed', seconds(graceMs + killMs)) });
  if (graceMs === 0 || !times.isShutdownControlled) return killed;
  const orderly: Span = {
    fromMs: 100,
    toMs: metadataMs + (isController ? times.electionMs : 0),
    formula: t('controlled.shutdown.enable true: its leaders move before it ends, {0}', metadataText()),
    by: t('controlled shutdown'),
  };
  if (graceMs >= shutdownMs) return orderly;
  const formula = t('{0}; or, where a grace period of {1} ends it before: {2}', orderly.formula, seconds(graceMs), killed.formula);
  return { ...orderly, toMs: killed.toMs, formula };
}

/** The session is as old as its last heartbeat. */
function bySession({ sessionMs, heartbeatMs }: BrokerTimes): Span {
  return {
    fromMs: Math.max(0, sessionMs - heartbeatMs),
    toMs: sessionMs + metadataMs,
    formula: t(
      'broker.session.timeout.ms {0} since the last heartbeat (broker.heartbeat.interval.ms {1}), {2}',
      seconds(sessionMs),
      seconds(heartbeatMs),
      metadataText(),
    ),
    by: t('session timeout'),
  };
}

/** The next controller gives every broker a whole session. */
function withController({ sessionMs, fetchMs, electionMs }: BrokerTimes): Span {
  return {
    fromMs: fetchMs + sessionMs,
    toMs: fetchMs + 2 * electionMs + sessionMs + metadataMs,
    formula: t(
      'it is the controller: controller.quorum.fetch.timeout.ms {0}, + up to twice controller.quorum.election.backoff.max.ms {1}, + broker.session.timeout.ms {2} anew, {3}',
      seconds(fetchMs),
      seconds(electionMs),
      seconds(sessionMs),
      metadataText(),
    ),
    by: t('session timeout'),
  };
}

function metadataText(): string {
  return t('+ up to {0} until clients ask for metadata again', seconds(metadataMs));
}
