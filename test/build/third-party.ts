/** dist/THIRD-PARTY.txt: whose code is in the package, with the text of each licence (all of them ask for it to be kept). */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Beside the npm packages: what comes in the engine's files. */
const duckdb = ['DuckDB and its TPC-H extension', 'Binary files of the embedded engine. Licence (MIT): that of @duckdb/node-bindings.'];

/** Fails for a package that states no licence. `packages` are names in node_modules; `more`: sections about what comes from elsewhere. */
export async function thirdPartyText(
  root: string,
  packages: readonly string[],
  native: boolean,
  more: readonly string[] = [],
): Promise<string> {
  const sections = ['Faultline contains code of others. Thank you.'];
  for (const name of packages) sections.push(await section(join(root, 'node_modules', name), name));
  if (native) sections.push(duckdb.join('\n\n'));
  sections.push(...more);
  return `${sections.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

async function section(folder: string, name: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    readonly version?: string;
    readonly license?: string;
  };
  if (manifest.license === undefined) throw new Error(`${name} states no licence: it can't be packaged`);
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice)/i.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return [`${name} ${manifest.version ?? ''} (${manifest.license})`, ...texts.map((text) => text.trim())].join('\n\n');
}
