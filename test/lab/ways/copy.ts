/** A copy of a kubeconfig with its current context and nothing else: the person's own file is only read. */
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import * as v from 'valibot';
import { parse, stringify } from 'yaml';
import { SetupError } from '../../workbench/cache.mjs';

const Fields = v.looseObject({});
const File = v.object({
  'current-context': v.string(),
  contexts: v.array(v.object({ name: v.string(), context: v.looseObject({ cluster: v.string(), user: v.string() }) })),
  clusters: v.array(v.object({ name: v.string(), cluster: v.looseObject({ server: v.string() }) })),
  users: v.array(v.object({ name: v.string(), user: v.nullish(Fields, {}) })),
});

export interface ContextCopy {
  readonly context: string;
  readonly server: string;
  /** YAML; paths in it are absolute. */
  readonly text: string;
}

export function copyContext(path: string): ContextCopy {
  const file = resolve(path);
  const { 'current-context': current, contexts, clusters, users } = read(file);
  const context = contexts.find(({ name }) => name === current);
  const cluster = clusters.find(({ name }) => name === context?.context.cluster);
  const user = users.find(({ name }) => name === context?.context.user);
  if (context === undefined || cluster === undefined || user === undefined)
    throw new SetupError(`${file} has no complete context "${current}". Choose one: kubectl config use-context NAME --kubeconfig ${file}`);
  const folder = dirname(file);
  const copy = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': current,
    // Without the namespace: the lab has its own.
    contexts: [{ name: current, context: { cluster: cluster.name, user: user.name } }],
    clusters: [{ name: cluster.name, cluster: absolute(cluster.cluster, ['certificate-authority'], folder) }],
    users: [{ name: user.name, user: withProgram(absolute(user.user, ['client-certificate', 'client-key', 'tokenFile'], folder), folder) }],
  };
  return { context: current, server: cluster.cluster.server, text: stringify(copy) };
}

function read(file: string): v.InferOutput<typeof File> {
  let content: unknown;
  try {
    content = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new SetupError(`${file} can't be read as a kubeconfig: ${error instanceof Error ? error.message : String(error)}`);
  }
  const result = v.safeParse(File, content);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new SetupError(`${file} is not a kubeconfig with a current context: ${v.getDotPath(issue) ?? 'all of it'}: ${issue.message}`);
}

function absolute(fields: Record<string, unknown>, names: readonly string[], folder: string): Record<string, unknown> {
  const paths = names.flatMap((name) => {
    const path = fields[name];
    return typeof path === 'string' && path !== '' && !isAbsolute(path) ? [[name, join(folder, path)] as const] : [];
  });
  return { ...fields, ...Object.fromEntries(paths) };
}

/** A credential program with a slash in its name is found from the file, one without on the path. */
function withProgram(user: Record<string, unknown>, folder: string): Record<string, unknown> {
  const exec = v.safeParse(v.looseObject({ command: v.string() }), user['exec']);
  if (!exec.success || !exec.output.command.includes('/')) return user;
  return { ...user, exec: absolute(exec.output, ['command'], folder) };
}
