/** Whether a node of the lab is whole again: asked of the lab's own program where it is on this machine, else of the node's kubelet. */
import { t } from '../../base/messages.ts';
import type { KubeObject } from '../../cluster/objects.ts';
import { pathOf } from '../../cluster/watch/kinds.ts';
import { isBroken, labKinds } from '../../fault/inject/lab-node.ts';
import { seen } from '../../fault/inject/wait.ts';
import type { Lab } from '../../fault/lab/labs.ts';
import type { Asked, Settled } from './asked.ts';

/** Clocks of the journal and of the order differ by what an order takes. */
const sameFaultMs = 5000;

export async function settleLabNode(asked: Asked, signal: AbortSignal): Promise<Settled> {
  const { connection, open, timing, labs, identity } = asked;
  const lab = await labs.find(identity.split('/')[0] ?? '');
  if (lab !== undefined) return ofLab(asked, lab, signal);
  const look = renewedLease(asked);
  const missing = t('Its kubelet is not heard, and the lab of {0} is not on this machine.', connection.context.name);
  const { proven, text } = await seen(look, missing, timing, signal);
  return proven ? { end: timing.nowMs() >= open.shown.deadlineMs ? 'expired' : 'healed', text } : { end: 'unconfirmed', text };
}

async function ofLab({ open, timing }: Asked, lab: Lab, signal: AbortSignal): Promise<Settled> {
  const { shown, target, planned } = open;
  const kind = labKinds.get(planned.kind);
  const command = lab.healCommand(target.name);
  if (kind === undefined) return { end: 'unconfirmed', text: t('The lab does not know this kind.'), command };
  const node = lab.attend(target.name);
  let wasTold = false;
  let failed = '';
  try {
    const { proven, text } = await seen(
      async (looking) => {
        const truth = await node.look(looking);
        failed = truth.failed ?? '';
        const { fault } = truth;
        if (!isBroken(kind, truth)) return t('The lab says that node {0} is whole.', target.name);
        if (fault !== undefined && (fault.kind !== kind || Math.abs(fault.untilMs - shown.deadlineMs) > sameFaultMs))
          return t('Node {0} has a fault of somebody else by now, which was left.', target.name);
        if (!wasTold && fault !== undefined) {
          await node.heal(fault, looking);
          wasTold = true;
        }
        return undefined;
      },
      t('The lab’s node is not as it was.'),
      timing,
      signal,
    );
    if (!proven) return { end: 'unconfirmed', text: failed === '' ? text : `${text} ${failed}`, command };
    return { end: !wasTold && timing.nowMs() >= shown.deadlineMs ? 'expired' : 'healed', text };
  } finally {
    await node.dispose();
  }
}

const nodeLeases = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' } as const;
type NodeLease = KubeObject & { readonly spec?: { readonly renewTime?: string } };

/** A kubelet renews its lease every 10 s, and none does that whose node is off, cut off or frozen: a renewal that is seen tells. */
function renewedLease({ connection, open: { target } }: Asked): (signal: AbortSignal) => Promise<string | undefined> {
  let first: string | undefined;
  return async (signal) => {
    const path = pathOf(nodeLeases, { namespace: 'kube-node-lease', name: target.name });
    const renewed = (await connection.request<NodeLease>({ path, signal })).spec?.renewTime;
    if (first !== undefined && renewed !== undefined && renewed !== first) return t('Node {0} renews its lease again.', target.name);
    first ??= renewed;
    return undefined;
  };
}
