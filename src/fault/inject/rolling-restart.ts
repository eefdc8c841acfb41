/** All pods of a workload, as its own strategy says. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { refuseUnrestartable, restartRequest, type Restarted, type WithStrategy } from '../../cluster/act/change.ts';
import { Consent, refuseSystem } from '../../cluster/act/protection.ts';
import { kindOf, selectorText } from '../../cluster/act/target.ts';
import type { KubeObject } from '../../cluster/objects.ts';
import { kinds, pathOf } from '../../cluster/watch/kinds.ts';
import type { FaultTarget } from '../../journal/fault-plan.ts';
import { factsOf } from '../catalogue.ts';
import type { FaultOf, Injection, Injector } from '../injector.ts';
import { listAll } from '../list.ts';
import { runMark, timeText } from '../marks.ts';
import { overAtOnce, rehearsed, seen } from './wait.ts';

export const rollingRestart: Injector<FaultOf<'rollingRestart'>> = {
  kind: 'rollingRestart',
  rehearse: (injection, signal) =>
    rehearsed(async () => {
      await readSame(injection, signal);
      const request = restartRequest(restartedOf(injection.target), marksOf(injection), injection.target.uid);
      await injection.connection.request({ ...request, query: { ...request.query, dryRun: 'All' }, signal });
      return undefined;
    }),
  prepare: async (injection, signal) => {
    const { connection, target, timing } = injection;
    const { spec } = await readSame(injection, signal);
    const podsNow = async (ends: AbortSignal): Promise<ReadonlySet<string>> => {
      const query = { labelSelector: selectorText(spec?.selector ?? {}) };
      const pods = await listAll<KubeObject>(connection, pathOf(kinds.pods, { namespace: target.namespace ?? '' }), ends, query);
      return new Set(pods.flatMap(({ metadata }) => metadata.uid ?? []));
    };
    const before = await podsNow(signal);
    return overAtOnce(factsOf('rollingRestart').heals, {
      apply: async (_, ends) => {
        Consent.check(injection.consent('restart'), connection, 'restart');
        refuseSystem(target.namespace ?? '', 'restart');
        await connection.request({ ...restartRequest(restartedOf(target), marksOf(injection), target.uid), signal: ends });
      },
      effect: (ends) =>
        seen(
          async (looking) => {
            const now = await podsNow(looking);
            const replaced = [...before].filter((uid) => !now.has(uid)).length;
            return replaced === 0 ? undefined : t('{0} of {1} pods are gone.', replaced, before.size);
          },
          t('None of its {0} pods has been replaced.', before.size),
          timing,
          ends,
        ),
    });
  },
};

async function readSame({ connection, target }: Injection<FaultOf<'rollingRestart'>>, signal: AbortSignal): Promise<WithStrategy> {
  const workload = restartedOf(target);
  const object = await connection.request<WithStrategy>({ path: pathOf(kindOf(workload.kind), workload), signal });
  if (object.metadata.uid !== target.uid)
    throw new FaultlineError('refusedByProtection', {
      what: t('{0} {1} is another one by now', workload.kind, workload.name),
      remedy: t('Look at it again before you break it.'),
    });
  refuseUnrestartable(workload, object);
  return object;
}

function restartedOf({ workload = 'Deployment', namespace = '', name }: FaultTarget): Restarted {
  return { kind: workload, namespace, name };
}

function marksOf({ run, timing }: Injection): Readonly<Record<string, string>> {
  return { 'kubectl.kubernetes.io/restartedAt': timeText(timing.nowMs()), [runMark]: run };
}
