/**
 * The labs of this machine, found by what their clusters are: nodes of no other cluster are ever stopped, cut off or frozen. A lab
 * that makes its own nodes leaves a file that says which cluster it is and how its program is run.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { attendNode, type AttendedNode } from './attend.ts';

export interface Labs {
  /** By the UID of its kube-system; undefined: it is no lab of this machine whose nodes can be had. */
  find(clusterUid: string): Promise<Lab | undefined>;
}

export interface Lab {
  readonly number: number;
  /** The command that ends a fault of this node now, as a person types it. */
  healCommand(node: string): string;
  attend(node: string): AttendedNode;
}

const mark = v.object({
  uid: v.string(),
  number: v.pipe(v.number(), v.integer()),
  command: v.pipe(v.array(v.string()), v.minLength(1)),
});
type Mark = v.InferOutput<typeof mark>;

export function labsOfMachine(env: Readonly<Record<string, string | undefined>>): Labs {
  const cache = env['FAULTLINE_CACHE'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'faultline');
  return {
    find: async (clusterUid) => {
      const folder = join(cache, 'lab');
      const names = await readdir(folder).catch(() => []);
      for (const name of names.filter((one) => /^state-\d$/.test(one)).sort()) {
        const found = await readMark(join(folder, name, 'cluster.json'));
        if (found?.uid === clusterUid) return labOf(found, { ...env, FAULTLINE_CACHE: cache });
      }
      return undefined;
    },
  };
}

/** What it names is run: a file that somebody else may have written counts for nothing. */
async function readMark(file: string): Promise<Mark | undefined> {
  try {
    const { uid, mode } = await stat(file);
    if (uid !== process.getuid?.() || (mode & 0o022) !== 0) return undefined;
    const found = v.safeParse(mark, JSON.parse(await readFile(file, 'utf8')));
    return found.success ? found.output : undefined;
  } catch {
    return undefined;
  }
}

function labOf({ uid, number, command }: Mark, env: Readonly<Record<string, string | undefined>>): Lab {
  const lab = ['--lab', String(number)];
  return {
    number,
    healCommand: (node) => [...command, 'node', 'heal', node, ...lab].map(quoted).join(' '),
    attend: (node) => attendNode([...command, 'node', 'attend', node, ...lab, '--cluster', uid], env),
  };
}

function quoted(word: string): string {
  return /^[\w./:=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
