/**
 * Which cluster a lab is, and how its program is run: by this file Faultline finds the lab behind a connection, and breaks nodes of no
 * other cluster. It goes with the lab's folder.
 */
import { readFileSync, renameSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { placeOf } from './place.ts';
import type { Place } from './place.ts';

const Mark = v.object({
  /** UID of its kube-system. */
  uid: v.string(),
  number: v.number(),
  /** The lab's program, before its arguments. */
  command: v.array(v.string()),
});

const MAIN = join(import.meta.dirname, '..', 'main.ts');

function fileOf({ folder }: Pick<Place, 'folder'>): string {
  return join(folder, 'cluster.json');
}

export async function writeMark(place: Place, uid: string): Promise<void> {
  const mark: v.InferOutput<typeof Mark> = { uid, number: place.number, command: [process.execPath, MAIN] };
  const file = fileOf(place);
  // It names a program that is run: nobody else may write it.
  await writeFile(`${file}.new`, JSON.stringify(mark, null, 2), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** UID of the kube-system of the lab of this number; undefined: it has none yet. */
export function markedUid(number: number): string | undefined {
  try {
    return v.parse(Mark, JSON.parse(readFileSync(fileOf(placeOf(number, 'api')), 'utf8'))).uid;
  } catch {
    return undefined;
  }
}
