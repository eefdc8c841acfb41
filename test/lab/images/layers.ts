/** Layers that many images have in common in kind: small files, and programs. */
import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Progress } from '../../workbench/cache.mjs';
import { accounts } from './base.ts';
import type { Account } from './base.ts';
import type { LayerRecipe, Owner } from './recipe.ts';

/** A file by its text, a link by its target, or a folder. Modes: 0644 for files unless `mode` says otherwise, 0755 for folders. */
export type Entry =
  | string
  | { readonly text: string; readonly mode?: number }
  | { readonly link: string }
  | { readonly folder: true; readonly mode?: number };

/** A script that can be executed. */
export function script(text: string): Entry {
  return { text, mode: 0o755 };
}

/** A layer of small files that stand in the recipe itself: `{'etc/app/config.properties': 'a=b\n', 'usr/bin/run': script('…')}`. */
export function files(title: string, entries: Readonly<Record<string, Entry>>, owners: readonly Owner[] = []): LayerRecipe {
  const listed = Object.entries(entries);
  return {
    title,
    key: `files ${createHash('sha256').update(JSON.stringify(listed)).digest('hex')}`,
    owners,
    build: async (folder) => {
      for (const [path, entry] of listed) {
        const target = join(folder, path);
        await mkdir(dirname(target), { recursive: true });
        await writeEntry(target, entry);
      }
    },
  };
}

async function writeEntry(target: string, entry: Entry): Promise<void> {
  if (typeof entry === 'string') return writeFile(target, entry);
  if ('link' in entry) return symlink(entry.link, target);
  if ('folder' in entry) {
    await mkdir(target, { recursive: true });
    return chmod(target, entry.mode ?? 0o755);
  }
  await writeFile(target, entry.text);
  return chmod(target, entry.mode ?? 0o644);
}

/** A layer with one program at `path`: `key` names its version, `source` answers where it lies (a build or a download, cached). */
export function programAt(path: string, key: string, source: LayerSource): LayerRecipe {
  return {
    title: path,
    key: `program ${path} ${key}`,
    build: async (folder, progress) => {
      const target = join(folder, path);
      await mkdir(dirname(target), { recursive: true });
      await cp(await source(progress), target);
      await chmod(target, 0o755);
    },
  };
}

type LayerSource = (progress: Progress) => Promise<string>;

/** A layer with these accounts in /etc/passwd, their homes, and folders that belong to them: `{'data/trino': 'trino'}`. */
export function users(list: readonly Account[], folders: Readonly<Record<string, string>> = {}): LayerRecipe {
  const { passwd, group } = accounts(list);
  const homes = list.map((one) => [(one.home ?? `/home/${one.name}`).slice(1), one.name] as const);
  const owned = [...homes, ...Object.entries(folders)];
  const owners = owned.map(([path, name]) => {
    const account = list.find((one) => one.name === name);
    if (account === undefined) throw new Error(`/${path} belongs to ${name}, who has no account.`);
    return { path, uid: account.uid, gid: account.gid };
  });
  const empty = Object.fromEntries(owned.map(([path]) => [path, { folder: true } as const]));
  return files('accounts', { 'etc/passwd': passwd, 'etc/group': group, ...empty }, owners);
}
