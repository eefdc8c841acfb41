/** `faultline schema`: the format of spec files as JSON Schema, for editors and other tools. */
import type { Command } from 'commander';
import { jsonSchema } from '../run/spec/schema.ts';
import { exitCodes, write, type Terminal } from './terminal.ts';

export function addSchema(program: Command, terminal: Terminal, run: (work: Promise<number>) => Promise<void>): void {
  program
    .command('schema')
    .copyInheritedSettings(program)
    .summary('print the JSON Schema of spec files')
    .description('Prints the JSON Schema (draft 07) of *.faultline.yaml files: every key with what it means, its values and examples.')
    .addHelpText('after', '\nExample:\n  faultline schema > faultline.schema.json')
    .action(() => run(runSchema(terminal)));
}

async function runSchema(terminal: Terminal): Promise<number> {
  await write(terminal, `${JSON.stringify(jsonSchema(), undefined, 2)}\n`);
  return exitCodes.done;
}
