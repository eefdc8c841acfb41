/** From which places users' requests are made: two vantages for each engine, away from what is broken. Pure. */
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { KafkaLogin } from '../base/kafkaLogin.ts';
import { chooseListener, listenersOf } from '../cluster/kafkaListeners.ts';
import type { EngineInstance } from '../cluster/recognise/model.ts';
import type { FaultPlan, FaultTarget, PlannedAccess, PlannedMessages, PlannedProbe, ProbeLogin } from '../journal/fault-plan.ts';
import type { DraftMessages, DraftProbe } from './draft.ts';
import { probeTopic } from './marks.ts';
import type { FaultScene } from './scene.ts';
import { one } from './target/engine.ts';

/** Must touch what is tested: of Trino every worker has splits of a table of tpch, however small it is. */
const asksOf: Readonly<Record<PlannedProbe['engine'], string>> = {
  trino: 'select count(*) from tpch.tiny.nation',
  clickhouse: 'select 1',
  kafka: `write to and read from ${probeTopic}`,
};

/** Fails: `notFound`, `invalid` (which engine is meant can't be told; it has no Service). `targets`: of all faults. */
export function plannedProbes(
  scene: FaultScene,
  drafts: readonly DraftProbe[],
  targets: readonly FaultTarget[],
  namespace?: string,
): readonly PlannedProbe[] {
  const notOn = nodesOf(targets);
  const probes: PlannedProbe[] = [];
  for (const draft of drafts) {
    const instance = draft.address === undefined ? instanceOf(scene, draft, draft.namespace ?? namespace) : undefined;
    const { address, ...access } =
      draft.address === undefined ? accessOf(scene, instance, draft) : { ...given(draft), address: draft.address };
    if (draft.engine === 'trino' && access.login?.password !== undefined && !address.startsWith('https://'))
      throw new FaultlineError('invalid', {
        what: t('A password of Trino goes over https alone, and {0} is not', address),
        remedy: t('Write the address of the probe: {0}.', 'https://trino.analytics.svc:8443'),
      });
    const connections = draft.connection === undefined ? (['pooled', 'fresh'] as const) : [draft.connection];
    for (const connection of connections)
      probes.push({
        id: idOf(probes.length),
        title: drafts.length === 1 ? connection : `${draft.engine}, ${connection}`,
        engine: draft.engine,
        address,
        connection,
        asks: draft.asks ?? asksOf[draft.engine],
        perSecond: draft.perSecond,
        notOn,
        ...access,
      });
  }
  return probes;
}

/** With the place of those who write and read them. Fails as `plannedProbes`. */
export function plannedMessages(
  scene: FaultScene,
  { address, login, tls, ...messages }: DraftMessages,
  targets: readonly FaultTarget[],
  namespace?: string,
): PlannedMessages {
  const uids = new Set(targets.map(({ uid }) => uid));
  const { items } = scene.model.kafka;
  const hit = items.find(({ roles }) => roles.some(({ pods }) => pods.some(({ ref }) => ref.uid !== undefined && uids.has(ref.uid))));
  const draft = { engine: 'kafka', perSecond: 0, ...given({ login, tls }) } as const;
  const place = address === undefined ? accessOf(scene, hit ?? instanceOf(scene, draft, namespace), draft) : { ...given(draft), address };
  return { ...messages, place: { ...place, notOn: nodesOf(targets) } };
}

/** Beside the brokers, which may call themselves by short names. */
export function namespaceOfMessages({ place }: PlannedMessages, otherwise: string): string {
  return namespaceIn(place?.address ?? '') ?? otherwise;
}

/** Where something of a run is made in the cluster, each once. */
export function namespacesOf(plan: Pick<FaultPlan, 'probes' | 'faults' | 'messages'>, otherwise: string): readonly string[] {
  const { probes, messages } = plan;
  return [
    ...new Set([
      ...(probes.length === 0 ? [] : [namespaceOfProbes(plan, otherwise)]),
      ...(messages === undefined ? [] : [namespaceOfMessages(messages, otherwise)]),
    ]),
  ];
}

/** Where the vantages' pods are made: beside the engine they ask, whose brokers may call themselves by short names; else beside the target. */
export function namespaceOfProbes({ probes, faults }: Pick<FaultPlan, 'probes' | 'faults'>, otherwise: string): string {
  const asked = probes.map(({ address }) => namespaceIn(address)).find((one) => one !== undefined);
  return asked ?? faults.flatMap(({ targets }) => targets.flatMap(({ namespace }) => namespace ?? []))[0] ?? otherwise;
}

function namespaceIn(address: string): string | undefined {
  return /^[^.]+\.([^.]+)\.svc\b/.exec(address)?.[1];
}

/** The nodes on which a vantage would feel the fault itself. */
export function nodesOf(targets: readonly FaultTarget[]): readonly string[] {
  const names = targets.flatMap(({ kind, name, node }) => (kind === 'node' ? [name] : node === undefined ? [] : [node]));
  return [...new Set(names)].toSorted();
}

function instanceOf(scene: FaultScene, { engine, instance }: DraftProbe, namespace: string | undefined): EngineInstance {
  return one(
    scene,
    instance === undefined ? {} : { instance },
    namespace,
    (candidate) => candidate.engine === engine || (engine === 'trino' && candidate.engine === 'presto'),
    engine,
  );
}

interface Access extends PlannedAccess {
  readonly address: string;
}

function given({
  login,
  tls,
}: {
  readonly login?: PlannedAccess['login'] | undefined;
  readonly tls?: PlannedAccess['tls'] | undefined;
}): PlannedAccess {
  return { ...(login === undefined ? {} : { login }), ...(tls === undefined ? {} : { tls }) };
}

/** Fails: `unauthorised` where no listener of a Kafka takes the login, or none. */
function accessOf(scene: FaultScene, instance: EngineInstance | undefined, draft: DraftProbe): Access {
  const address = addressOf(instance, draft.engine);
  if (instance === undefined) return { ...given(draft), address };
  if (instance.engine !== 'kafka') return { ...given({ ...draft, login: draft.login ?? loginOf(scene, instance) }), address };
  const uids = new Set(instance.roles.flatMap((role) => role.pods.map(({ ref }) => ref.uid)));
  const pod = scene.pods.find(({ metadata }) => metadata.uid !== undefined && uids.has(metadata.uid));
  const { login, tls } = draft;
  if (pod === undefined) return { ...given(draft), address };
  const { user, mechanism } = login ?? {};
  const asked: KafkaLogin | undefined =
    login === undefined && tls === undefined
      ? undefined
      : {
          ...(user === undefined ? {} : { sasl: { user, password: '', ...(mechanism === undefined ? {} : { mechanism }) } }),
          ...(tls === undefined ? {} : { isTls: true }),
        };
  const { listener, credentials } = chosen(listenersOf(pod), instance.name, asked);
  // Of a listener that wants nothing the Service's own port is the users' way.
  if (asked === undefined) return { address };
  const { sasl, tls: speaksTls } = credentials;
  return {
    ...given({
      login: login === undefined || sasl === undefined ? login : { ...login, mechanism: sasl.mechanism },
      tls: tls ?? (speaksTls === undefined ? undefined : {}),
    }),
    address: address.replace(/:\d+$/, `:${listener.port}`),
  };
}

function chosen(...args: Parameters<typeof chooseListener>): ReturnType<typeof chooseListener> {
  try {
    return chooseListener(...args);
  } catch (error) {
    if (!FaultlineError.is(error, 'unauthorised')) throw error;
    const remedy = t(
      'Write {0} with the probe and the messages: who logs in, and the Secret with the password.',
      'user: app, secret: kafka-users/app',
    );
    throw new FaultlineError('unauthorised', { ...error.facts, remedy }, error);
  }
}

/** As clients inside of the cluster name it. */
function addressOf(instance: EngineInstance | undefined, engine: DraftProbe['engine']): string {
  const { service, namespace = '', name = '' } = instance ?? {};
  if (service === undefined)
    throw new FaultlineError('notFound', {
      what: t('{0}/{1} has no Service that clients connect to', namespace, name),
      remedy: t('Write the address of the probe: {0}.', `${engine}.${namespace}.svc:${engine === 'kafka' ? 9092 : 8080}`),
    });
  return `${service.name}.${namespace}.svc:${service.port}`;
}

const passwordVariable = /^CLICKHOUSE_(?:ADMIN_)?PASSWORD$/;
const userVariable = /^CLICKHOUSE_(?:ADMIN_)?USER$/;

/** A ClickHouse takes its own password from a Secret that its pods name. */
function loginOf({ pods }: FaultScene, { engine, roles }: EngineInstance): ProbeLogin | undefined {
  if (engine !== 'clickhouse') return undefined;
  const uids = new Set(roles.flatMap((role) => role.pods.map(({ ref }) => ref.uid)));
  const variables = pods
    .filter(({ metadata }) => uids.has(metadata.uid))
    .flatMap(({ spec }) => spec?.containers?.flatMap(({ env = [] }) => env) ?? []);
  const { name: secret, key } = variables.find(({ name }) => passwordVariable.test(name))?.valueFrom?.secretKeyRef ?? {};
  const user = variables.find(({ name }) => userVariable.test(name))?.value ?? 'default';
  return secret === undefined || key === undefined ? undefined : { user, password: { secret, key } };
}

/** a, b … z, aa */
function idOf(index: number): string {
  const letter = String.fromCharCode(97 + (index % 26));
  return index < 26 ? letter : idOf(Math.floor(index / 26) - 1) + letter;
}
