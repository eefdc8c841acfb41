/** A server in a spec as the target of an arm. */
import { resolve } from 'node:path';
import { t } from '../../base/messages.ts';
import { defaultPort, serverName, serverUrl, type ServerEngine, type ServerPlace, type ServerTarget } from '../../base/target.ts';
import { readKubeconfigs } from '../../cluster/connect/kubeconfig.ts';
import { nearest } from '../../base/nearest.ts';
import type { PlanFacts } from './facts.ts';
import type { SpecEngine } from './schema.ts';

const embeddedKeys = ['file', 'threads', 'memory'] as const;
const clusterKeys = ['kubeconfig', 'context', 'namespace', 'service', 'port'] as const;

/** What is wrong is reported; then what is answered is of no use. */
export async function serverTargetOf(written: SpecEngine, engine: ServerEngine, path: string, facts: PlanFacts): Promise<ServerTarget> {
  const { report } = facts;
  for (const key of embeddedKeys) {
    if (written[key] !== undefined) report([path, key], t('“{0}” is of the embedded engine', key), t('Leave it out.'));
  }
  if (written.catalog === undefined && engine !== 'clickhouse' && written.schema !== undefined) {
    report([path, 'schema'], t('A schema is one of a catalog'), t('Write {0} too.', 'catalog'));
  }
  const at = await placeOf(written, engine, path, facts);
  const { user = defaultUser(engine), catalog, schema, scale, password, ca, tlsServerName } = written;
  return {
    kind: 'server',
    engine,
    name: serverName(at),
    at,
    user,
    ...(catalog === undefined ? {} : { catalog }),
    ...(schema === undefined ? {} : { schema }),
    ...(scale === undefined ? {} : { tpchScale: scale }),
    ...(password === undefined ? {} : { secret: password }),
    ...(ca === undefined ? {} : { caFile: resolve(facts.folder, ca) }),
    ...(tlsServerName === undefined ? {} : { tlsServerName }),
  };
}

/** Who the engines take for nobody in particular. */
export function defaultUser(engine: ServerEngine): string {
  return engine === 'clickhouse' ? 'default' : 'faultline';
}

const nowhere: ServerPlace = { kind: 'url', url: 'http://localhost' };

async function placeOf(written: SpecEngine, engine: ServerEngine, path: string, facts: PlanFacts): Promise<ServerPlace> {
  const { report } = facts;
  const { url, context, namespace, service, port = defaultPort(engine), scheme = 'http' } = written;
  if (url !== undefined) {
    const extra = clusterKeys.find((key) => written[key] !== undefined);
    if (extra !== undefined) report([path, extra], t('A server has a url or a place in a cluster'), t('Keep one of them.'));
    const origin = serverUrl(url);
    if (origin !== undefined) return { kind: 'url', url: origin };
    report([path, 'url'], t('{0} is not the address of a server', url), t('Write {0}.', 'http://localhost:8080'));
    return nowhere;
  }
  if (context === undefined || namespace === undefined || service === undefined) {
    const missing = [...(['context', 'namespace', 'service'] as const)].filter((key) => written[key] === undefined);
    report(
      [path],
      missing.length === 3 ? t('It is not said where the server is') : t('The place in the cluster lacks {0}', missing.join(', ')),
      t('Write {0}, or {1}.', 'url: http://localhost:8080', `{context: lab, namespace: analytics, service: ${engine}}`),
    );
    return nowhere;
  }
  const kubeconfig = await kubeconfigOf(written, context, path, facts);
  return { kind: 'kubernetes', kubeconfig, context, namespace, service, port, scheme };
}

/** Absolute path of the file that names the context. */
async function kubeconfigOf({ kubeconfig }: SpecEngine, context: string, path: string, facts: PlanFacts): Promise<string> {
  const { folder, readsFiles, kubeconfigs, report } = facts;
  const paths = kubeconfig === undefined ? kubeconfigs : [resolve(folder, kubeconfig)];
  if (!readsFiles) return paths[0] ?? '';
  const files = await readKubeconfigs(paths, paths);
  const known = files.flatMap((file) => ('error' in file ? [] : file.contexts));
  const found = known.find(({ name }) => name === context);
  if (found !== undefined) return found.file;
  const broken = files.flatMap((file) => ('error' in file ? [file.error] : []));
  const guess = nearest(
    context,
    known.map(({ name }) => name),
  );
  const [first] = broken;
  if (known.length === 0 && first !== undefined)
    report([path, kubeconfig === undefined ? 'context' : 'kubeconfig'], first.facts.what, first.facts.remedy);
  else
    report(
      [path, 'context'],
      t('No kubeconfig names the context {0}', context),
      guess === undefined ? t('Looked in {0}.', paths.join(', ')) : t('Did you mean {0}?', guess),
    );
  return paths[0] ?? '';
}
