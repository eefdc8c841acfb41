/**
 * Who may import whom: the table of the architecture, as data, and a check of every import (of types too) against it.
 * Imports are found by pattern: the sources are formatted by prettier, and paths are always literal.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join, posix, sep } from 'node:path';

export interface SourceFile {
  /** From the repository's root, with `/`. */
  readonly path: string;
  readonly text: string;
}

interface Import {
  readonly specifier: string;
  readonly typesOnly: boolean;
  readonly line: number;
}

const rooms: Readonly<Record<string, readonly string[]>> = {
  base: [],
  journal: ['base'],
  engine: ['base'],
  cluster: ['base'],
  kafka: ['base'],
  metrics: ['base'],
  // The query host reaches servers through the cluster they are in.
  query: ['base', 'engine', 'cluster'],
  // The recorder speaks the journal's words: else the same shapes would stand twice.
  workload: ['base', 'engine', 'journal'],
  analysis: ['base', 'journal'],
  // A plan is written in the journal's words.
  fault: ['base', 'journal', 'cluster', 'kafka', 'engine'],
  run: ['base', 'journal', 'engine', 'workload', 'cluster', 'kafka', 'fault', 'metrics', 'analysis'],
  report: ['base', 'journal', 'analysis'],
  deploy: ['base', 'cluster'],
  contributions: [],
};
const below = Object.keys(rooms);
const allowed: Readonly<Record<string, readonly string[]>> = {
  ...rooms,
  ui: below,
  cli: below.filter((room) => room !== 'contributions'),
  extension: [...below, 'ui'],
};
/** Types of these too, but no code: the file stays loadable everywhere. */
const typesOnly: Readonly<Record<string, readonly string[]>> = { contributions: ['engine'] };

/** What pages may use beside their own folder, the kit and their panel's protocol. All of it runs in a browser. */
const browserSafe = [
  /^src\/ui\/panels\/journal\.ts$/,
  /^src\/base\/(rpc|errors|messages|units|disposables|histogram)\.ts$/,
  /^src\/analysis\//,
  /^src\/journal\/(events|failure|fault-events|fault-plan|plan|parse)\.ts$/,
];

/** One line a violation: `src/base/x.ts:3: …`; empty when all is well. */
export function layerViolations(files: readonly SourceFile[]): readonly string[] {
  const found: string[] = [];
  for (const { path, text } of files) {
    for (const entry of importsOf(text)) {
      const why = violation(path, entry);
      if (why !== undefined) found.push(`${path}:${entry.line}: ${why}`);
    }
  }
  return found;
}

function violation(path: string, entry: Import): string | undefined {
  const from = roomOf(path);
  if (from === undefined) return 'is in no room: name its folder in the table of test/build/layers.ts and of the architecture';
  if (!entry.specifier.startsWith('.')) return foreign(from, entry.specifier);
  const target = posix.join(posix.dirname(path), entry.specifier);
  if (from === 'webview') return pageViolation(path, target);
  const to = roomOf(target);
  if (to === undefined) return `imports ${target}, which is in no room`;
  if (to === from || allowed[from]?.includes(to)) return undefined;
  if (entry.typesOnly && typesOnly[from]?.includes(to)) return undefined;
  return `${from} may not import ${to} (${target})`;
}

function foreign(from: string, specifier: string): string | undefined {
  if (specifier === 'vscode' && from !== 'ui' && from !== 'extension') return `${from} may not import vscode: only ui and extension.ts do`;
  if (specifier.startsWith('node:') && from === 'webview') return `a page has no ${specifier}`;
  return undefined;
}

function pageViolation(path: string, target: string): string | undefined {
  const panel = path.split('/')[1] ?? '';
  // A against B is a section of the latency page.
  const own =
    target.startsWith(`webview/${panel}/`) ||
    target.startsWith('webview/kit/') ||
    (panel === 'histogram' && target.startsWith('webview/compare/'));
  if (own || target === `src/ui/panels/${panel}/protocol.ts` || browserSafe.some((pattern) => pattern.test(target))) return undefined;
  return `a page may import its own folder, webview/kit, its panel's protocol.ts and browser-safe files, not ${target}`;
}

/** `src/base/x.ts` → base, `src/cli.ts` → cli, `webview/results/main.ts` → webview. */
function roomOf(path: string): string | undefined {
  const [top, second = ''] = path.split('/');
  if (top === 'webview') return 'webview';
  const room = second.replace(/\.ts$/, '');
  return top === 'src' && room in allowed ? room : undefined;
}

export function importsOf(text: string): readonly Import[] {
  const found: Import[] = [];
  // import … from '…', export … from '…', import '…': at the start of a line, possibly over several lines.
  const statements = /^(?:import|export)\s+(type\s)?(?:[\w*\s{},$]+?\sfrom\s+)?'([^'\n]+)'/gm;
  // import('…') of code and in types.
  const calls = /\bimport\(\s*'([^'\n]+)'\s*\)/g;
  for (const match of text.matchAll(statements)) {
    found.push({ specifier: match[2] ?? '', typesOnly: match[1] !== undefined, line: lineAt(text, match.index) });
  }
  for (const match of text.matchAll(calls)) found.push({ specifier: match[1] ?? '', typesOnly: false, line: lineAt(text, match.index) });
  return found;
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** Every source of the extension and its pages. */
export async function readSources(root: string): Promise<readonly SourceFile[]> {
  const files: SourceFile[] = [];
  for (const folder of ['src', 'webview']) {
    const names = await readdir(join(root, folder), { recursive: true });
    for (const name of names.filter((found) => found.endsWith('.ts'))) {
      const path = posix.join(folder, name.split(sep).join('/'));
      files.push({ path, text: await readFile(join(root, path), 'utf8') });
    }
  }
  return files.sort((a, b) => a.path.localeCompare(b.path));
}
