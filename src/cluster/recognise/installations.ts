/**
 * Which pods, workloads and resources make which installation, kept from one model to the next: an installation is judged anew only
 * when something that it is made from is another.
 */
import type { Pod, Service, Workload } from '../objects.ts';
import { isSameJson, isSameList } from '../same.ts';
import type { Found } from './found.ts';
import { byPlace, engineInstance, instanceId, withPods } from './instances.ts';
import { kafkaInstance, kafkaWithPods } from './kafka.ts';
import type { CustomResource } from './kinds.ts';
import type { EngineInstance, EngineKind, EngineRole, KafkaInstance, KafkaTruth, ObjectRef, PodLine } from './model.ts';
import type { Recognised } from './recognise.ts';

/** What else than pods an installation is made from. */
export interface Surroundings {
  readonly workloads: readonly { readonly workload: Workload; readonly ref: ObjectRef; readonly known: Recognised }[];
  readonly asked: ReadonlyMap<EngineRole, number>;
  readonly resource?: { readonly object: CustomResource; readonly ref: ObjectRef };
  /** Of its namespace. */
  readonly services: readonly Service[];
}

export interface Place extends Pick<Found, 'engine' | 'namespace' | 'instance' | 'variant'> {
  readonly id: string;
}

interface SeenPod {
  pod: Pod;
  line: PodLine;
  /** In what was made last. */
  shown: PodLine;
}

const alone: Surroundings = { workloads: [], asked: new Map(), services: [] };

export class Installation {
  readonly place: Place;
  readonly #pods = new Map<string, SeenPod>();
  /** By their place; missing when pods came or went. */
  #ordered: readonly SeenPod[] | undefined;
  #surroundings = alone;
  #isNameTaken = false;
  #made: EngineInstance | undefined;
  #kafka: { readonly of: EngineInstance; readonly truth: KafkaTruth | undefined; readonly made: KafkaInstance } | undefined;
  /** Another pod line; else what is made may be equal to what was. */
  #hasNewLine = false;
  /** It must be judged anew: something that it is judged by is another. */
  #isUnjudged = true;
  /** Pods whose new line tells nothing that an installation is judged by. */
  readonly #quiet = new Set<SeenPod>();

  constructor(place: Place) {
    this.place = place;
  }

  /** Something that it is made from is another. */
  get isDirty(): boolean {
    return this.#isUnjudged || this.#quiet.size > 0;
  }

  get isUnjudged(): boolean {
    return this.#isUnjudged;
  }

  get isEmpty(): boolean {
    const { workloads, asked, resource } = this.#surroundings;
    return this.#pods.size === 0 && workloads.length === 0 && asked.size === 0 && resource === undefined;
  }

  /** A heartbeat or an annotation leaves the line the same object, and nothing to do. */
  put(key: string, pod: Pod, line: PodLine): PodLine {
    const known = this.#pods.get(key);
    if (known === undefined) {
      this.#pods.set(key, { pod, line, shown: line });
      this.#reorder();
      return line;
    }
    const before = known.line;
    // What was made of another status alone.
    const isAlike = before.ref === line.ref;
    if (!isAlike && !isSameJson(bonds(known.pod), bonds(pod))) this.#isUnjudged = true;
    known.pod = pod;
    if (before === line || (!isAlike && isSameJson(before, line))) return before;
    known.line = line;
    if (isAlike && before.health === line.health && before.isReady === line.isReady) this.#quiet.add(known);
    else {
      this.#ordered = isAlike ? this.#ordered : undefined;
      this.#hasNewLine = true;
      this.#isUnjudged = true;
    }
    return line;
  }

  remove(key: string): void {
    const known = this.#pods.get(key);
    if (known === undefined) return;
    this.#pods.delete(key);
    this.#quiet.delete(known);
    this.#reorder();
  }

  /** What is there beside the pods; undefined: nothing any more. */
  surround(around: Omit<Surroundings, 'services'> | undefined, services: readonly Service[]): void {
    const now = { ...(around ?? alone), services };
    if (isSameSurroundings(this.#surroundings, now)) return;
    this.#surroundings = now;
    this.#isUnjudged = true;
  }

  /** Another installation has its name, and only the variant tells them apart. */
  share(isNameTaken: boolean): void {
    if (this.#isNameTaken === isNameTaken) return;
    this.#isNameTaken = isNameTaken;
    this.#isUnjudged = true;
  }

  /** The same object while nothing that is shown is another. */
  instance(): EngineInstance {
    const before = this.#made;
    if (before !== undefined && !this.isDirty) return before;
    if (before === undefined || this.#isUnjudged) {
      const made = engineInstance(this.#found(), this.#surroundings.services, this.#isNameTaken, before);
      if (before === undefined || this.#hasNewLine || this.#quiet.size > 0 || !isSameJson(before, made)) this.#made = made;
      for (const seen of this.#pods.values()) seen.shown = seen.line;
    } else {
      const renewed = [...this.#quiet].map(({ shown, line }) => [shown, line] as const);
      this.#made = withPods(before, renewed);
      if (this.#kafka?.of === before)
        this.#kafka = { ...this.#kafka, of: this.#made, made: kafkaWithPods(this.#kafka.made, this.#made, renewed) };
      for (const seen of this.#quiet) seen.shown = seen.line;
    }
    this.#quiet.clear();
    this.#isUnjudged = false;
    this.#hasNewLine = false;
    return this.#made ?? this.instance();
  }

  kafka(truth: KafkaTruth | undefined): KafkaInstance {
    const of = this.instance();
    if (this.#kafka?.of !== of || this.#kafka.truth !== truth)
      this.#kafka = { of, truth, made: kafkaInstance(of, truth, this.#kafka?.made) };
    return this.#kafka.made;
  }

  #reorder(): void {
    this.#ordered = undefined;
    this.#hasNewLine = true;
    this.#isUnjudged = true;
  }

  #found(): Found {
    const pods = (this.#ordered ??= [...this.#pods.values()].sort((a, b) => byPlace(a.line, b.line)));
    const { workloads, asked, resource } = this.#surroundings;
    const recognition = pods[0]?.line.recognised ?? workloads[0]?.known.recognition;
    return {
      ...this.place,
      pods,
      workloads: workloads.map(({ workload, ref, known }) => ({
        workload,
        ref,
        // The engine may have said another role of its pods than the workload's name does.
        role: pods.find(({ pod }) => isMadeBy(pod.metadata.ownerReferences?.[0]?.name, workload.metadata.name))?.line.role ?? known.role,
      })),
      asked,
      ...(recognition === undefined ? {} : { recognition }),
      ...(resource === undefined ? {} : { resource: { ...resource.object, ref: resource.ref } }),
    };
  }
}

/** Of the installation of a recognised pod or workload. */
export function placeOf({ engine, instance, variant }: Recognised, namespace: string): Place {
  const own = { instance, ...(variant === undefined ? {} : { variant }) };
  return { id: instanceId(engine, namespace, own), engine, namespace, ...own };
}

export function placeOfResource(engine: EngineKind, namespace: string, instance: string): Place {
  return { id: instanceId(engine, namespace, { instance }), engine, namespace, instance };
}

/** What an installation is told by, beside the pods' lines. */
function bonds({ metadata, spec }: Pod): readonly unknown[] {
  return [metadata.labels, metadata.ownerReferences?.[0]?.name, spec?.containers?.map(({ image }) => image)];
}

function isMadeBy(owner: string | undefined, workload: string): boolean {
  return owner !== undefined && owner.startsWith(workload) && (owner === workload || owner.replace(/-[^-]+$/, '') === workload);
}

function isSameSurroundings(a: Surroundings, b: Surroundings): boolean {
  return (
    isSameList(a.services, b.services) &&
    isSameList(
      a.workloads.map(({ workload }) => workload),
      b.workloads.map(({ workload }) => workload),
    ) &&
    a.resource?.object === b.resource?.object &&
    isSameList([...a.asked].flat(), [...b.asked].flat())
  );
}
