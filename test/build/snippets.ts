/** Editor snippets from the SQL library: one a file. */
import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { parseLibraryFile, type LibraryEntry } from '../../src/workload/library.ts';

/** VS Code's snippet file: title → snippet. */
export interface SnippetFile {
  readonly [name: string]: { readonly prefix: string; readonly body: readonly string[]; readonly description: string };
}

/** Fails when two files would have the same prefix: one of them could never be chosen by it. */
export async function librarySnippets(folder: string): Promise<SnippetFile> {
  const found = await readdir(folder, { recursive: true });
  const paths = found
    .filter((path) => path.endsWith('.sql'))
    .map((path) => path.split(sep).join('/'))
    .sort();
  const snippets: Record<string, SnippetFile[string]> = {};
  const taken = new Map<string, string>();
  for (const path of paths) {
    const entry = parseLibraryFile(await readFile(join(folder, path), 'utf8'), path);
    const prefix = entry.prefix ?? defaultPrefix(path);
    const other = taken.get(prefix);
    if (other !== undefined) throw new Error(`snippets/${path} and snippets/${other} have the same prefix: ${prefix}`);
    taken.set(prefix, path);
    snippets[`${entry.title} (${path})`] = { prefix, body: snippetBody(entry.sql), description: description(entry) };
  }
  return snippets;
}

/** `tpch/q01.sql` → `tpch-q01` */
export function defaultPrefix(path: string): string {
  return path.replace(/\.sql$/, '').replaceAll('/', '-');
}

/** Lines as a snippet inserts them; `$` and `\` would start a placeholder or an escape. */
export function snippetBody(sql: string): readonly string[] {
  return sql
    .trim()
    .split(/\r?\n/)
    .map((line) => line.replace(/[\\$]/g, '\\$&'));
}

function description(entry: LibraryEntry): string {
  return [entry.title, entry.stresses, entry.parameters && `Parameters: ${entry.parameters}`].filter(Boolean).join('. ');
}
