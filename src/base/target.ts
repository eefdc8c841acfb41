/** A server that SQL runs on, as a person names it and as a run keeps it: no secret is in it. Browser-safe (types only). */

export type ServerEngine = 'trino' | 'presto' | 'clickhouse';

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
  /** Under this name the password is asked of whoever opens the engine; without it there is none. */
  readonly secret?: string;
  /** PEM file of the authority that signed the server's certificate, where the machine does not know it. */
  readonly caFile?: string;
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
  close(): Promise<void>;
}

/** Fails: `unreachable`, `notFound`, `forbidden`, `cancelled`. */
export type Reach = (place: ServerPlace, signal: AbortSignal) => Promise<ReachedServer>;
