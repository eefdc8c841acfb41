/** What a pod is, by the tables of marks. */
import type { Pod, PodSpec } from '../objects.ts';
import { beside, kafkaMarks } from './kafka-marks.ts';
import { type LabelTest, type Mark, sqlMarks } from './marks.ts';
import type { EngineKind, EngineRole, Recognition } from './model.ts';
import { otherMarks } from './more-marks.ts';
import { ordinalOf, type Owner, ownerOf } from './owner.ts';

export interface Recognised {
  readonly engine: EngineKind;
  readonly role: EngineRole;
  /** No mark said the role: the engine may know better. */
  readonly roleIsGuess: boolean;
  readonly instance: string;
  /** Tells apart two installations in one release. */
  readonly variant?: string;
  readonly shard?: string;
  readonly replica?: string;
  readonly owner: Owner;
  readonly recognition: Recognition;
}

/** A pod, or the template that a workload makes pods from. */
export interface PodLike {
  readonly metadata: Pod['metadata'];
  readonly spec?: PodSpec;
}

const marks: readonly Mark[] = [...sqlMarks, ...kafkaMarks, ...otherMarks];

/** Undefined for what is none of our engines. `owner` where it isn't what the pod's own references say. */
export function recognise(pod: PodLike, owner: Owner = ownerOf(pod)): Recognised | undefined {
  const labels = pod.metadata.labels ?? {};
  if (isBeside(pod, owner)) return undefined;
  for (const mark of marks) {
    const why = matches(mark, pod);
    if (why === undefined) continue;
    const role = mark.role === 'workload' ? roleOf(mark, pod, owner) : { role: mark.role, isGuess: false };
    const shard = mark.shard === undefined ? undefined : labels[mark.shard];
    const replica = (mark.replica === undefined ? undefined : labels[mark.replica]) ?? ordinalOf(pod);
    const variant = mark.isNameFree === true ? labels['app.kubernetes.io/name'] : undefined;
    const named = mark.instance?.map((key) => labels[key]).find((value) => value !== undefined && value !== '');
    return {
      engine: mark.engine,
      role: role.role,
      roleIsGuess: role.isGuess,
      instance: named === undefined ? withoutRole(owner.name) : withoutEnd(named, mark.suffix),
      ...(variant === undefined || named === undefined || variant === mark.engine || variant === named ? {} : { variant }),
      ...(shard === undefined ? {} : { shard }),
      ...(replica === undefined ? {} : { replica }),
      owner,
      recognition: { confidence: mark.confidence, why, layout: mark.layout },
    };
  }
  return undefined;
}

/** Pods that run an engine's image, yet are no node of it: tests and jobs of charts, what operators put beside the brokers. */
function isBeside({ metadata }: PodLike, owner: Owner): boolean {
  return (
    owner.kind === 'Job' ||
    metadata.annotations?.['helm.sh/hook'] !== undefined ||
    beside.some((test) => labelsOf(metadata.labels ?? {}, [test]) !== undefined)
  );
}

/** The reason in words, undefined where the mark isn't there. */
function matches(mark: Mark, pod: PodLike): string | undefined {
  const reasons: string[] = [];
  if (mark.absent?.some((key) => pod.metadata.labels?.[key] !== undefined) === true) return undefined;
  if (mark.labels !== undefined) {
    const found = labelsOf(pod.metadata.labels ?? {}, mark.labels);
    if (found === undefined) return undefined;
    reasons.push(`label ${found}`);
  }
  const containers = pod.spec?.containers ?? [];
  if (mark.container !== undefined) {
    const container = containers.find(({ name }) => mark.container?.includes(name));
    if (container === undefined) return undefined;
    reasons.push(`container ${container.name}`);
  }
  if (mark.image !== undefined) {
    const image = containers
      .map((container) => repositoryOf(container.image ?? ''))
      .find((repository) => fits(repository, mark.image ?? []));
    if (image === undefined) return undefined;
    // Someone's shell in an engine's image: nobody owns it, and it listens to nothing.
    const isAlone = (pod.metadata.ownerReferences ?? []).length === 0 && containers.every(({ ports }) => (ports ?? []).length === 0);
    if (isAlone && mark.labels === undefined && !isTemplate(pod)) return undefined;
    reasons.push(`image ${image}`);
  }
  if (mark.ports !== undefined) {
    const open = new Set(containers.flatMap(({ ports }) => (ports ?? []).map(({ containerPort }) => containerPort)));
    if (!mark.ports.every((port) => open.has(port))) return undefined;
    reasons.push(`${mark.ports.length === 1 ? 'port' : 'ports'} ${mark.ports.join(', ')}`);
  }
  return reasons.join(', ');
}

/** Of a workload: it has no uid of its own. */
function isTemplate({ metadata }: PodLike): boolean {
  return metadata.uid === undefined;
}

const prefix = 'app.kubernetes.io/';

/** "app.kubernetes.io/name=trino, component=worker": the prefix stands once. */
function labelsOf(labels: Readonly<Record<string, string>>, tests: readonly LabelTest[]): string | undefined {
  const found: string[] = [];
  for (const [key, ...values] of tests) {
    const value = labels[key];
    if (value === undefined || (values.length > 0 && !fits(value, values))) return undefined;
    const known = found.some((before) => before.startsWith(prefix)) && key.startsWith(prefix);
    found.push(`${known ? key.slice(prefix.length) : key}=${value}`);
  }
  return found.join(', ');
}

function fits(value: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    if (pattern.endsWith('*')) return value.startsWith(pattern.slice(0, -1));
    return pattern.startsWith('*') ? value.endsWith(pattern.slice(1)) : value === pattern;
  });
}

/** `docker.io/trinodb/trino:476@sha256:…` is `trinodb/trino`. */
export function repositoryOf(image: string): string {
  const [path = ''] = image.split('@');
  const parts = path.split('/');
  const first = parts[0] ?? '';
  const withoutRegistry = parts.length > 1 && (/[.:]/.test(first) || first === 'localhost') ? parts.slice(1) : parts;
  return withoutRegistry.join('/').replace(/:[^/:]*$/, '');
}

/** The tag of the container's image, where it looks like a version. */
export function versionOf(image: string): string | undefined {
  const tag = /:([^/:@]+)(?:@.*)?$/.exec(image)?.[1];
  // Strimzi's tags name its own version first.
  const own = /-kafka-(\d.*)$/.exec(tag ?? '')?.[1];
  return own ?? (tag !== undefined && /^v?\d/.test(tag) ? tag : undefined);
}

interface FoundRole {
  readonly role: EngineRole;
  readonly isGuess: boolean;
}

function roleOf(mark: Mark, pod: PodLike, owner: Owner): FoundRole {
  if (mark.engine === 'kafka') return { role: kafkaRole(pod, owner), isGuess: false };
  const labels = pod.metadata.labels ?? {};
  const said = [labels['app.kubernetes.io/component'], labels['component'], labels['role']].find((value) => value !== undefined);
  const text = said ?? owner.name;
  const { engine } = mark;
  if (engine === 'clickhouse') return { role: /keeper/i.test(text) ? 'keeper' : 'server', isGuess: said === undefined };
  if (/worker/i.test(text)) return { role: 'worker', isGuess: false };
  if (/resource-?manager/i.test(text)) return { role: 'resource manager', isGuess: false };
  // One node alone is its own coordinator; the engine says it when this is wrong.
  return { role: 'coordinator', isGuess: !/coordinator/i.test(text) };
}

function kafkaRole(pod: PodLike, owner: Owner): EngineRole {
  const labels = pod.metadata.labels ?? {};
  const env = new Map(
    (pod.spec?.containers ?? []).flatMap((container) => (container.env ?? []).map(({ name, value }) => [name, value] as const)),
  );
  const roles = env.get('KAFKA_PROCESS_ROLES') ?? env.get('KAFKA_CFG_PROCESS_ROLES');
  if (roles !== undefined) {
    const isController = roles.includes('controller');
    if (roles.includes('broker')) return isController ? 'broker and controller' : 'broker';
    if (isController) return 'controller';
  }
  const said = labels['app.kubernetes.io/component'];
  if (said === 'broker' || said === 'controller') return said;
  if (said === 'controller-eligible') return 'broker and controller';
  return /controller/i.test(owner.name) ? 'controller' : 'broker';
}

function withoutEnd(name: string, end: string | undefined): string {
  return end !== undefined && name.endsWith(end) && name !== end ? name.slice(0, -end.length) : name;
}

/** `analytics-trino-worker` is of `analytics-trino`. */
function withoutRole(workload: string): string {
  return workload.replace(/-(coordinator|worker|resource-manager|server|keeper|broker|controller|master)s?$/, '');
}
