/** Real engine, real files, in this process or in a query host of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/base/clock.ts';
import type { EmbeddedTarget } from '../../../src/engine/engine.ts';
import { lazyReach } from '../../../src/cluster/lazy.ts';
import { openEngine } from '../../../src/engine/open.ts';
import type { QueryHostSettings, RunEnd, RunProgress } from '../../../src/query/host/protocol.ts';
import { QueryHost } from '../../../src/query/host/client.ts';
import { QueryService } from '../../../src/query/host/service.ts';
import type { ResultInfo } from '../../../src/query/results.ts';
import { freeBytesOf, type FreeBytes } from '../../../src/query/store/disk.ts';

export const hostEntry = new URL('../../../src/query/host/main.ts', import.meta.url).pathname;

export interface Place {
  readonly folder: string;
  readonly target: EmbeddedTarget;
  readonly settings: QueryHostSettings;
  remove(): void;
}

export function place(more: Partial<QueryHostSettings> = {}): Place {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-query-'));
  const path = join(folder, 'small.csv');
  writeFileSync(path, 'a,b\n1,x\n2,y\n');
  return {
    folder,
    target: { kind: 'file', path },
    settings: {
      storeFolder: join(folder, 'store'),
      memoryLimitBytes: 1e9,
      threads: 2,
      maxRows: 20_000_000,
      externalAccess: true,
      ...more,
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export interface Service {
  readonly place: Place;
  readonly service: QueryService;
  onProgress: (event: RunProgress) => void;
  run(sql: string): Promise<RunEnd>;
  /** Runs a statement that must succeed and have rows. */
  result(sql: string): Promise<ResultInfo>;
  close(): Promise<void>;
}

export function openService(options: { readonly settings?: Partial<QueryHostSettings>; readonly freeBytes?: FreeBytes } = {}): Service {
  const where = place(options.settings);
  const { settings, target } = where;
  const service = new QueryService({
    settings,
    clock: systemClock,
    openEngine: (wanted, passwordOf, signal) =>
      openEngine(wanted, {
        duckdb: {
          memoryLimitBytes: settings.memoryLimitBytes,
          threads: settings.threads,
          externalAccess: settings.externalAccess,
          tempFolder: join(where.folder, 'engine'),
        },
        reach: lazyReach({}),
        passwordOf,
        signal,
      }),
    freeBytes: options.freeBytes ?? freeBytesOf,
    progress: (event) => opened.onProgress(event),
    collect: () => undefined,
  });
  let runs = 0;
  const run = (sql: string): Promise<RunEnd> => service.run({ runId: `run-${++runs}`, target, sql });
  const opened: Service = {
    place: where,
    service,
    onProgress: () => undefined,
    run,
    result: async (sql) => {
      const end = await run(sql);
      if (end.outcome !== 'done' || end.result === undefined) throw new Error(`${end.outcome}: ${end.error?.log ?? ''}`);
      return end.result;
    },
    close: async () => {
      await service.close();
      where.remove();
    },
  };
  return opened;
}

export interface Host {
  readonly place: Place;
  readonly host: QueryHost;
  readonly exits: boolean[];
  readonly lines: string[];
  /** Resolves with the next progress event that passes. */
  progress(passes: (event: RunProgress) => boolean): Promise<RunProgress>;
  close(): Promise<void>;
}

export function openHost(more: Partial<QueryHostSettings> = {}, where: Place = place(more)): Host {
  const exits: boolean[] = [];
  const lines: string[] = [];
  const waiting = new Set<(event: RunProgress) => void>();
  const host = new QueryHost({
    entry: hostEntry,
    settings: () => where.settings,
    onProgress: (event) => {
      for (const each of waiting) each(event);
    },
    onExit: (expected) => exits.push(expected),
    log: (line) => lines.push(line),
  });
  return {
    place: where,
    host,
    exits,
    lines,
    progress: (passes) =>
      new Promise((resolve) => {
        const listener = (event: RunProgress): void => {
          if (!passes(event)) return;
          waiting.delete(listener);
          resolve(event);
        };
        waiting.add(listener);
      }),
    close: async () => {
      await host.dispose();
      where.remove();
    },
  };
}

/** 16 columns of usual types. */
export function wideSql(rows: number): string {
  const columns = Array.from({ length: 16 }, (_, index) => {
    switch (index % 4) {
      case 0:
        return `range * ${index + 1} AS n${index}`;
      case 1:
        return `(range * 7 % 100000)::DECIMAL(15,2) AS d${index}`;
      case 2:
        return `'value number ' || (range % ${1000 * index}) AS v${index}`;
      default:
        return `DATE '1992-01-01' + (range % 2500)::INTEGER AS t${index}`;
    }
  });
  return `SELECT ${columns.join(', ')} FROM range(${rows})`;
}
