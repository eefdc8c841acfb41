/** The runs of this machine: a folder each, under `runs` of the home. Beside them those that came recorded with the package, which are only read. */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Disposable } from '../base/disposables.ts';
import { FaultlineError, invalid } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import { isHeld, readLease } from './lease.ts';
import { readEdges } from './reader.ts';
import { runFiles, type RunRecord } from './runs.ts';
import { codeOf, unwritable } from './storage.ts';
import { RunsWatch } from './watch.ts';

/** Read at one time by `list`: more would only queue at Node's own threads. */
const atOnce = 16;
/** Shown when a text is not the name of one run. */
const mostCandidates = 10;

export class RunStore {
  readonly #folder: string;
  readonly #recorded: string | undefined;

  /** `recorded`: a folder of runs as under the home. */
  constructor({ home, recorded }: { readonly home: string; readonly recorded?: string }) {
    this.#folder = join(home, 'runs');
    this.#recorded = recorded;
  }

  /** A new folder that only this user can read. `startedAt`: milliseconds since the epoch. Fails: `storage`. */
  async create(name: string, startedAt: number): Promise<{ readonly run: string; readonly folder: string }> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      for (;;) {
        const run = newRunId(name, startedAt);
        const folder = join(this.#folder, run);
        try {
          await mkdir(folder, { mode: 0o700 });
          return { run, folder };
        } catch (error) {
          if (codeOf(error) !== 'EEXIST') throw error;
        }
      }
    } catch (error) {
      throw unwritable(this.#folder, error);
    }
  }

  /** Newest first. A run that has no journal yet is not listed; one whose journal can't be read is. Fails: `storage`. */
  async list(limit = Number.POSITIVE_INFINITY): Promise<RunRecord[]> {
    const names = await namesIn(this.#folder);
    const records: RunRecord[] = [];
    for (let start = 0; start < names.length && records.length < limit; start += atOnce) {
      const some = await Promise.all(names.slice(start, start + atOnce).map((run) => read(this.#folder, run)));
      records.push(...some.filter((record) => record !== undefined));
    }
    return records.slice(0, limit);
  }

  /** Newest first: those of the package, which are no runs of this machine. */
  async recorded(): Promise<RunRecord[]> {
    const folder = this.#recorded;
    if (folder === undefined) return [];
    const records = await Promise.all((await namesIn(folder)).map((run) => this.#readRecorded(run)));
    return records.filter((record) => record !== undefined);
  }

  /** Of this machine, or a recorded one. Fails: `notFound`. */
  async record(run: string): Promise<RunRecord> {
    const record = isRunId(run) ? ((await read(this.#folder, run)) ?? (await this.#readRecorded(run))) : undefined;
    if (record === undefined) throw notFound(run);
    return record;
  }

  /** By its id, by a part that only its id has, or the newest: "last". Fails: `notFound`; `invalid` when several match. */
  async find(text: string): Promise<RunRecord> {
    const wanted = text.trim().toLowerCase();
    if (wanted === 'last') {
      const [newest] = await this.list(1);
      if (newest === undefined) throw new FaultlineError('notFound', { what: t('There is no run yet') });
      return newest;
    }
    const names = await namesIn(this.#folder);
    if (names.includes(wanted)) return this.record(wanted);
    const matching = wanted === '' ? [] : names.filter((run) => run.includes(wanted));
    const [only] = matching;
    if (only === undefined) throw notFound(text, names);
    if (matching.length === 1) return this.record(only);
    throw new FaultlineError('invalid', {
      what: t('{0} runs have {1} in their id', matching.length, text),
      remedy: t('Give more of it: {0}.', matching.slice(0, mostCandidates).join(', ')),
      candidates: matching.slice(0, mostCandidates),
    });
  }

  /** Deletes it, unless it is running. Fails: `notFound`, `invalid` (it is running, or came with the package), `storage`. */
  async remove(run: string): Promise<void> {
    const { folder, state, isRecorded } = await this.record(run);
    if (isRecorded) throw invalid(t('The run {0} came with Faultline', run), t('It takes no room of your runs.'));
    if (state === 'running') throw invalid(t('The run {0} is running', run), t('Stop it first.'));
    // Aside first: a run whose deletion was cut short is never listed with half of its files.
    const aside = join(this.#folder, `${removedPrefix}${run}-${randomBytes(4).toString('hex')}`);
    try {
      await rename(folder, aside);
    } catch (error) {
      throw codeOf(error) === 'ENOENT' ? notFound(run) : unwritable(folder, error);
    }
    // Also what an earlier deletion left.
    const left = (await readdir(this.#folder)).filter((name) => name.startsWith(removedPrefix));
    for (const name of left) await rm(join(this.#folder, name), { recursive: true, force: true }).catch(() => undefined);
  }

  /** Tells, a moment later, when a run came, ended, went or lost its runner. Also when there are no runs yet, and no home. */
  watch(listener: () => void): Disposable {
    return new RunsWatch(this.#folder, isRunId, listener);
  }

  /** Whether or not there is such a run. */
  folderOf(run: string): string {
    if (!isRunId(run)) throw notFound(run);
    return join(this.#folder, run);
  }

  async #readRecorded(run: string): Promise<RunRecord | undefined> {
    const record = this.#recorded === undefined ? undefined : await read(this.#recorded, run);
    return record === undefined ? undefined : { ...record, isRecorded: true };
  }
}

/** Newest first. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder);
    return entries.filter(isRunId).sort().reverse();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw unwritable(folder, error);
  }
}

async function read(runs: string, run: string): Promise<RunRecord | undefined> {
  const folder = join(runs, run);
  const path = join(folder, runFiles.journal);
  // Before the journal: a runner that ends in between has written its end by the time that is looked for.
  const lease = readLease(folder);
  const held = lease !== undefined && isHeld(lease);
  try {
    const { header, journalBytes, hasEnd } = await readEdges(path);
    return { run, folder, state: hasEnd ? 'ended' : held ? 'running' : 'interrupted', header, journalBytes };
  } catch (error) {
    // Not there yet, or just gone; or its runner is writing the header.
    if (FaultlineError.is(error, 'notFound') || held) return undefined;
    const journalBytes = await stat(path).then(
      ({ size }) => size,
      () => 0,
    );
    return { run, folder, state: FaultlineError.is(error, 'unsupported') ? 'newer' : 'damaged', journalBytes };
  }
}

const removedPrefix = '.removed-';

/** `20261121-140500-tpch-0.01-a1b2`: the start in UTC, so that names sort by it; the name; four digits that make it unique. */
function newRunId(name: string, startedAt: number): string {
  const [day = '', time = ''] = new Date(startedAt).toISOString().replace(/[-:]/g, '').split(/[T.]/);
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .slice(0, 40)
    .replace(/\.{2,}/g, '.')
    .replace(/^[.-]+|[.-]+$/g, '');
  return [day, time, slug || 'run', randomBytes(2).toString('hex')].join('-');
}

/** Nothing else is ever taken as a name: an id comes from a terminal, a page, a link. */
function isRunId(text: string): boolean {
  return /^\d{8}-\d{6}-[a-z0-9.-]{1,40}-[0-9a-f]{4}$/.test(text);
}

function notFound(text: string, names: readonly string[] = []): FaultlineError {
  const some = names.slice(0, 3);
  return new FaultlineError('notFound', {
    what: t('There is no run {0}', text),
    ...(some.length === 0 ? {} : { remedy: t('The newest are {0}.', some.join(', ')) }),
  });
}
