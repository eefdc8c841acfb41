/** Nodes as the API told them. Pure. */
import type { Node } from '../../cluster/objects.ts';
import type { NodeEvent } from '../../journal/fault-events.ts';

export type NodeTold = Omit<NodeEvent, 't' | 'src' | 'kind'>;

/** Of a cluster with more nodes those are told of first that matter, the others when they change. */
const fewNodes = 20;

export class NodeBook {
  readonly #told = new Map<string, NodeTold>();
  readonly #seen = new Map<string, NodeTold>();
  #hasBegun = false;

  /** `places`: where what matters runs. */
  begin(places: ReadonlySet<string>): readonly NodeTold[] {
    this.#hasBegun = true;
    const all = [...this.#seen.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return all.filter(({ name }) => all.length <= fewNodes || places.has(name)).map((node) => this.#note(node));
  }

  put(node: Node): readonly NodeTold[] {
    const now = nodeTold(node);
    const before = this.#told.get(now.name) ?? this.#seen.get(now.name);
    this.#seen.set(now.name, now);
    if (!this.#hasBegun || (before !== undefined && before.ready === now.ready && before.schedulable === now.schedulable)) return [];
    return [this.#note(now)];
  }

  /** A node that is not there any more is not ready. */
  gone({ metadata: { name } }: Node): readonly NodeTold[] {
    this.#seen.delete(name);
    const before = this.#told.get(name);
    if (before === undefined || !this.#hasBegun) return [];
    this.#told.delete(name);
    return [{ name, ready: 'no', schedulable: false }];
  }

  #note(node: NodeTold): NodeTold {
    this.#told.set(node.name, node);
    return node;
  }
}

function nodeTold({ metadata: { name }, spec, status }: Node): NodeTold {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  return { name, ready: ready === 'True' ? 'yes' : ready === 'False' ? 'no' : 'unknown', schedulable: spec?.unschedulable !== true };
}
