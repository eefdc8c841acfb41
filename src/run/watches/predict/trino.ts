/** When a Trino or Presto stops counting on a worker that has ended. Pure. */
import { t } from '../../../base/messages.ts';
import { seconds, type Span } from './spans.ts';

/** Of `config.properties`, whatever is left of it is the default. */
export interface DetectorSettings {
  readonly threshold?: number;
  readonly isEnabled?: boolean;
}

/** Shares of failed heartbeats are weighed over a minute (`ExponentialDecay.oneMinute` of the detector). */
const decayMs = 60_000;
/** How often the coordinator looks at its nodes. */
const refreshMs = 5000;
/** From this version on Trino has another way. */
const lastVersion = 476;

/** "trinodb/trino:476" */
export function versionOf(image: string): number | undefined {
  const [, tag] = /:(?:v)?(\d{3})(?:\D|$)/.exec(image) ?? [];
  return tag === undefined ? undefined : Number(tag);
}

export function configOf(properties: string): DetectorSettings {
  const of = (name: string): string | undefined =>
    properties
      .split('\n')
      .map((line) => line.split('='))
      .find(([key]) => key?.trim() === `failure-detector.${name}`)?.[1]
      ?.trim();
  const threshold = Number(of('threshold') ?? NaN);
  const enabled = of('enabled');
  return { ...(Number.isNaN(threshold) ? {} : { threshold }), ...(enabled === undefined ? {} : { isEnabled: enabled === 'true' }) };
}

/** Its heartbeats fail from the end on, twice a second. `isAsked`: it could say that it goes. */
export function workerGone(
  engine: 'trino' | 'presto',
  image: string,
  { threshold = engine === 'presto' ? 0.01 : 0.1, isEnabled = true }: DetectorSettings,
  isAsked: boolean,
): Span | undefined {
  const version = versionOf(image);
  if (!isEnabled || threshold <= 0 || threshold >= 1) return undefined;
  if (engine === 'trino' && (version === undefined || version > lastVersion)) return undefined;
  const noticedMs = Math.round(-decayMs * Math.log(1 - threshold));
  return {
    fromMs: isAsked ? 0 : noticedMs,
    toMs: noticedMs + refreshMs + 1000,
    formula: t(
      '{0}failure-detector.threshold {1} of the heartbeats of a minute: {2}, + up to {3} until the coordinator looks at its nodes',
      isAsked ? t('at once where it says that it goes, else ') : '',
      threshold,
      seconds(noticedMs),
      seconds(refreshMs),
    ),
    by: t('failure detector'),
  };
}
