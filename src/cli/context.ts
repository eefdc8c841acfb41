/** The context that a command means: named, or the kubeconfig's current one, which is only ever read. */
import { resolve } from 'node:path';
import { FaultlineError } from '../base/errors.ts';
import { field, kubeconfigPaths, readContexts, readDocument, type KubeContext } from '../cluster/connect/kubeconfig.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Fails: `notFound` with the contexts that there are, and as `readKubeconfig` when the only file is broken. */
export async function contextOf(name: string | undefined, kubeconfig: string | undefined, env: Env): Promise<KubeContext> {
  const meant = kubeconfig === undefined ? env : { ...env, KUBECONFIG: resolve(kubeconfig) };
  const paths = kubeconfigPaths(meant, []);
  const { contexts, problems } = await readContexts(meant, kubeconfig === undefined ? [] : paths);
  const wanted = name ?? (await currentOf(paths)) ?? (contexts[0]?.inCluster === true ? contexts[0].name : undefined);
  const found = contexts.find((context) => context.name === wanted);
  if (found !== undefined) return found;
  const [broken] = problems;
  if (contexts.length === 0 && broken !== undefined) throw kubeconfig === undefined ? broken.error : asked(broken.error);
  if (contexts.length === 0 && wanted === undefined && kubeconfig === undefined)
    throw new FaultlineError('notFound', {
      what: `There is no kubeconfig: ${paths.join(', ')} ${paths.length === 1 ? 'is' : 'are'} not there, or ${paths.length === 1 ? 'names' : 'name'} no context`,
      remedy: 'Give --kubeconfig, or set KUBECONFIG.',
    });
  throw new FaultlineError('notFound', {
    what: wanted === undefined ? 'No context is named, and the kubeconfig has no current one' : `No kubeconfig names the context ${wanted}`,
    meaning: `Looked in ${paths.join(', ')}`,
    remedy: contexts.length === 0 ? 'Give --kubeconfig.' : `Give --context: ${contexts.map((context) => context.name).join(', ')}.`,
  });
}

/** The setting of the editor has no part in a file that was named here. */
function asked({ reason, facts }: FaultlineError): FaultlineError {
  return new FaultlineError(
    reason,
    reason === 'notFound' || reason === 'forbidden' ? { ...facts, remedy: 'Check the path in --kubeconfig.' } : facts,
  );
}

/** As kubectl: the first file that has one. A file that can't be read is told by who reads its contexts. */
async function currentOf(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const current = field(await readDocument(path).catch(() => undefined), 'current-context');
    if (typeof current === 'string' && current !== '') return current;
  }
  return undefined;
}
