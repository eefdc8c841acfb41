/** A client for very many requests. */
import { CoreV1Api, createConfiguration, KubeConfig, ServerConfiguration } from '@kubernetes/client-node';
import { SetupError } from '../../workbench/cache.mjs';

/**
 * Keeps its connections. `KubeConfig.makeApiClient` of client-node 2.0.1 makes a new agent, and with it a new TLS session, for each
 * request: ten thousand handshakes are most of what such a client and its server do then. Here the first request's agent serves all.
 */
export function manyRequests(kubeconfig: string): CoreV1Api {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new SetupError(`${kubeconfig} has no current context.`);
  let shared: ReturnType<Parameters<KubeConfig['applySecurityAuthentication']>[0]['getDispatcher']>;
  return new CoreV1Api(
    createConfiguration({
      baseServer: new ServerConfiguration(cluster.server, {}),
      authMethods: { default: config },
      promiseMiddleware: [
        {
          pre: (context) => {
            shared ??= context.getDispatcher();
            if (shared !== undefined) context.setDispatcher(shared);
            return Promise.resolve(context);
          },
          post: (context) => Promise.resolve(context),
        },
      ],
    }),
  );
}
