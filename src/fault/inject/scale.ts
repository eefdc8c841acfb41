/** The number of replicas, and back. */
import { t } from '../../base/messages.ts';
import { Consent, refuseSystem } from '../../cluster/act/protection.ts';
import { kindOf } from '../../cluster/act/target.ts';
import type { Workload } from '../../cluster/objects.ts';
import { pathOf } from '../../cluster/watch/kinds.ts';
import type { FaultTarget } from '../../journal/fault-plan.ts';
import type { FaultOf, Injection, Injector, PreparedFault } from '../injector.ts';
import { guarded } from '../healer/guarded.ts';
import { FieldEdit, type Field } from './edit.ts';
import { rehearsed, seen } from './wait.ts';

export const scale: Injector<FaultOf<'scale'>> = {
  kind: 'scale',
  rehearse: (injection, signal) =>
    rehearsed(async () => {
      const { kept } = await (await editOf(injection, signal)).rehearse(signal);
      return kept ? undefined : { kind: 'altered', text: t('The workload came back other than it was sent: a webhook alters it.') };
    }),
  prepare: async (injection, signal) => {
    const { connection, target, fault, timing } = injection;
    const edit = await editOf(injection, signal);
    const prepared: PreparedFault = {
      apply: async ({ deadlineMs }, ends) => {
        Consent.check(injection.consent('fault'), connection, 'fault');
        refuseSystem(target.namespace ?? '', 'fault');
        await edit.apply(deadlineMs, () => timing.nowMs(), ends);
      },
      effect: (ends) =>
        seen(
          async (looking) => {
            const { metadata, spec, status = {} } = await edit.read(looking);
            if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0) || spec?.replicas !== fault.replicas) return undefined;
            const count = status.replicas ?? 0;
            return count === fault.replicas ? t('The workload has {0} pods; it had {1}.', count, edit.original) : undefined;
          },
          t('The workload does not have {0} pods.', fault.replicas),
          timing,
          ends,
        ),
      heal: (ends) => edit.heal(ends),
      healed: (ends) =>
        seen(
          async (looking) => {
            if (edit.left !== undefined) return edit.left;
            const { metadata, spec, status = {} } = await edit.read(looking);
            const isSeen = (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);
            return isSeen && spec?.replicas === edit.original ? t('The workload is to have {0} replicas again.', edit.original) : undefined;
          },
          t('The number of replicas is not {0} again.', edit.original),
          timing,
          ends,
        ),
      undo: `kubectl scale -n ${target.namespace ?? ''} ${(target.workload ?? 'Deployment').toLowerCase()}/${target.name} --replicas=${edit.original}`,
      dispose: async () => undefined,
    };
    return guarded(injection, replicasOf(target), prepared, signal);
  },
};

function editOf(
  { connection, target, run, fault }: Injection<FaultOf<'scale'>>,
  signal: AbortSignal,
): Promise<FieldEdit<Workload, number>> {
  return FieldEdit.read(connection, replicasOf(target), run, fault.replicas, signal);
}

export function replicasOf(target: FaultTarget): Field<Workload, number> {
  const { workload = 'Deployment', namespace = '', name, uid } = target;
  return {
    path: pathOf(kindOf(workload), { namespace, name }),
    title: `${workload} ${namespace}/${name}`,
    uid,
    name: 'replicas',
    of: ({ spec }) => spec?.replicas ?? 1,
    patch: (replicas) => ({ spec: { replicas } }),
  };
}
