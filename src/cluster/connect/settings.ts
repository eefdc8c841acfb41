/** What a context's cluster and user say, out of the files that name them, with absolute paths. */
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import * as v from 'valibot';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { field, readDocument, type KubeContext } from './kubeconfig.ts';

export interface ClusterSettings {
  readonly server: string;
  /** PEM, base64. */
  readonly caData?: string;
  readonly caFile?: string;
  readonly insecure: boolean;
  readonly tlsServerName?: string;
  readonly proxyUrl?: string;
  /** What the cluster says to login programs about itself. */
  readonly execExtension?: unknown;
}

export interface UserSettings {
  readonly certData?: string;
  readonly certFile?: string;
  readonly keyData?: string;
  readonly keyFile?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly impersonate?: Impersonation;
  readonly exec?: ExecSettings;
  readonly authProvider?: { readonly name: string; readonly config: Readonly<Record<string, unknown>> };
}

export interface Impersonation {
  readonly user: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

export interface ExecSettings {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly installHint?: string;
  readonly provideClusterInfo: boolean;
}

export interface ContextSettings {
  readonly cluster: ClusterSettings;
  readonly user: UserSettings;
}

const text = v.nullish(v.string());
const clusterEntry = v.object({
  server: v.pipe(v.string(), v.regex(/^https?:\/\//)),
  'certificate-authority': text,
  'certificate-authority-data': text,
  'insecure-skip-tls-verify': v.nullish(v.boolean()),
  'tls-server-name': text,
  'proxy-url': text,
  extensions: v.nullish(v.array(v.object({ name: v.string(), extension: v.unknown() }))),
});
const execEntry = v.object({
  apiVersion: text,
  command: v.pipe(v.string(), v.minLength(1)),
  args: v.nullish(v.array(v.string())),
  env: v.nullish(v.array(v.object({ name: v.string(), value: v.string() }))),
  installHint: text,
  provideClusterInfo: v.nullish(v.boolean()),
});
const userEntry = v.object({
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  as: text,
  'as-uid': text,
  'as-groups': v.nullish(v.array(v.string())),
  'as-user-extra': v.nullish(v.record(v.string(), v.array(v.string()))),
  exec: v.nullish(execEntry),
  'auth-provider': v.nullish(v.object({ name: v.string(), config: v.nullish(v.record(v.string(), v.unknown())) })),
});

/** Fails: `notFound`, `forbidden`, `invalid` with the file. */
export async function settingsOf(context: KubeContext, env: Readonly<Record<string, string | undefined>>): Promise<ContextSettings> {
  if (context.inCluster) return inClusterSettings(context, env);
  const files = await Promise.all((context.mergedWith ?? [context.file]).map((file) => documentOf(file, context)));
  const own = entryOf(files, 'contexts', context.name);
  if (own === undefined) {
    throw new FaultlineError('notFound', {
      what: t('Context {0} is no longer in {1}', context.name, context.file),
      remedy: t('Choose another context, or write it again.'),
    });
  }
  const names = field(own.value, 'context');
  const cluster = found(files, 'clusters', 'cluster', field(names, 'cluster'), clusterEntry, context);
  // Without a user a cluster is asked as nobody: a proxy of kubectl's is such a one.
  const userName = field(names, 'user');
  const user =
    userName === undefined || userName === '' || userName === null
      ? undefined
      : found(files, 'users', 'user', userName, userEntry, context);
  return { cluster: clusterSettings(cluster.value, cluster.file), user: user === undefined ? {} : userSettings(user.value, user.file) };
}

interface Document {
  readonly file: string;
  readonly content: unknown;
}

/** A file of the list that can't be read hides nothing of the others, unless it is the context's own. */
async function documentOf(file: string, context: KubeContext): Promise<Document> {
  try {
    return { file, content: await readDocument(file) };
  } catch (error) {
    if (file === context.file) throw error;
    return { file, content: undefined };
  }
}

function entryOf(files: readonly Document[], list: string, name: unknown): { file: string; value: unknown } | undefined {
  for (const { file, content } of files) {
    const entries = field(content, list);
    const value: unknown = Array.isArray(entries) ? entries.find((entry: unknown) => field(entry, 'name') === name) : undefined;
    if (value !== undefined) return { file, value };
  }
  return undefined;
}

function found<T>(
  files: readonly Document[],
  list: 'clusters' | 'users',
  member: 'cluster' | 'user',
  name: unknown,
  schema: v.GenericSchema<unknown, T>,
  context: KubeContext,
): { file: string; value: T } {
  const entry = entryOf(files, list, name);
  const called = typeof name === 'string' ? name : '';
  if (entry === undefined) {
    throw new FaultlineError('invalid', {
      what:
        member === 'cluster'
          ? t('Context {0} names cluster {1}, which is not in its kubeconfig', context.name, called)
          : t('Context {0} names user {1}, which is not in its kubeconfig', context.name, called),
      meaning: files.map(({ file }) => file).join(', '),
      remedy: t('Mend the kubeconfig, or write it again with the tool that made it.'),
    });
  }
  const parsed = v.safeParse(schema, field(entry.value, member) ?? {});
  if (parsed.success) return { file: entry.file, value: parsed.output };
  const [issue] = parsed.issues;
  const path = v.getDotPath(issue);
  throw new FaultlineError('invalid', {
    what: t('{0} of {1} in {2} can’t be understood', path ?? member, called, entry.file),
    meaning: issue.message,
    remedy: t('Mend the kubeconfig, or write it again with the tool that made it.'),
  });
}

function clusterSettings(entry: v.InferOutput<typeof clusterEntry>, file: string): ClusterSettings {
  const execExtension = entry.extensions?.find(({ name }) => name === 'client.authentication.k8s.io/exec')?.extension;
  return given<ClusterSettings>({
    server: entry.server.replace(/\/+$/, ''),
    caData: entry['certificate-authority-data'],
    caFile: beside(file, entry['certificate-authority']),
    insecure: entry['insecure-skip-tls-verify'] ?? false,
    tlsServerName: entry['tls-server-name'],
    proxyUrl: entry['proxy-url'],
    execExtension,
  });
}

function userSettings(entry: v.InferOutput<typeof userEntry>, file: string): UserSettings {
  const { exec, as } = entry;
  const provider = entry['auth-provider'];
  return given<UserSettings>({
    certData: entry['client-certificate-data'],
    certFile: beside(file, entry['client-certificate']),
    keyData: entry['client-key-data'],
    keyFile: beside(file, entry['client-key']),
    token: entry.token,
    tokenFile: beside(file, entry.tokenFile),
    username: entry.username,
    password: entry.password,
    impersonate:
      as === undefined || as === null || as === ''
        ? undefined
        : given<Impersonation>({ user: as, uid: entry['as-uid'], groups: entry['as-groups'] ?? [], extra: entry['as-user-extra'] ?? {} }),
    exec:
      exec === undefined || exec === null
        ? undefined
        : given<ExecSettings>({
            apiVersion: exec.apiVersion ?? 'client.authentication.k8s.io/v1',
            // A bare name is looked for on PATH; a path is beside the kubeconfig, as kubectl has it.
            command: /[\\/]/.test(exec.command) ? resolve(dirname(file), exec.command) : exec.command,
            args: exec.args ?? [],
            env: Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value])),
            installHint: exec.installHint,
            provideClusterInfo: exec.provideClusterInfo ?? false,
          }),
    authProvider: provider === undefined || provider === null ? undefined : { name: provider.name, config: provider.config ?? {} },
  });
}

/** PEM of what the server's certificate is checked with; undefined where it is not checked, or by what this machine trusts. Fails: `notFound`. */
export async function authorityOf({ server, insecure, caData, caFile }: ClusterSettings): Promise<string | undefined> {
  if (insecure || !server.startsWith('https:')) return undefined;
  if (caData !== undefined) return Buffer.from(caData, 'base64').toString('utf8');
  if (caFile === undefined) return undefined;
  return readFile(caFile, 'utf8').catch((error: unknown) => {
    throw new FaultlineError('notFound', { what: t('{0}, which the kubeconfig names, can’t be read', caFile) }, error);
  });
}

async function inClusterSettings(
  { file: folder }: KubeContext,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ContextSettings> {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? 'kubernetes.default.svc';
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443';
  const caFile = join(folder, 'ca.crt');
  return {
    cluster: { server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`, caFile, insecure: false },
    user: { tokenFile: join(folder, 'token') },
  };
}

function beside(file: string, path: string | null | undefined): string | undefined {
  return path === undefined || path === null || path === '' ? undefined : resolve(dirname(file), path);
}

/** Without what is not given: an empty text counts as not given, as it does for kubectl. */
function given<T extends object>(fields: { readonly [K in keyof T]: T[K] | null | undefined }): T {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) if (value !== undefined && value !== null && value !== '') kept[name] = value;
  // Every field of T that isn't optional is given by the callers; the compiler can't follow a loop over names.
  return kept as T;
}
