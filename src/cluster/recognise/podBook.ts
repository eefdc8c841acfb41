/** What each pod is and what is counted of them, kept from one model to the next. */
import type { Pod } from '../objects.ts';
import { isSameJson } from '../same.ts';
import { Installation, placeOf, type Place } from './installations.ts';
import type { PodLine, PodTruth } from './model.ts';
import { podLine, podLineNow } from './pods.ts';
import { recognise } from './recognise.ts';

interface Entry {
  readonly pod: Pod;
  readonly truth: PodTruth | undefined;
  readonly isLost: boolean;
  /** It counts there. */
  readonly node: string | undefined;
  /** Undefined: of none of our engines. */
  readonly installation: Installation | undefined;
  readonly line: PodLine | undefined;
}

type Truth = ReadonlyMap<string, PodTruth>;

export class PodBook {
  readonly installations = new Map<string, Installation>();
  readonly podsOnNode = new Map<string, number>();
  /** Pods of none of our engines. */
  others = 0;
  /** Since somebody set it to false. */
  hasNewCounts = false;
  readonly #entries = new Map<string, Entry>();
  #lostNodes: ReadonlySet<string> = new Set();

  /** All that are there: the others are forgotten. On `lostNodes` nobody knows what pods do. */
  putAll(pods: ReadonlyMap<string, Pod>, truth: Truth, lostNodes: ReadonlySet<string>): void {
    this.#lostNodes = lostNodes;
    for (const [key, pod] of pods) this.put(key, pod, truth);
    this.forgetOthers(pods, truth);
  }

  /** Those that are not there any more: also what came and went before anybody was told of it. */
  forgetOthers(pods: ReadonlyMap<string, Pod>, truth: Truth): void {
    if (this.#entries.size > pods.size) for (const key of [...this.#entries.keys()]) if (!pods.has(key)) this.put(key, undefined, truth);
  }

  /** Undefined: it is gone. Costs next to nothing where nothing is another than before. */
  put(key: string, pod: Pod | undefined, truth: Truth): void {
    const known = this.#entries.get(key);
    if (pod === undefined) {
      if (known === undefined) return;
      this.#entries.delete(key);
      this.#count(known, -1);
      known.installation?.remove(key);
      return;
    }
    const said = pod.metadata.uid === undefined ? undefined : truth.get(pod.metadata.uid);
    const isLost = this.#lostNodes.has(pod.spec?.nodeName ?? '');
    if (known !== undefined && known.pod === pod && known.truth === said && known.isLost === isLost) return;
    if (known !== undefined && known.truth === said && isSameBeing(known.pod, pod)) {
      const line = known.line && podLineNow(known.line, pod, isLost);
      if ((line === undefined) === (known.line === undefined))
        return this.#note(key, { ...known, pod, isLost, node: countedOn(pod), line });
    }
    const recognised = recognise(pod);
    const installation = recognised === undefined ? undefined : this.installation(placeOf(recognised, pod.metadata.namespace ?? ''));
    if (known?.installation !== installation) known?.installation?.remove(key);
    const line = recognised === undefined ? undefined : podLine(pod, recognised, said, isLost);
    this.#note(key, { pod, truth: said, isLost, node: countedOn(pod), installation, line });
  }

  #note(key: string, entry: Entry): void {
    const known = this.#entries.get(key);
    const line = entry.line && entry.installation?.put(key, entry.pod, entry.line);
    this.#entries.set(key, { ...entry, line });
    if (known === undefined || known.node !== entry.node || known.installation !== entry.installation) {
      if (known !== undefined) this.#count(known, -1);
      this.#count(entry, 1);
    }
  }

  /** The one that is there, else a new one. */
  installation(place: Place): Installation {
    const known = this.installations.get(place.id);
    if (known !== undefined) return known;
    const made = new Installation(place);
    this.installations.set(place.id, made);
    return made;
  }

  #count({ node, installation }: Entry, by: 1 | -1): void {
    if (node !== undefined) this.podsOnNode.set(node, (this.podsOnNode.get(node) ?? 0) + by);
    if (installation === undefined) this.others += by;
    this.hasNewCounts = true;
  }
}

function countedOn({ spec, status }: Pod): string | undefined {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed' ? undefined : spec?.nodeName;
}

/** Only its status may be another: what it is told by and all that is shown of it beside its state are the same. */
function isSameBeing(a: Pod, b: Pod): boolean {
  const [one, other] = [a.metadata, b.metadata];
  return (
    one.uid === other.uid &&
    isSameJson(one.labels, other.labels) &&
    isSameJson(one.annotations, other.annotations) &&
    isSameJson(one.ownerReferences, other.ownerReferences) &&
    isSameJson(a.spec, b.spec)
  );
}
