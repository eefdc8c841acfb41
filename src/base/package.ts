/** Where the parts of this package are: the same question from a bundle in `dist` and from the sources. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface PackagePaths {
  readonly root: string;
  readonly version: string;
  /** Entries of processes, for `forkProcess`. */
  readonly datagen: string;
  readonly queryHost: string;
  readonly runner: string;
  /** Of a thread of the runner. */
  readonly pacer: string;
  /** The folder of the pages' bundles: a build makes it. */
  readonly webview: string;
  /** Holds `tpch.duckdb_extension`; absent where the package has none for this platform. */
  readonly extensionFolder?: string;
}

/** DuckDB's own name of a platform, by ours; its extension files are kept under it. */
const platforms: Readonly<Record<string, string>> = {
  'linux-x64': 'linux_amd64',
  'linux-arm64': 'linux_arm64',
  'darwin-x64': 'osx_amd64',
  'darwin-arm64': 'osx_arm64',
  'win32-x64': 'windows_amd64',
  'win32-arm64': 'windows_arm64',
};

/** `moduleUrl` is that of a module inside the package. Throws when it is not inside of a package of Faultline. */
export function packagePaths(moduleUrl: string = import.meta.url): PackagePaths {
  const file = fileURLToPath(moduleUrl);
  const { root, version } = packageAround(dirname(file));
  const bundled = file.startsWith(join(root, 'dist') + sep);
  const entry = (bundle: string, source: string): string => join(root, bundled ? `dist/${bundle}` : source);
  const extensionFolder = findExtension(root);
  return {
    root,
    version,
    datagen: entry('datagen.js', 'src/workload/tpch/datagen.ts'),
    queryHost: entry('query-host.js', 'src/query/host/main.ts'),
    runner: entry('runner.js', 'src/run/runner/main.ts'),
    pacer: entry('pacer.js', 'src/workload/load/pacer/main.ts'),
    webview: join(root, 'dist', 'webview'),
    ...(extensionFolder === undefined ? {} : { extensionFolder }),
  };
}

function packageAround(folder: string): { root: string; version: string } {
  for (let at = folder; ; at = dirname(at)) {
    const facts = manifest(join(at, 'package.json'));
    if (facts?.name === 'faultline') return { root: at, version: facts.version ?? '0.0.0' };
    if (dirname(at) === at) throw new Error(`no package of Faultline around ${folder}`);
  }
}

function manifest(path: string): { name?: string; version?: string } | undefined {
  if (!existsSync(path)) return undefined;
  return JSON.parse(readFileSync(path, 'utf8')) as { name?: string; version?: string };
}

/** `dist/duckdb/v<version>/<platform>`: a build puts one version there, and sweeps none. The last one is the newest. */
function findExtension(root: string): string | undefined {
  const platform = platforms[`${process.platform}-${process.arch}`];
  const versions = join(root, 'dist', 'duckdb');
  if (platform === undefined || !existsSync(versions)) return undefined;
  const folders = readdirSync(versions)
    .sort()
    .map((version) => join(versions, version, platform));
  return folders.findLast((folder) => existsSync(join(folder, 'tpch.duckdb_extension')));
}
