/** What is bundled, from where to where, and how. Two builds: Node (extension, processes, terminal) and browser (pages). */
import { join } from 'node:path';
import type { BuildOptions } from 'esbuild';

export interface BundleTarget {
  readonly root: string;
  /** Absolute or relative to `root`. */
  readonly outputFolder: string;
  readonly production: boolean;
}

/** Output name → source. The processes run only when they are the main module; importing them does nothing. */
export const hostEntries = {
  extension: 'src/extension.ts',
  'query-host': 'src/query/host/main.ts',
  datagen: 'src/workload/tpch/datagen.ts',
  runner: 'src/run/runner/main.ts',
  pacer: 'src/workload/load/pacer/main.ts',
  cli: 'src/cli.ts',
} as const;

export const webviewEntries = {
  results: 'webview/results/main.ts',
  histogram: 'webview/histogram/main.ts',
  timeline: 'webview/timeline/main.ts',
  fault: 'webview/fault/main.ts',
} as const;

/** Binds a native library: never bundled, found in node_modules here and in dist/node_modules in a package. */
const native = ['@duckdb/node-bindings', '@duckdb/node-bindings-*'];

/**
 * The YAML language server's formatter, translations of complaints about a schema, and Avro of the schema registry in Kafka's client:
 * 0.7 MB that nobody here reaches.
 */
const unused = ['prettier/standalone', 'prettier/plugins/yaml', 'prettier/plugins/estree', 'ajv-i18n', 'avsc'];

/** Of Kafka's client: the other entry reads a file beside itself, which a bundle does not have. */
const kafkaInside = { '@platformatic/wasm-utils': '@platformatic/wasm-utils/bundled' } as const;

function withoutUnused(root: string): Readonly<Record<string, string>> {
  return Object.fromEntries(unused.map((name) => [name, join(root, 'test/build/unused.ts')]));
}

/** `require` of CommonJS packages inside of an ES module. */
const requireBanner = "import{createRequire as makeRequire}from'node:module';const require=makeRequire(import.meta.url);";

/** One file, as small as it gets: it travels in a ConfigMap, and a stock Node runs it. */
export function probeBundle({ root }: BundleTarget): BuildOptions {
  return {
    ...common(root, true),
    entryPoints: { 'probe.mjs': 'src/run/probe/program/main.ts' },
    outdir: 'probe',
    minifyIdentifiers: true,
    keepNames: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    mainFields: ['module', 'main'],
    alias: { ...withoutUnused(root), ...kafkaInside },
    banner: { js: requireBanner },
  };
}

export function hostBundle({ root, outputFolder, production }: BundleTarget): BuildOptions {
  return {
    ...common(root, production),
    entryPoints: { ...hostEntries },
    outdir: outputFolder,
    // Names stay: they are what a person sees in a log's stack trace.
    minifyIdentifiers: false,
    chunkNames: 'chunks/[name]-[hash]',
    platform: 'node',
    // The terminal promises Node 20 (package.json, engines); the oldest VS Code that we support has 22.
    target: 'node20',
    format: 'esm',
    splitting: true,
    // A UMD build resolved fine and failed at run time: ask for the ES module first.
    mainFields: ['module', 'main'],
    external: ['vscode', ...native],
    alias: { ...withoutUnused(root), ...kafkaInside },
    // @duckdb/node-api is CommonJS: its require() of the native binding needs a real one.
    banner: { js: requireBanner },
  };
}

export function webviewBundle({ root, outputFolder, production }: BundleTarget): BuildOptions {
  return {
    ...common(root, production),
    entryPoints: { ...webviewEntries },
    outdir: join(outputFolder, 'webview'),
    minifyIdentifiers: production,
    platform: 'browser',
    target: 'chrome130',
    format: 'iife',
    mainFields: ['module', 'browser', 'main'],
    loader: { '.ttf': 'dataurl', '.woff2': 'dataurl', '.svg': 'dataurl' },
  };
}

function common(root: string, production: boolean): BuildOptions {
  return {
    absWorkingDir: root,
    bundle: true,
    minifyWhitespace: production,
    minifySyntax: production,
    sourcemap: production ? false : 'linked',
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
    define: { 'process.env.NODE_ENV': production ? '"production"' : '"development"' },
  };
}
