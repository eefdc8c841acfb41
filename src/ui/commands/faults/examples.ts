/** The specs that come with Faultline and break something: read when somebody looks. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { FaultSpec } from '../../../run/spec/spec.ts';
import { specExtension } from '../../../run/spec/spec.ts';
import type { SpecRoom } from '../benchmark.ts';

export interface FaultExample {
  /** "kafka-leader-kill.faultline.yaml" */
  readonly file: string;
  readonly path: string;
  readonly spec: FaultSpec;
}

/** By name. One that can't be read is left out: a test reads them all. */
export async function faultExamples(folder: string, specs: SpecRoom): Promise<readonly FaultExample[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(specExtension)).toSorted();
  const found = await Promise.all(
    files.map(async (file): Promise<FaultExample | undefined> => {
      const path = join(folder, file);
      const { breaks } = await specs.readSpec(await readFile(path, 'utf8'), { file: path, folder });
      return breaks === undefined ? undefined : { file, path, spec: breaks };
    }),
  );
  return found.filter((example) => example !== undefined);
}

/** A tree item of an example, or the name of its file. */
export function exampleOf(argument: unknown): string | undefined {
  const path = typeof argument === 'object' && argument !== null && 'example' in argument ? argument.example : argument;
  return typeof path === 'string' ? basename(path) : undefined;
}
