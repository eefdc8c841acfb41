/** Where this window's services meet processes and files. What is on the disk is looked at when it is needed, not at the start. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { packagePaths } from '../base/package.ts';
import { QueryHost } from '../query/host/client.ts';
import type { QueryHostSettings } from '../query/host/protocol.ts';
import { DataSets } from '../workload/tpch/datasets.ts';
import type { Edges, WindowFacts } from './services.ts';
import type { DataSetStore } from './session/dataSets.ts';

export const edges: Edges = {
  queryHost: (facts) => (listeners) => {
    const log = facts.log.named('query host');
    return new QueryHost({
      entry: join(facts.extensionFolder, 'dist', 'query-host.js'),
      settings: () => queryHostSettings(facts),
      log: (line) => log.info(line),
      ...listeners,
    });
  },

  dataSets: ({ home, settings }): DataSetStore => {
    // To know the path of a data set, the files that make it need not be looked for.
    const named = new DataSets({ home, generator: '' });
    const making = (): DataSets => {
      const { datagen, extensionFolder } = packagePaths();
      const memoryLimitBytes = settings.read('faultline.duckdb.memoryLimitMB') * 1e6;
      return new DataSets({ home, generator: datagen, memoryLimitBytes, ...(extensionFolder === undefined ? {} : { extensionFolder }) });
    };
    return {
      pathOf: (scale) => named.pathOf(scale),
      list: () => named.list(),
      estimate: (scale) => named.estimate(scale),
      remove: (scale) => named.remove(scale),
      ensure: (scale, options) => making().ensure(scale, options),
    };
  },
};

/** As the settings are now: they take effect with the next query host. */
function queryHostSettings({ windowFolder, settings, isTrusted }: WindowFacts): QueryHostSettings {
  const { extensionFolder } = packagePaths();
  return {
    // Two windows on one workspace share its storage folder, and a folder of rows ends with its process.
    storeFolder: join(windowFolder, 'results', randomUUID()),
    memoryLimitBytes: settings.read('faultline.duckdb.memoryLimitMB') * 1e6,
    threads: settings.read('faultline.duckdb.threads'),
    maxRows: settings.read('faultline.results.maxRows'),
    externalAccess: isTrusted(),
    ...(extensionFolder === undefined ? {} : { extensionFolder }),
  };
}
