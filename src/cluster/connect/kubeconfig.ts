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
  const [text, { parseYaml }] = await Promise.all([readSmall(file), import('./yaml.ts')]);
  let document: unknown;
  try {
    document = parseYaml(text);
  } catch (error) {
    throw new FaultlineError('invalid', { what: t('{0} is no kubeconfig: it is not valid YAML', file), meaning: firstLine(error) }, error);
  }
  const contexts = field(document, 'contexts');
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

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
