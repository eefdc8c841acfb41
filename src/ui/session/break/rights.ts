/** Which kinds a person may do at all, as far as their known rights tell: menus and forms offer no others. No `vscode` import. */
import { t } from '../../../base/messages.ts';
import type { Permissions } from '../../../cluster/act/permissions.ts';
import { wishText } from '../../../cluster/act/permissions.ts';
import { isSystem } from '../../../cluster/act/protection.ts';
import type { LineSubject } from '../../../cluster/recognise/model.ts';
import { factsOf, faultKinds } from '../../../fault/catalogue.ts';
import { needsOf } from '../../../fault/needs.ts';
import type { FaultKind, FaultTarget } from '../../../journal/fault-plan.ts';
import type { OpenCluster } from '../clusters.ts';

type Place = Pick<FaultTarget, 'kind' | 'namespace' | 'workload'>;

/** Asked of every row that is drawn: an answer is kept as long as the rights are the same. */
export class BreakRights {
  readonly #known = new WeakMap<Permissions, Map<string, boolean>>();

  /** Whether a menu offers it. What nobody knows yet is offered; its preview says no. */
  offers(subject: LineSubject, cluster: OpenCluster): boolean {
    switch (subject.kind) {
      case 'pod':
      case 'broker': {
        const pod = subject.kind === 'pod' ? subject.pod : subject.broker.pod;
        return pod !== undefined && this.#any(cluster, ['pod'], pod.ref.namespace);
      }
      case 'engine':
        return this.#any(cluster, ['pod', 'workload'], subject.instance.namespace);
      case 'role':
        return subject.role.role !== 'operator' && this.#any(cluster, ['pod', 'workload'], subject.instance.namespace);
      case 'shard':
        return this.#any(cluster, ['pod'], subject.instance.namespace);
      case 'node':
        return !subject.node.roles.some((role) => controlPlane.has(role)) && this.#any(cluster, ['node'], undefined);
      default:
        return false;
    }
  }

  #any(cluster: OpenCluster, kinds: readonly FaultTarget['kind'][], namespace: string | undefined): boolean {
    if (namespace !== undefined && isSystem(namespace)) return false;
    const permissions = cluster.permissions.now(namespace);
    if (permissions === undefined) return true;
    const known = this.#known.get(permissions) ?? new Map<string, boolean>();
    this.#known.set(permissions, known);
    const key = kinds.join();
    const before = known.get(key);
    if (before !== undefined) return before;
    const may = faultKinds.some(
      (kind) =>
        kind !== 'none' &&
        kinds.some((of) => factsOf(kind).fits.includes(of) && missing(kind, placeOf(of, namespace), cluster) === undefined),
    );
    known.set(key, may);
    return may;
  }
}

const controlPlane: ReadonlySet<string> = new Set(['control-plane', 'master', 'etcd']);

/** Why a kind is not possible on any of these, in words; undefined: it may be. */
export function whyNot(
  kind: FaultKind,
  targets: readonly FaultTarget['kind'][],
  namespace: string | undefined,
  cluster: OpenCluster,
): string | undefined {
  const fitting = targets.filter((of) => factsOf(kind).fits.includes(of));
  const why = fitting.map((of) => missing(kind, placeOf(of, namespace), cluster));
  return why.length > 0 && why.every((text) => text !== undefined) ? why[0] : undefined;
}

function missing(kind: FaultKind, place: Place, { permissions }: OpenCluster): string | undefined {
  for (const need of needsOf(kind, place)) {
    if (permissions.now(need.namespace)?.can(need) === false) return t('You may not {0}.', wishText(need, need.namespace));
  }
  return undefined;
}

function placeOf(kind: FaultTarget['kind'], namespace: string | undefined): Place {
  return { kind, ...(namespace === undefined ? {} : { namespace }) };
}
