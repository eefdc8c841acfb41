/** Engines of a cluster as servers that take SQL. */
import { invalid } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import { serverName, type ServerEngine, type ServerTarget } from '../base/target.ts';
import type { KubeContext } from './connect/kubeconfig.ts';
import type { EngineInstance } from './recognise/model.ts';

/** Engines that take SQL over HTTP. */
export function isSql(engine: string): engine is ServerEngine {
  return engine === 'trino' || engine === 'presto' || engine === 'clickhouse';
}

/** The Service that statements go to, by its place: the way there outlives its pods. Fails: `invalid`. */
export function serverOf(context: KubeContext, { engine, namespace, name, service }: EngineInstance): ServerTarget {
  if (!isSql(engine) || service === undefined || service.scheme === 'tcp')
    throw invalid(t('{0} has no Service that takes SQL', name), t('Connect to it by its address.'));
  const { name: serviceName, port, scheme } = service;
  const at = {
    kind: 'kubernetes',
    kubeconfig: context.file,
    context: context.name,
    namespace,
    service: serviceName,
    port,
    scheme,
  } as const;
  return { kind: 'server', engine, name: serverName(at), at, user: defaultUser(engine) };
}

/** Who asks where nobody is named. */
export function defaultUser(engine: ServerEngine): string {
  return engine === 'clickhouse' ? 'default' : 'faultline';
}
