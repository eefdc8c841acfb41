/** From which places users' requests are made: two vantages for each engine, away from what is broken. Pure. */
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { EngineInstance } from '../cluster/recognise/model.ts';
import type { FaultPlan, FaultTarget, PlannedProbe, ProbeLogin } from '../journal/fault-plan.ts';
import type { DraftProbe } from './draft.ts';
import type { FaultScene } from './scene.ts';
import { one } from './target/engine.ts';

/** Must touch what is tested: of Trino every worker has splits of a table of tpch, however small it is. */
const asksOf: Readonly<Record<PlannedProbe['engine'], string>> = {
  trino: 'select count(*) from tpch.tiny.nation',
  clickhouse: 'select 1',
  kafka: 'write to and read from faultline-probe',
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
    const address = draft.address ?? addressOf(instance, draft.engine);
    const login = draft.login ?? (instance === undefined ? undefined : loginOf(scene, instance));
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
        ...(login === undefined ? {} : { login }),
      });
  }
  return probes;
}

/** Where the vantages' pods are made: beside the engine they ask, whose brokers may call themselves by short names; else beside the target. */
export function namespaceOfProbes({ probes, faults }: Pick<FaultPlan, 'probes' | 'faults'>, otherwise: string): string {
  const asked = probes.map(({ address }) => /^[^.]+\.([^.]+)\.svc\b/.exec(address)?.[1]).find((one) => one !== undefined);
  return asked ?? faults.flatMap(({ targets }) => targets.flatMap(({ namespace }) => namespace ?? []))[0] ?? otherwise;
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
