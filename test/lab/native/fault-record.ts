/** Which faults a lab's nodes have: a file a fault in the lab's folder, so that every later command knows of it. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { NodeFault } from '../lab.ts';
import { placeOf } from './place.ts';

const Record = v.object({ node: v.string(), kind: v.picklist(['stop', 'cut', 'freeze']), untilMs: v.number() });

function folderOf(number: number): string {
  return join(placeOf(number, 'api').folder, 'faults');
}

function fileOf(number: number, node: string): string {
  return join(folderOf(number), `${node}.json`);
}

/**
 * Faults of this lab's nodes that have not ended. One whose time is over is among them as long as nobody has seen to it that the node
 * is back, but for a cut: the kernel ends that by itself.
 */
export function openFaults(number: number): readonly NodeFault[] {
  return recorded(number).filter(({ kind, untilMs }) => kind !== 'cut' || untilMs > Date.now());
}

function recorded(number: number): NodeFault[] {
  let names: string[];
  try {
    names = readdirSync(folderOf(number));
  } catch {
    return [];
  }
  return names.filter((name) => name.endsWith('.json')).flatMap((name) => read(join(folderOf(number), name)) ?? []);
}

export function readFault(number: number, node: string): NodeFault | undefined {
  return read(fileOf(number, node));
}

/** Files are put in place whole, so one that can't be read is one that was just removed. */
function read(file: string): NodeFault | undefined {
  try {
    return v.parse(Record, JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

export function writeFault(number: number, fault: NodeFault): void {
  mkdirSync(folderOf(number), { recursive: true });
  const file = fileOf(number, fault.node);
  writeFileSync(`${file}.new`, JSON.stringify(fault));
  renameSync(`${file}.new`, file);
}

export function removeFault(number: number, node: string): void {
  rmSync(fileOf(number, node), { force: true });
}
