/** Clients of one cluster. Every request has a bound: a lab that hangs must fail a test, not hold it. */
import {
  AppsV1Api,
  AutoscalingV2Api,
  BatchV1Api,
  CoreV1Api,
  createConfiguration,
  DiscoveryV1Api,
  HttpMethod,
  KubeConfig,
  KubernetesObjectApi,
  NetworkingV1Api,
  PatchStrategy,
  ServerConfiguration,
} from '@kubernetes/client-node';
import type { ApiConstructor, ApiType, KubernetesObject } from '@kubernetes/client-node';
import type { ClusterConnection } from '../../../src/cluster/connect/connection.ts';
import { connectionFor } from './connection.ts';

export interface Api {
  readonly config: KubeConfig;
  readonly core: CoreV1Api;
  readonly apps: AppsV1Api;
  readonly autoscaling: AutoscalingV2Api;
  readonly batch: BatchV1Api;
  readonly discovery: DiscoveryV1Api;
  readonly networking: NetworkingV1Api;
  /** Objects of any kind. */
  readonly objects: ObjectsApi;
  /** The product's own way to the same cluster; made once. */
  connection(): Promise<ClusterConnection>;
}

export class ObjectsApi extends KubernetesObjectApi {
  /**
   * Server-side apply of the manifest as it is. The client's own `patch` goes through its models, which know some fields by another
   * name (`_from` of a network policy) and leave out the ones that they don't know: a policy that lets everybody in, a typo unseen.
   */
  async applyAsIs(manifest: KubernetesObject, fieldManager: string): Promise<KubernetesObject> {
    const context = this.configuration.baseServer.makeRequestContext(await this.specUriPath(manifest, 'patch'), HttpMethod.PATCH);
    context.setHeaderParam('Accept', 'application/json');
    context.setHeaderParam('Content-Type', PatchStrategy.ServerSideApply);
    context.setQueryParam('fieldManager', fieldManager);
    context.setQueryParam('force', 'true');
    context.setQueryParam('fieldValidation', 'Strict');
    context.setBody(JSON.stringify(manifest));
    return this.requestPromise(context);
  }
}

const REQUEST_LIMIT_MS = 30_000;

/** `signal` ends every request that is under way. */
export function apiOf(config: KubeConfig, signal: AbortSignal): Api {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error('The kubeconfig names no cluster.');
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(cluster.server, {}),
    authMethods: { default: config },
    promiseMiddleware: [
      {
        pre: (context) => {
          context.setSignal(AbortSignal.any([signal, AbortSignal.timeout(REQUEST_LIMIT_MS)]));
          return Promise.resolve(context);
        },
        post: (context) => Promise.resolve(context),
      },
    ],
  });
  const client = <T extends ApiType>(type: ApiConstructor<T>): T => new type(configuration);
  const objects = new ObjectsApi(configuration);
  let connection: Promise<ClusterConnection> | undefined;
  return {
    config,
    core: client(CoreV1Api),
    apps: client(AppsV1Api),
    autoscaling: client(AutoscalingV2Api),
    batch: client(BatchV1Api),
    discovery: client(DiscoveryV1Api),
    networking: client(NetworkingV1Api),
    objects,
    connection: () => (connection ??= connectionFor(config, signal)),
  };
}

/** A person's kubeconfig with `namespace` in its current context; certificates in files are found from anywhere. */
export function loadKubeconfig(path: string, namespace: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(path);
  config.contexts = config.contexts.map((context) => (context.name === config.currentContext ? { ...context, namespace } : context));
  return config;
}

/** HTTP status of an error that the API answered with. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? error.code : 'statusCode' in error ? error.statusCode : undefined;
  return typeof code === 'number' ? code : undefined;
}

/** What a request gives for something that may be gone: undefined for "404". */
export function unlessGone<T>(request: Promise<T>): Promise<T | undefined> {
  return unless(404, request);
}

/** What making something gives that may be there already: undefined for "409". */
export function unlessThere<T>(request: Promise<T>): Promise<T | undefined> {
  return unless(409, request);
}

async function unless<T>(status: number, request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (statusOf(error) === status) return undefined;
    throw error;
  }
}

/** Whether an object's conditions have this one, with this status. */
export function hasCondition(
  conditions: readonly { readonly type: string; readonly status: string }[] | undefined,
  wanted: string,
  is: 'True' | 'False' | 'Unknown' = 'True',
): boolean {
  return conditions?.some(({ type, status }) => type === wanted && status === is) === true;
}
