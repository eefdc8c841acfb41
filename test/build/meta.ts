/** What esbuild's metafile tells about the outputs. Pure: paths in, findings out. */
import type { Metafile } from 'esbuild';

/** The output of an entry and every chunk that it imports before its first line runs; with `dynamic` also those loaded later. */
export function reachableOutputs(meta: Metafile, entry: string, options: { readonly dynamic: boolean }): readonly string[] {
  const first = outputOf(meta, entry);
  const seen = new Set([first]);
  for (const path of seen) {
    for (const next of meta.outputs[path]?.imports ?? []) {
      const wanted = next.kind === 'import-statement' || (options.dynamic && next.kind === 'dynamic-import');
      if (wanted && next.external !== true) seen.add(next.path);
    }
  }
  return [...seen];
}

export function outputOf(meta: Metafile, entry: string): string {
  const found = Object.entries(meta.outputs).find(([, output]) => output.entryPoint === entry);
  if (found === undefined) throw new Error(`${entry} is not an entry of this build`);
  return found[0];
}

export function sizeBytes(meta: Metafile, outputs: readonly string[]): number {
  return outputs.reduce((sum, path) => sum + (meta.outputs[path]?.bytes ?? 0), 0);
}

/** npm packages with code in the outputs (all outputs by default), sorted. */
export function bundledPackages(meta: Metafile, outputs: readonly string[] = Object.keys(meta.outputs)): readonly string[] {
  const names = new Set<string>();
  for (const path of outputs) {
    for (const [input, { bytesInOutput }] of Object.entries(meta.outputs[path]?.inputs ?? {})) {
      const name = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(input)?.[1];
      if (name !== undefined && bytesInOutput > 0) names.add(name);
    }
  }
  return [...names].sort();
}

export interface Rules {
  readonly extensionEntry: string;
  /** Bytes of the extension's outputs that load at activation. */
  readonly activationBudgetBytes: number;
}

/** Every broken promise, in words; empty when all hold. */
export function brokenPromises(host: Metafile, webview: Metafile, rules: Rules): readonly string[] {
  const broken: string[] = [];
  const everything = reachableOutputs(host, rules.extensionEntry, { dynamic: true });
  const engine = bundledPackages(host, everything).filter((name) => name.startsWith('@duckdb/'));
  if (engine.length > 0) {
    broken.push(
      `${engine.join(', ')} in the extension: the embedded engine lives in processes of its own (a crash must not end the window)`,
    );
  }
  const atActivation = sizeBytes(host, reachableOutputs(host, rules.extensionEntry, { dynamic: false }));
  if (atActivation > rules.activationBudgetBytes) {
    broken.push(`the extension loads ${kilobytes(atActivation)} at activation; its budget is ${kilobytes(rules.activationBudgetBytes)}`);
  }
  for (const [name, meta] of [
    ['host', host],
    ['webview', webview],
  ] as const) {
    const react = bundledPackages(meta).filter((found) => /^(react|react-dom|@microsoft\/fast-react-wrapper)$/.test(found));
    if (react.length > 0) broken.push(`${react.join(', ')} in the ${name} build: the toolkit's React peer is never bundled`);
  }
  return broken;
}

export function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1000)} kB`;
}
