/** Editor snippets from the SQL library: one a file. */
import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { parseLibraryFile, snippetsFor, type EditorSnippet } from '../../src/workload/library.ts';
import { withoutVariants } from '../../src/workload/variants.ts';

/** What VS Code reads as a snippet file. Fails for a file that the library could not show, and for two with the same prefix. */
export async function librarySnippets(folder: string): Promise<Readonly<Record<string, EditorSnippet>>> {
  const found = await readdir(folder, { recursive: true });
  const paths = found
    .filter((path) => path.endsWith('.sql'))
    .map((path) => path.split(sep).join('/'))
    .sort();
  return snippetsFor(
    await Promise.all(withoutVariants(paths).map(async (path) => parseLibraryFile(await readFile(join(folder, path), 'utf8'), path))),
  );
}
