/**
 * Reads which contexts kubeconfig files name. Nothing is contacted and nothing is ever written.
 * The YAML parser is loaded with the first file. No `vscode` import.
 */
import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { FaultlineError, invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';

export interface KubeContext {
  readonly name: string;
  readonly cluster: string;
  readonly namespace?: string;
  /** The kubeconfig file. */
  readonly file: string;
  /** The files of the KUBECONFIG list that can be read, where there are several: the context's cluster and user may stand in another one, and the first to name them wins. */
  readonly mergedWith?: readonly string[];
  /** The pod's own service account; no file is read for it. */
  readonly inCluster?: true;
}

export interface Kubeconfigs {
  readonly contexts: readonly KubeContext[];
  /** Of files that can't be used; the others are there all the same. */
  readonly problems: readonly { readonly file: string; readonly error: FaultlineError }[];
}

export type KubeconfigFile =
  { readonly file: string; readonly contexts: readonly KubeContext[] } | { readonly file: string; readonly error: FaultlineError };

const maxFileBytes = 10_000_000;

/** Files that kubectl would read, then the extra ones; each once. */
export function kubeconfigPaths(env: Readonly<Record<string, string | undefined>>, extra: readonly string[]): readonly string[] {
  const own = env['KUBECONFIG']?.split(delimiter).filter((path) => path !== '') ?? [];
  const usual = own.length > 0 ? own : [join(homedir(), '.kube', 'config')];
  return [...new Set([...usual, ...extra.map(fromHome)])];
}

/**
 * Every context there is: of the KUBECONFIG list as kubectl merges it (the first of a name wins), then of the extra files, each for
 * itself. Inside a pod without any, its own service account.
 */
export async function readContexts(env: Readonly<Record<string, string | undefined>>, extra: readonly string[]): Promise<Kubeconfigs> {
  const own = new Set(kubeconfigPaths(env, []));
  const read = await readKubeconfigs(kubeconfigPaths(env, extra), extra);
  // kubectl and Helm take nothing of a list in which one file is broken.
  const usable = read.filter((entry) => own.has(entry.file) && !('error' in entry)).map(({ file }) => file);
  const taken = new Set<string>();
  const contexts: KubeContext[] = [];
  for (const entry of read) {
    if ('error' in entry) continue;
    for (const context of entry.contexts) {
      if (!own.has(entry.file)) contexts.push(context);
      else if (!taken.has(context.name)) {
        taken.add(context.name);
        contexts.push(usable.length > 1 ? { ...context, mergedWith: usable } : context);
      }
    }
  }
  const pod = contexts.length === 0 ? await inClusterContext(env) : undefined;
  return {
    contexts: pod === undefined ? contexts : [pod],
    problems: read.flatMap((entry) => ('error' in entry ? [entry] : [])),
  };
}

/** Where Kubernetes puts what a pod needs to speak to its own API server. */
export const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The context of the pod that this runs in; `undefined` elsewhere. */
export async function inClusterContext(
  env: Readonly<Record<string, string | undefined>>,
  folder = serviceAccountFolder,
): Promise<KubeContext | undefined> {
  if (env['KUBERNETES_SERVICE_HOST'] === undefined) return undefined;
  try {
    await stat(join(folder, 'token'));
  } catch {
    return undefined;
  }
  const namespace = await readFile(join(folder, 'namespace'), 'utf8').catch(() => undefined);
  const name = 'in-cluster';
  return { name, cluster: name, file: folder, inCluster: true, ...(namespace === undefined ? {} : { namespace: namespace.trim() }) };
}

/** Each file with its contexts or what is wrong with it. A file of kubectl's own that isn't there is left out: most people have none. */
export async function readKubeconfigs(paths: readonly string[], required: readonly string[]): Promise<readonly KubeconfigFile[]> {
  const must = new Set(required.map(fromHome));
  const files: KubeconfigFile[] = [];
  for (const file of paths) {
    try {
      files.push({ file, contexts: await readKubeconfig(file) });
    } catch (error) {
      const known = FaultlineError.is(error) ? error : new FaultlineError('storage', { what: t('{0} can’t be read', file) }, error);
      if (known.reason !== 'notFound' || must.has(file)) files.push({ file, error: known });
    }
  }
  return files;
}

/** Fails: `notFound`, `forbidden`, `invalid` (not YAML, no contexts). */
export async function readKubeconfig(file: string): Promise<readonly KubeContext[]> {
  const document = await readDocument(file);
  const contexts = field(document, 'contexts');
  // One of a list may hold logins alone, and kubectl leaves a file without any context when the last one is deleted.
  if ((contexts === undefined || contexts === null) && isKubeconfig(document)) return [];
  if (!Array.isArray(contexts)) {
    throw invalid(t('{0} is no kubeconfig: it has no list of contexts', file), t('Choose a file such as the one kubectl reads.'));
  }
  const seen = new Set<string>();
  return contexts.flatMap((entry: unknown) => {
    const name = field(entry, 'name');
    const cluster = field(field(entry, 'context'), 'cluster');
    const namespace = field(field(entry, 'context'), 'namespace');
    // A name that stands twice is one item: VS Code shows nothing of a tree in which two have the same id.
    if (typeof name !== 'string' || seen.has(name)) return [];
    seen.add(name);
    return [{ name, cluster: typeof cluster === 'string' ? cluster : '', file, ...(typeof namespace === 'string' ? { namespace } : {}) }];
  });
}

function isKubeconfig(document: unknown): boolean {
  return field(document, 'kind') === 'Config' || Array.isArray(field(document, 'users')) || Array.isArray(field(document, 'clusters'));
}

/** The file's YAML as it stands. Fails: `notFound`, `forbidden`, `invalid` with the line. */
export async function readDocument(file: string): Promise<unknown> {
  const [text, { parseYaml, lineOf }] = await Promise.all([readSmall(file), import('./yaml.ts')]);
  try {
    return parseYaml(text);
  } catch (error) {
    const line = lineOf(error);
    const what =
      line === undefined
        ? t('{0} is no kubeconfig: it is not valid YAML', file)
        : t('{0} is no kubeconfig: it is not valid YAML at line {1}', file, line);
    throw new FaultlineError('invalid', { what, meaning: firstLine(error) }, error);
  }
}

async function readSmall(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > maxFileBytes) throw invalid(t('{0} is no kubeconfig: it is larger than 10 MB', file));
    return await readFile(file, 'utf8');
  } catch (error) {
    if (FaultlineError.is(error)) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const remedy = t('Check the path in the setting {0} or in KUBECONFIG.', 'faultline.kubeconfigs');
    if (code === 'ENOENT') throw new FaultlineError('notFound', { what: t('The kubeconfig {0} is not there', file), remedy }, error);
    throw new FaultlineError('forbidden', { what: t('The kubeconfig {0} can’t be read', file), remedy }, error);
  }
}

function fromHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}

export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
