/** What SQL runs on, as a person names it and as a run keeps it: no secret is in it. Browser-safe. */

export type ServerEngine = 'trino' | 'presto' | 'clickhouse';

/** As their makers write them. */
export const engineNames: Readonly<Record<'duckdb' | ServerEngine, string>> = {
  duckdb: 'DuckDB',
  trino: 'Trino',
  presto: 'Presto',
  clickhouse: 'ClickHouse',
};

export interface ServerTarget {
  readonly kind: 'server';
  readonly engine: ServerEngine;
  /** What people call it: "analytics/trino", "trino.example.com". */
  readonly name: string;
  readonly at: ServerPlace;
  readonly user: string;
  /** Of Trino and Presto. */
  readonly catalog?: string;
  /** Of ClickHouse its database. */
  readonly schema?: string;
  /** Of the TPC-H data in that schema, where it is known: then the answers of its queries are checked. */
  readonly tpchScale?: number;
  /** Under this name whoever opens the engine finds the password; without it there is none. A name of an environment variable. */
  readonly secret?: string;
  /** PEM file of the authority that signed the server's certificate, where the machine does not know it. */
  readonly caFile?: string;
  /** The name that its certificate is checked for, where that is not the name it is reached by. */
  readonly tlsServerName?: string;
}

export type ServerPlace =
  /** `http://host:port` or `https://…`, without a path. */
  | { readonly kind: 'url'; readonly url: string }
  | {
      readonly kind: 'kubernetes';
      /** Absolute path. */
      readonly kubeconfig: string;
      readonly context: string;
      readonly namespace: string;
      /** A Service; its port is the Service's own, not the pod's. */
      readonly service: string;
      readonly port: number;
      readonly scheme: 'http' | 'https';
    };

/** The way that statements take to a server: kept in the journal, since it is part of every response time. */
export type ServerPath = 'direct' | 'portForward' | 'inCluster';

/** A place that can be spoken to, until it is closed. */
export interface ReachedServer {
  /** `http://127.0.0.1:40123`, without a slash at its end. The same for as long as it is open, also when the pod behind it is another. */
  readonly url: string;
  readonly path: ServerPath;
  /** The server's own name, where `url` has another: `trino.shared.svc` of a Service, which TLS asks for and checks. */
  readonly serverName?: string;
  close(): Promise<void>;
}

/** Fails: `unreachable`, `notFound`, `forbidden`, `cancelled`. */
export type Reach = (place: ServerPlace, signal: AbortSignal) => Promise<ReachedServer>;

/** A target of the editor or of a plan. */
type AnyTarget = { readonly kind: 'tpch'; readonly scale: number } | { readonly kind: 'file'; readonly path: string } | ServerTarget;

/** "TPC-H 0.01", "sales.parquet", "analytics/trino, tpch.tiny" */
export function targetTitle(target: AnyTarget): string {
  if (target.kind === 'tpch') return `TPC-H ${target.scale}`;
  if (target.kind === 'file') return target.path.split(/[\\/]/).pop() ?? target.path;
  const within = [target.catalog, target.schema].filter((part) => part !== undefined && part !== '').join('.');
  return within === '' ? target.name : `${target.name}, ${within}`;
}

/** Scale factor of the TPC-H data that it holds, where that is known. */
export function tpchScaleOf(target: AnyTarget): number | undefined {
  if (target.kind === 'tpch') return target.scale;
  return target.kind === 'server' ? target.tpchScale : undefined;
}

/** "analytics/trino", "trino.example.com:8443" */
export function serverName(place: ServerPlace): string {
  return place.kind === 'url' ? new URL(place.url).host : `${place.namespace}/${place.service}`;
}

/** Of a Service that serves the engine over HTTP, where nobody says another. */
export function defaultPort(engine: ServerEngine): number {
  return engine === 'clickhouse' ? 8123 : 8080;
}

/** `http://host:port`, lower case, without a path; undefined for what is none. A user or a password in it is none either. */
export function serverUrl(text: string): string | undefined {
  const url = URL.parse(text.trim());
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  const bare = url.username === '' && url.password === '' && url.search === '' && url.hash === '' && /^\/?$/.test(url.pathname);
  return bare ? url.origin : undefined;
}
