/** The options that name a server, the same for every command that runs SQL. */
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { invalid } from '../base/errors.ts';
import { defaultPort, serverName, serverUrl, type ServerEngine, type ServerPlace, type ServerTarget } from '../base/target.ts';
import { contextOf } from './context.ts';
import { defaultUser } from '../run/spec/server.ts';

export const engines = ['duckdb', 'trino', 'presto', 'clickhouse'] as const;

type Env = Readonly<Record<string, string | undefined>>;

export interface ServerOptions {
  readonly engine: (typeof engines)[number];
  readonly url?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly service?: string;
  readonly port?: number;
  readonly scheme?: 'http' | 'https';
  readonly user?: string;
  readonly passwordEnv?: string;
  readonly ca?: string;
  readonly tlsServerName?: string;
  readonly catalog?: string;
  readonly schema?: string;
}

/** `choices`: the engines that the command runs on. */
export function addServerOptions(command: Command, choices: readonly string[] = engines): Command {
  return command
    .addOption(new Option('--engine <engine>', 'where to run').choices(choices).default(choices[0]))
    .option('--url <url>', 'of a server, such as http://localhost:8080')
    .option('--context <name>', 'of a server in a cluster: the context of the kubeconfig')
    .option('--kubeconfig <file>', 'that names the context (default: those that kubectl reads)')
    .option('--namespace <name>', 'of the server\u2019s Service')
    .option('--service <name>', 'the Service of the server')
    .addOption(new Option('--port <number>', 'of the Service (default: 8080, of ClickHouse 8123)').argParser(portArgument))
    .addOption(new Option('--scheme <scheme>', 'how the Service is spoken to (default: http)').choices(['http', 'https']))
    .option('--user <name>', 'who asks (default: faultline, of ClickHouse default)')
    .option('--password-env <name>', 'variable with the password (default: FAULTLINE_PASSWORD, where it is set)')
    .option('--ca <file>', 'PEM file of the authority that signed the server\u2019s certificate')
    .option('--tls-server-name <name>', 'that the certificate is checked for, where the server is reached by another')
    .option('--catalog <name>', 'of Trino and Presto')
    .option('--schema <name>', 'of the catalog; of ClickHouse its database');
}

/** Undefined for the embedded engine. Fails: `invalid`, `notFound` (no kubeconfig names the context). */
export async function serverTargetOf(options: ServerOptions, env: Env, tpchScale?: number): Promise<ServerTarget | undefined> {
  const { engine } = options;
  if (engine === 'duckdb') {
    const extra = (['url', 'context', 'namespace', 'service', 'user', 'catalog', 'schema', 'passwordEnv'] as const).find(
      (key) => options[key] !== undefined,
    );
    if (extra !== undefined)
      throw invalid(`--${extra.replace('E', '-e')} is of a server`, 'Name it with --engine trino, presto or clickhouse.');
    return undefined;
  }
  const at = await placeOf(options, engine, env);
  const { user = defaultUser(engine), catalog, schema, passwordEnv, ca, tlsServerName } = options;
  const secret = passwordEnv ?? (env['FAULTLINE_PASSWORD'] === undefined ? undefined : 'FAULTLINE_PASSWORD');
  return {
    kind: 'server',
    engine,
    name: serverName(at),
    at,
    user,
    ...(catalog === undefined ? {} : { catalog }),
    ...(schema === undefined ? {} : { schema }),
    ...(tpchScale === undefined ? {} : { tpchScale }),
    ...(secret === undefined ? {} : { secret }),
    ...(ca === undefined ? {} : { caFile: resolve(ca) }),
    ...(tlsServerName === undefined ? {} : { tlsServerName }),
  };
}

async function placeOf(options: ServerOptions, engine: ServerEngine, env: Env): Promise<ServerPlace> {
  const { url, kubeconfig, context, namespace, service, port } = options;
  if (url !== undefined) {
    if (context !== undefined || service !== undefined)
      throw invalid('Both --url and a place in a cluster are given', 'Give one of the two.');
    const origin = serverUrl(url);
    if (origin === undefined)
      throw invalid(`--url: ${url} is not the address of a server`, 'Write it as http://host:port; a password goes into a variable.');
    return { kind: 'url', url: origin };
  }
  if (namespace === undefined || service === undefined) {
    throw invalid(
      'It is not said where the server is',
      `Give --url http://host:port, or --namespace and --service (and --context) of one in a cluster.`,
    );
  }
  const found = await contextOf(context, kubeconfig, env);
  return {
    kind: 'kubernetes',
    kubeconfig: found.file,
    context: found.name,
    namespace,
    service,
    port: port ?? defaultPort(engine),
    scheme: options.scheme ?? 'http',
  };
}

function portArgument(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw invalid(`--port: ${text} is not a port`);
  return port;
}
