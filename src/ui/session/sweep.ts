/** What faults left behind when nobody was there to heal them: looked for when a context is opened, and by command. No `vscode` import. */
import { normalise } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { protectionOf, type ProtectionLevels } from '../../cluster/act/levels.ts';
import { mayChange } from '../../cluster/act/protection.ts';
import { sweep, type Swept } from '../../fault/sweep.ts';
import type { RunStore } from '../../journal/store.ts';
import type { Log } from '../log.ts';
import type { Notifier } from '../notify.ts';
import type { Clusters, OpenCluster } from './clusters.ts';

export interface SweepParts {
  readonly clusters: Pick<Clusters, 'identify'>;
  readonly levels: () => ProtectionLevels;
  readonly store: Pick<RunStore, 'list'>;
  readonly notifier: Pick<Notifier, 'tell' | 'warn'>;
  readonly log: Pick<Log, 'info' | 'show'>;
  readonly wallMs: () => number;
}

/** Quiet where there is nothing, and where it may not look. Does not fail. */
export async function sweepOpened(cluster: OpenCluster, parts: SweepParts): Promise<void> {
  const { log, notifier } = parts;
  const { context } = cluster;
  try {
    if (!(await maySweep(cluster, parts))) return;
    const swept = await sweepOf(cluster, parts);
    const lines = sweptLines(swept, context.name);
    for (const line of lines) log.info(`sweep: ${line}`);
    if (swept.found.some(({ outcome }) => outcome !== 'healed'))
      notifier.warn(lines.join(' '), { title: t('Open Log'), run: () => log.show() });
    else if (swept.found.length > 0) notifier.tell(lines.join(' '));
  } catch (error) {
    const known = normalise(error);
    if (known.reason !== 'cancelled') log.info(`sweep of ${context.name}: ${known.facts.what}`);
  }
}

/** A read-only cluster is not changed from here, not even back. Fails as a request does: which cluster it is has to be known. */
export async function maySweep(cluster: OpenCluster, { clusters, levels }: Pick<SweepParts, 'clusters' | 'levels'>): Promise<boolean> {
  return mayChange(protectionOf(cluster.connection, await clusters.identify(cluster), levels()));
}

export async function sweepOf(
  { connection }: Pick<OpenCluster, 'connection'>,
  { store, wallMs }: Pick<SweepParts, 'store' | 'wallMs'>,
): Promise<Swept> {
  // Those that run heal their own.
  const alive = new Set((await store.list()).flatMap(({ run, state }) => (state === 'running' ? [run] : [])));
  return sweep(connection, { nowMs: wallMs(), alive }, AbortSignal.timeout(60_000));
}

export function sweptLines({ found, leases }: Swept, context: string): readonly string[] {
  return [
    ...found.map(({ title, outcome, text }) => {
      if (outcome === 'healed') return t('{0} in {1} was set back: a fault had left it changed.', title, context);
      return outcome === 'left'
        ? t('{0} in {1} was left as it is: {2}.', title, context, text ?? '')
        : t('{0} in {1} could not be set back: {2}.', title, context, text ?? '');
    }),
    ...(leases === 0 ? [] : [leases === 1 ? t('1 expired lock was removed.') : t('{0} expired locks were removed.', leases)]),
  ];
}
