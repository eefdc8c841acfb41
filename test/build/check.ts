/** npm run check: types, lint, layers, format, side by side. Prints what failed and how long each took. */
import { join } from 'node:path';
import { layerViolations, readSources } from './layers.ts';
import { run } from './run.ts';

const root = join(import.meta.dirname, '../..');

interface Outcome {
  readonly passed: boolean;
  readonly output: string;
}

const checks: Readonly<Record<string, () => Promise<Outcome>>> = {
  'types (extension, processes, terminal)': () => tool('typescript/bin/tsc', ['--project', '.']),
  'types (pages)': () => tool('typescript/bin/tsc', ['--project', 'webview']),
  'types (tests)': () => tool('typescript/bin/tsc', ['--project', 'test']),
  lint: () => tool('oxlint/bin/oxlint', ['--deny-warnings']),
  layers: async () => {
    const found = layerViolations(await readSources(root));
    return { passed: found.length === 0, output: found.join('\n') };
  },
  format: () => tool('prettier/bin/prettier.cjs', ['--check', '--cache', '--log-level', 'warn', '.']),
};

async function tool(program: string, args: readonly string[]): Promise<Outcome> {
  const ended = await run(process.execPath, [join(root, 'node_modules', program), ...args], { cwd: root });
  return { passed: ended.code === 0, output: `${ended.stdout}${ended.stderr}`.trim() };
}

async function timed(name: string, check: () => Promise<Outcome>): Promise<boolean> {
  const start = performance.now();
  const { passed, output } = await check();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${passed ? 'passed' : 'FAILED'}  ${name} (${seconds} s)${passed ? '' : `\n${output}\n`}`);
  return passed;
}

const results = await Promise.all(Object.entries(checks).map(([name, check]) => timed(name, check)));
if (results.includes(false)) process.exitCode = 1;
