/**
 * Tells when runs come, end or go. The folder of the runs need not be there yet. New folders are told by the file system; that a run got
 * its journal, or lost its runner (a killed process writes nothing), is looked at while there is a run that can still change.
 */
import { existsSync, readdirSync, statSync, watch, type FSWatcher } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Disposable } from '../base/disposables.ts';
import { isHeld, readLease } from './lease.ts';
import { runFiles } from './runs.ts';

/** Several changes in this time are told once. */
const debounceMs = 100;
const lookEveryMs = 500;
/** A folder that got no journal for that long gets none. */
const startsWithinMs = 60_000;
/** When the file system tells nothing (too many watches, some network disks). */
const blindEveryMs = 2000;

export class RunsWatch implements Disposable {
  readonly #folder: string;
  readonly #isRun: (name: string) => boolean;
  readonly #listener: () => void;
  #watcher: FSWatcher | undefined;
  /** Path and inode of what is watched: the nearest folder that is there. */
  #watched = '';
  #looking: NodeJS.Timeout | undefined;
  #telling: NodeJS.Timeout | undefined;
  #disposed = false;
  #seen: string;
  /** Runs that can change without a word from their parent folder: being started, or running. */
  #open = new Map<string, string>();
  #settled = new Set<string>();

  constructor(folder: string, isRun: (name: string) => boolean, listener: () => void) {
    this.#folder = folder;
    this.#isRun = isRun;
    this.#listener = listener;
    this.#attach();
    this.#seen = this.#look();
    this.#lookAgain();
  }

  dispose(): void {
    this.#disposed = true;
    this.#watcher?.close();
    clearTimeout(this.#looking);
    clearTimeout(this.#telling);
  }

  /** To the nearest folder that is there; again when that is another one than before. */
  #attach(): void {
    if (this.#disposed) return;
    let nearest = this.#folder;
    while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
    const identity = `${nearest} ${inodeOf(nearest)}`;
    if (identity === this.#watched) return;
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#watched = '';
    try {
      this.#watcher = watch(nearest, { persistent: false }, () => this.#changed());
      this.#watcher.on('error', () => (this.#watched = ''));
      this.#watched = identity;
    } catch {
      // Looked at from time to time instead.
    }
    // What was made between the look and the watch has told nobody.
    if (nearest !== this.#folder && existsSync(join(nearest, firstBelow(nearest, this.#folder)))) this.#attach();
  }

  #changed(): void {
    if (this.#disposed) return;
    this.#attach();
    this.#compare();
  }

  #compare(): void {
    const now = this.#look();
    if (now !== this.#seen) {
      this.#seen = now;
      this.#telling ??= setTimeout(() => {
        this.#telling = undefined;
        if (!this.#disposed) this.#listener();
      }, debounceMs);
    }
    this.#lookAgain();
  }

  #lookAgain(): void {
    clearTimeout(this.#looking);
    if (this.#disposed) return;
    const everyMs = this.#open.size > 0 ? lookEveryMs : this.#watched === '' ? blindEveryMs : undefined;
    if (everyMs === undefined) return;
    this.#looking = setTimeout(() => this.#changed(), everyMs);
    this.#looking.unref();
  }

  /** Everything that a listener could want to know, as one text. */
  #look(): string {
    let names: string[] = [];
    try {
      names = readdirSync(this.#folder).filter(this.#isRun).sort();
    } catch {
      // Not there: no runs.
    }
    const settled = new Set<string>();
    const open = new Map<string, string>();
    for (const name of names) {
      // A run that has settled once can only go.
      const state = this.#settled.has(name) ? undefined : stateOf(join(this.#folder, name));
      if (state === undefined) settled.add(name);
      else open.set(name, state);
    }
    this.#settled = settled;
    this.#open = open;
    return names.map((name) => `${name} ${open.get(name) ?? ''}`).join('\n');
  }
}

/** Undefined: nothing changes any more. */
function stateOf(folder: string): string | undefined {
  const lease = readLease(folder);
  const hasJournal = existsSync(join(folder, runFiles.journal));
  if (lease !== undefined && isHeld(lease)) return hasJournal ? 'running' : 'starting';
  if (hasJournal) return undefined;
  try {
    return Date.now() - statSync(folder).mtimeMs < startsWithinMs ? 'starting' : undefined;
  } catch {
    return undefined;
  }
}

function firstBelow(parent: string, path: string): string {
  let below = path;
  while (dirname(below) !== parent && dirname(below) !== below) below = dirname(below);
  return below.slice(parent.length).replace(/^[\\/]+/, '');
}

function inodeOf(path: string): string {
  try {
    return String(statSync(path).ino);
  } catch {
    return '';
  }
}
