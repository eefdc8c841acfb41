/**
 * A cgroup a node, in every hierarchy: what runs on the node is below it, so it can be frozen, counted and killed as one.
 * Version 1 (several hierarchies) and version 2 (one) are both in use.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const ROOT = '/sys/fs/cgroup';

export interface Hierarchy {
  readonly path: string;
  /** "memory", "cpu,cpuacct", "name=systemd"; undefined: version 2. */
  readonly options: string | undefined;
}

/** The hierarchies in use on this machine; in a mix of both versions only those of version 1, as runtimes take it. */
export function hierarchies(): readonly Hierarchy[] {
  const found = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line): Hierarchy[] => {
      const [left = '', right = ''] = line.split(' - ');
      const [type, , options = ''] = right.split(' ');
      const path = left.split(' ')[4] ?? '';
      if (type === 'cgroup') return [{ path, options: options.split(',').filter(isSubsystem).join(',') }];
      return type === 'cgroup2' && path === ROOT ? [{ path, options: undefined }] : [];
    });
  return [...new Map(found.map((hierarchy) => [hierarchy.path, hierarchy])).values()];
}

function isSubsystem(option: string): boolean {
  return !['rw', 'ro', 'xattr', 'clone_children', 'noprefix'].includes(option) && !option.startsWith('release_agent=');
}

/** Makes the cgroup in each hierarchy; gives the files that a process writes its pid to in order to join. */
export function makeCgroup(name: string): readonly string[] {
  return hierarchies().map(({ path, options }) => {
    const folder = join(path, name);
    mkdirSync(folder, { recursive: true });
    // A new cpuset is empty, and nothing can join it before it has a processor.
    if (options?.split(',').includes('cpuset') === true) {
      for (const file of ['cpuset.cpus', 'cpuset.mems']) writeFileSync(join(folder, file), readFileSync(join(path, file)));
    }
    return join(folder, 'cgroup.procs');
  });
}

/** Every process in this cgroup and below, of any hierarchy. */
export function processesIn(name: string): number[] {
  const pids = hierarchies().flatMap(({ path }) => below(join(path, name)).flatMap(pidsOf));
  return [...new Set(pids)];
}

function pidsOf(folder: string): number[] {
  try {
    return readFileSync(join(folder, 'cgroup.procs'), 'utf8')
      .split('\n')
      .flatMap((line) => (line === '' ? [] : [Number(line)]))
      .filter((pid) => pid > 0);
  } catch {
    return [];
  }
}

/** The folder and those in it, deepest first. */
function below(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const children = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...children.flatMap((entry) => below(join(folder, entry.name))), folder];
}

/** Removes the cgroup everywhere; its processes must have ended. Gives what the kernel still holds. */
export function removeCgroup(name: string): string[] {
  return hierarchies()
    .flatMap(({ path }) => below(join(path, name)))
    .filter((folder) => {
      try {
        rmdirSync(folder);
        return false;
      } catch {
        return existsSync(folder);
      }
    });
}

/** Names of cgroups at the top of any hierarchy that belong to the nodes of a lab. */
export function cgroupsOf(number: number): string[] {
  const names = hierarchies().flatMap(({ path }) => readdirSync(path).filter((name) => new RegExp(`^fl${number}-n\\d$`).test(name)));
  return [...new Set(names)];
}

/** Stops every process of the node between two instructions, or lets them go on. */
export function setFrozen(name: string, frozen: boolean): void {
  const { path, options } = freezer();
  if (options === undefined) writeFileSync(join(path, name, 'cgroup.freeze'), frozen ? '1' : '0');
  else writeFileSync(join(path, name, 'freezer.state'), frozen ? 'FROZEN' : 'THAWED');
}

/** Whether all of its processes stand still by now: the kernel takes a moment to stop the last of them. */
export function isFrozen(name: string): boolean {
  const { path, options } = freezer();
  return options === undefined
    ? readFileSync(join(path, name, 'cgroup.events'), 'utf8').includes('frozen 1')
    : readFileSync(join(path, name, 'freezer.state'), 'utf8').trim() === 'FROZEN';
}

/** The cgroup and every one in it, whoever froze them. */
export function thawAll(name: string): void {
  const { path, options } = freezer();
  for (const folder of below(join(path, name))) {
    if (options === undefined) writeFileSync(join(folder, 'cgroup.freeze'), '0');
    else writeFileSync(join(folder, 'freezer.state'), 'THAWED');
  }
}

export function hasCgroup(name: string): boolean {
  return existsSync(join(freezer().path, name));
}

function freezer(): Hierarchy {
  const found = hierarchies().find(({ path, options }) => options === undefined || basename(path).split(',').includes('freezer'));
  if (found === undefined) throw new Error('This kernel has no freezer cgroup.');
  return found;
}
