/**
 * The SQL library: one `.sql` file a query, in the folder that comes with Faultline and in a person's own folders.
 * A file may begin with a header of comments, which is all that is known about the query beside its text:
 *
 *     -- title: Pricing summary report
 *     -- stresses: scanning and grouping, most of lineitem
 *     -- parameters: delta = 90 days
 *     -- prefix: tpch-q01
 *     -- engines: duckdb
 *
 * A health query says what it `shows` in place of what it stresses. `q13.clickhouse.sql` beside `q13.sql` is no entry of its own:
 * it is the same query in the words of that engine.
 */
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { FaultlineError, invalid } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import { variantPath, withoutVariants, type Variants } from './variants.ts';

export interface LibraryEntry {
  readonly kind: 'entry';
  /** In the library that comes with Faultline, the path in its folder: `tpch/q01.sql`. Else the file's absolute path. */
  readonly path: string;
  /** The file's absolute path; what `path` was for an entry that was parsed from text alone. */
  readonly file: string;
  readonly title: string;
  /** What of an engine the query stresses: one sentence. */
  readonly stresses?: string;
  /** For a query that is asked for its answer: what can be seen in it. */
  readonly shows?: string;
  /** The values that stand in the query for the parameters of its specification. */
  readonly parameters?: string;
  /** What is typed in an editor to insert it. */
  readonly prefix?: string;
  /** Engines that understand it; empty when any does. */
  readonly engines: readonly string[];
  /** The text below the header. */
  readonly sql: string;
  /** Texts for engines that do not take `sql`: see `variantFor`. */
  readonly variants?: Variants;
}

export interface LibraryFolder {
  readonly kind: 'folder';
  readonly path: string;
  readonly title: string;
  /** A person's own: can be taken out of the library. */
  readonly own: boolean;
  /** Sub-folders first, then entries, each sorted as people count: `q2` before `q10`. */
  readonly children: readonly LibraryNode[];
}

/** A file or folder that is there and can't be used; `error` says why. */
export interface LibraryProblem {
  readonly kind: 'problem';
  readonly path: string;
  readonly title: string;
  readonly error: FaultlineError;
}

export type LibraryNode = LibraryFolder | LibraryEntry | LibraryProblem;

export interface LibraryLimits {
  /** Files and folders in one root folder, all levels together. */
  readonly maxNodes: number;
  /** Levels below a root folder. */
  readonly maxDepth: number;
  /** A larger file is no query; its entry says so. */
  readonly maxFileBytes: number;
}

/** A person may add their home folder by mistake: reading it must stay bounded. */
export const defaultLibraryLimits: LibraryLimits = { maxNodes: 2_000, maxDepth: 8, maxFileBytes: 1_000_000 };

export class Library {
  readonly #builtIn: string;
  readonly #own: readonly string[];
  readonly #limits: LibraryLimits;

  /** `builtIn` is the `snippets` folder that comes with Faultline; `own` are absolute paths of a person's folders. */
  constructor(builtIn: string, own: readonly string[], limits: LibraryLimits = defaultLibraryLimits) {
    this.#builtIn = builtIn;
    this.#own = own;
    this.#limits = limits;
  }

  /** The folders of the built-in library, then each own folder. What can't be read is a problem in its place: this does not fail. */
  async list(): Promise<readonly LibraryNode[]> {
    const builtIn = await new Reader(this.#limits, false, this.#builtIn).root(this.#builtIn, 'Faultline');
    const nodes: LibraryNode[] = builtIn.kind === 'folder' ? [...builtIn.children] : [builtIn];
    for (const folder of this.#own) nodes.push(await new Reader(this.#limits, true, folder).root(folder, basename(folder)));
    return nodes;
  }

  /** Every query of the library, in the order of `list`. */
  async entries(): Promise<readonly LibraryEntry[]> {
    return [...entriesOf(await this.list())];
  }

  /** The entry at a `path` as `list` gives it. Fails with `notFound`. */
  async entry(path: string): Promise<LibraryEntry> {
    const found = (await this.entries()).find((entry) => entry.path === path);
    if (found) return found;
    throw new FaultlineError('notFound', {
      what: t('The SQL library has no {0}', path),
      remedy: t('It may have been moved or deleted since it was listed: refresh the library.'),
    });
  }
}

export function* entriesOf(nodes: readonly LibraryNode[]): Iterable<LibraryEntry> {
  for (const node of nodes) {
    if (node.kind === 'entry') yield node;
    else if (node.kind === 'folder') yield* entriesOf(node.children);
  }
}

/** Reads one root folder. */
class Reader {
  readonly #limits: LibraryLimits;
  readonly #own: boolean;
  readonly #root: string;
  /** Real paths of the folders read so far: a link that leads back to one of them is not followed again. */
  readonly #seen = new Set<string>();
  #count = 0;

  constructor(limits: LibraryLimits, own: boolean, root: string) {
    this.#limits = limits;
    this.#own = own;
    this.#root = root;
  }

  async root(path: string, title: string): Promise<LibraryFolder | LibraryProblem> {
    return (await this.#folder(path, title, 0)) ?? problem(path, title, invalid(t('This folder has been listed already')));
  }

  async #folder(path: string, title: string, depth: number): Promise<LibraryFolder | LibraryProblem | undefined> {
    let names: string[];
    try {
      const real = await realpath(path);
      if (this.#seen.has(real)) return undefined;
      this.#seen.add(real);
      names = (await readdir(path)).filter((name) => !name.startsWith('.') && name !== 'node_modules');
    } catch (error) {
      return problem(path, title, unreadable(t('The folder {0} can’t be read', path), error));
    }
    const folders: LibraryNode[] = [];
    const files: LibraryNode[] = [];
    for (const name of withoutVariants(names).toSorted(naturally)) {
      if (this.#count >= this.#limits.maxNodes) {
        files.push(tooMuch(path, t('The library shows {0} files and folders of one folder at most', this.#limits.maxNodes)));
        break;
      }
      const child = join(path, name);
      const found = await kindOf(child);
      if (found === 'file' && name.toLowerCase().endsWith('.sql')) {
        this.#count++;
        files.push(await this.#withVariants(await this.#file(child), path, name, names));
      } else if (found === 'folder') {
        this.#count++;
        const node =
          depth + 1 > this.#limits.maxDepth
            ? tooMuch(child, t('The library shows {0} levels of folders at most', this.#limits.maxDepth))
            : await this.#folder(child, this.#own ? name : builtInTitle(name), depth + 1);
        // A folder without a query anywhere below it is of no use to a reader of the library.
        if (node && (node.kind !== 'folder' || node.children.length > 0)) folders.push(node);
      }
    }
    return { kind: 'folder', path, title, own: this.#own, children: [...folders, ...files] };
  }

  /** A variant that can't be read is a problem in the entry's place: else the wrong text would run. */
  async #withVariants(
    entry: LibraryEntry | LibraryProblem,
    folder: string,
    name: string,
    names: readonly string[],
  ): Promise<LibraryEntry | LibraryProblem> {
    if (entry.kind === 'problem') return entry;
    const variants: { -readonly [engine in keyof Variants]: Variants[engine] } = {};
    for (const other of names) {
      const variant = variantPath(other);
      if (variant?.base !== name) continue;
      const read = await this.#file(join(folder, other));
      if (read.kind === 'problem') return read;
      variants[variant.engine] = read.sql;
    }
    return Object.keys(variants).length === 0 ? entry : { ...entry, variants };
  }

  async #file(file: string): Promise<LibraryEntry | LibraryProblem> {
    const title = basename(file);
    try {
      const { size } = await stat(file);
      if (size > this.#limits.maxFileBytes) {
        const most = t('A query has {0} bytes at most; this file has {1}', this.#limits.maxFileBytes, size);
        return problem(file, title, invalid(most, t('Open it as a file instead.')));
      }
      // Links to the built-in library are written with slashes, whatever the platform's separator is.
      const path = this.#own ? file : relative(this.#root, file).replaceAll(sep, '/');
      return { ...parseLibraryFile(await readFile(file, 'utf8'), path), file };
    } catch (error) {
      return problem(file, title, FaultlineError.is(error) ? error : unreadable(t('{0} can’t be read', title), error));
    }
  }
}

const headerKeys = ['title', 'stresses', 'shows', 'parameters', 'prefix', 'engines'] as const;
type HeaderKey = (typeof headerKeys)[number];

/**
 * One file of the library. A file without a header is fine: its title is its name.
 * Fails with `invalid`, naming the line, when a header key stands twice or has no usable value, or when there is no statement.
 */
export function parseLibraryFile(text: string, path: string): LibraryEntry {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const header = new Map<HeaderKey, string>();
  let at = 0;
  for (; at < lines.length; at++) {
    const line = (lines[at] ?? '').trim();
    const match = /^--\s*([a-z]+)\s*:\s*(.*)$/i.exec(line);
    const key = headerKeys.find((known) => known === match?.[1]?.toLowerCase());
    if (!match || !key) {
      if (line === '' && header.size === 0) continue;
      break;
    }
    const where = t('line {0} of {1}', at + 1, path);
    const value = (match[2] ?? '').trim();
    if (header.has(key)) throw invalid(t('The header has “{0}” twice, again at {1}', key, where), t('Keep one of them.'));
    if (value === '') throw invalid(t('“{0}” has no value at {1}', key, where), t('Give it one, or delete the line.'));
    if (key === 'prefix' && !/^[a-z][a-z0-9-]*$/.test(value))
      throw invalid(t('The prefix “{0}” can’t be typed, at {1}', value, where), t('Use small letters, digits and hyphens.'));
    header.set(key, value);
  }
  const sql = lines
    .slice(header.size === 0 ? 0 : at)
    .join('\n')
    .trim();
  if (!hasStatement(sql)) throw invalid(t('{0} has no statement', path), t('Write one, or delete the file.'));
  const stresses = header.get('stresses');
  const shows = header.get('shows');
  const parameters = header.get('parameters');
  const prefix = header.get('prefix');
  return {
    kind: 'entry',
    path,
    file: path,
    title: header.get('title') ?? titleOf(path),
    ...(stresses === undefined ? {} : { stresses }),
    ...(shows === undefined ? {} : { shows }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(prefix === undefined ? {} : { prefix }),
    engines: (header.get('engines') ?? '')
      .split(',')
      .map((engine) => engine.trim().toLowerCase())
      .filter((engine) => engine !== ''),
    sql,
  };
}

/** What an editor shows when an entry is opened: what is known about the query as comments, then its text. */
export function documentOf(entry: LibraryEntry): string {
  const notes = [entry.title];
  if (entry.stresses !== undefined) notes.push(`${t('Stresses')}: ${entry.stresses}`);
  if (entry.shows !== undefined) notes.push(`${t('Shows')}: ${entry.shows}`);
  if (entry.parameters !== undefined) notes.push(`${t('Parameters')}: ${entry.parameters}`);
  return `${notes.map((note) => `-- ${note}\n`).join('')}${entry.sql}\n`;
}

/** One snippet, as VS Code reads it from a `.code-snippets` file. */
export interface EditorSnippet {
  readonly prefix: string;
  readonly description: string;
  readonly body: readonly string[];
}

/**
 * Editor snippets by name. An entry without a prefix is typed by its path: `tpch/q01.sql` by `tpch-q01`.
 * Fails with `invalid` when two entries share a prefix: one of them could never be chosen by it.
 */
export function snippetsFor(entries: readonly LibraryEntry[]): Readonly<Record<string, EditorSnippet>> {
  const owners = new Map<string, string>();
  const snippets: Record<string, EditorSnippet> = {};
  for (const entry of entries) {
    const prefix = entry.prefix ?? entry.path.replace(/\.sql$/i, '').replaceAll('/', '-');
    const other = owners.get(prefix);
    if (other !== undefined) throw invalid(t('{0} and {1} have the same prefix: {2}', other, entry.path, prefix));
    owners.set(prefix, entry.path);
    const facts = [entry.title, entry.stresses, entry.shows, entry.parameters && `${t('Parameters')}: ${entry.parameters}`];
    snippets[`${entry.title} (${entry.path})`] = {
      prefix,
      description: facts.flatMap((fact) => (fact === undefined ? [] : [fact.replace(/\.$/, '')])).join('. '),
      // In a snippet's body $ begins a placeholder, } ends one and \ escapes.
      body: entry.sql.replace(/[$}\\]/g, '\\$&').split('\n'),
    };
  }
  return snippets;
}

/** Whether anything but comments and white space is there. A file that is one unfinished comment has no statement. */
function hasStatement(sql: string): boolean {
  return (
    sql
      .replace(/--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g, '')
      .replaceAll(';', '')
      .trim() !== ''
  );
}

/** `monthly-revenue_by region.sql` → `monthly revenue by region` */
function titleOf(path: string): string {
  const name = path.split(/[\\/]/).pop() ?? path;
  return (
    name
      .replace(/\.sql$/i, '')
      .replace(/[-_]+/g, ' ')
      .trim() || name
  );
}

function builtInTitle(folder: string): string {
  if (folder === 'tpch') return 'TPC-H';
  if (folder === 'probe') return t('Probes');
  return folder === 'health' ? t('Health') : folder;
}

async function kindOf(path: string): Promise<'file' | 'folder' | 'other'> {
  try {
    const found = await stat(path);
    return found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
  } catch {
    // A link that leads nowhere, or a name that went away since the folder was read: not for the library.
    return 'other';
  }
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

function naturally(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : 1);
}

function problem(path: string, title: string, error: FaultlineError): LibraryProblem {
  return { kind: 'problem', path, title, error };
}

function tooMuch(path: string, what: string): LibraryProblem {
  return problem(path, t('More is left out'), invalid(what, t('Add the folder with the queries itself.')));
}

function unreadable(what: string, error: unknown): FaultlineError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new FaultlineError(
      'notFound',
      { what, meaning: t('It is not there'), remedy: t('Take it out of the library, or bring it back.') },
      error,
    );
  if (code === 'EACCES' || code === 'EPERM')
    return new FaultlineError(
      'forbidden',
      { what, meaning: t('You have no permission to read it'), remedy: t('Change its permissions.') },
      error,
    );
  return new FaultlineError('storage', { what, meaning: error instanceof Error ? error.message : String(error) }, error);
}
