/**
 * The query host: a process of its own, so that a native crash of an engine ends a statement and not the editor. Started with its
 * settings as the JSON of the first argument; serves `QueryHostApi` over IPC; ends when its parent does.
 */
import * as v from 'valibot';
import { systemClock } from '../../base/clock.ts';
import { collector } from '../../base/collector.ts';
import { entrySettings, isEntry } from '../../base/entry.ts';
import { connect, type Port } from '../../base/rpc.ts';
import { lazyReach } from '../../cluster/lazy.ts';
import { openEngine } from '../../engine/open.ts';
import { freeBytesOf } from '../store/disk.ts';
import type { QueryHostApi, QueryHostEvents, QueryHostSettings } from './protocol.ts';
import { apiOf, QueryService, scratchFolder } from './service.ts';

const settingsSchema = v.object({
  storeFolder: v.string(),
  memoryLimitBytes: v.number(),
  threads: v.number(),
  maxRows: v.number(),
  externalAccess: v.boolean(),
  extensionFolder: v.exactOptional(v.string()),
});

function start(settings: QueryHostSettings): void {
  const { memoryLimitBytes, threads, externalAccess, extensionFolder } = settings;
  const reach = lazyReach(process.env);
  const service = new QueryService({
    settings,
    clock: systemClock,
    openEngine: (target, passwordOf, signal) =>
      openEngine(target, {
        duckdb: {
          memoryLimitBytes,
          threads,
          externalAccess,
          tempFolder: scratchFolder(settings),
          ...(extensionFolder === undefined ? {} : { extensionFolder }),
        },
        reach,
        passwordOf,
        signal,
      }),
    freeBytes: freeBytesOf,
    progress: (event) => void remote.runProgress.asEvent(event),
    collect: collector(),
  });
  const remote = connect<QueryHostEvents, QueryHostApi>(parentPort(), apiOf(service));
  const end = (): void => {
    // A statement that does not stop must not keep the process.
    setTimeout(() => process.exit(0), 1500).unref();
    void service.close().finally(() => process.exit(0));
  };
  process.once('disconnect', end);
  process.once('SIGTERM', end);
}

function parentPort(): Port {
  return {
    post: (message) => {
      if (process.connected) process.send?.(message);
    },
    listen: (onMessage) => {
      process.on('message', onMessage);
      return () => process.off('message', onMessage);
    },
  };
}

if (isEntry(import.meta.url)) {
  const settings = v.safeParse(settingsSchema, entrySettings());
  if (settings.success && process.send !== undefined) start(settings.output);
  else {
    process.stderr.write('The query host is started by Faultline, with its settings and a channel.\n');
    process.exitCode = 2;
  }
}
