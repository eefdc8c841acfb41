/** From which places users' requests are made: two vantages for each engine, away from what is broken. Pure. */
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { FaultTarget, PlannedProbe } from '../journal/fault-plan.ts';
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
    const address = draft.address ?? addressOf(scene, draft, draft.namespace ?? namespace);
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
      });
  }
  return probes;
}

/** The nodes on which a vantage would feel the fault itself. */
export function nodesOf(targets: readonly FaultTarget[]): readonly string[] {
  const names = targets.flatMap(({ kind, name, node }) => (kind === 'node' ? [name] : node === undefined ? [] : [node]));
  return [...new Set(names)].toSorted();
}

/** As clients inside of the cluster name it. */
function addressOf(scene: FaultScene, { engine, instance }: DraftProbe, namespace: string | undefined): string {
  const found = one(
    scene,
    instance === undefined ? {} : { instance },
    namespace,
    (candidate) => candidate.engine === engine || (engine === 'trino' && candidate.engine === 'presto'),
    engine,
  );
  const { service } = found;
  if (service === undefined)
    throw new FaultlineError('notFound', {
      what: t('{0}/{1} has no Service that clients connect to', found.namespace, found.name),
      remedy: t('Write the address of the probe: {0}.', `${engine}.${found.namespace}.svc:${engine === 'kafka' ? 9092 : 8080}`),
    });
  return `${service.name}.${found.namespace}.svc:${service.port}`;
}

/** a, b … z, aa */
function idOf(index: number): string {
  const letter = String.fromCharCode(97 + (index % 26));
  return index < 26 ? letter : idOf(Math.floor(index / 26) - 1) + letter;
}
