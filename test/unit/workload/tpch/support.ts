/** Data sets in a folder of their own, made by the real generator. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forkProcess } from '../../../../src/base/fork.ts';
import { packagePaths } from '../../../../src/base/package.ts';
import { DataSets, type DataSetOptions } from '../../../../src/workload/tpch/datasets.ts';

export interface Store {
  readonly home: string;
  readonly children: readonly ChildProcess[];
  open(options?: Partial<DataSetOptions>): DataSets;
  remove(): Promise<void>;
}

export async function makeStore(): Promise<Store> {
  const home = await mkdtemp(join(tmpdir(), 'faultline-data-'));
  const { datagen, extensionFolder } = packagePaths();
  if (extensionFolder === undefined) throw new Error('dist/duckdb is not there: run “npm run build” first');
  const children: ChildProcess[] = [];
  return {
    home,
    children,
    open: (options) =>
      new DataSets({
        home,
        generator: datagen,
        extensionFolder,
        fork: (entry, args) => {
          const child = forkProcess(entry, args);
          children.push(child);
          return child;
        },
        ...options,
      }),
    remove: () => rm(home, { recursive: true, force: true }),
  };
}

/** Starts the generator where no file may grow beyond `sizeBytes`: the nearest to a full disk that needs no rights. */
export function forkWithFileLimit(sizeBytes: number): (entry: string, args: readonly string[]) => ChildProcess {
  return (entry, args) =>
    spawn('sh', ['-c', `ulimit -f ${Math.floor(sizeBytes / 512)}; exec "$@"`, 'sh', process.execPath, entry, ...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
}
