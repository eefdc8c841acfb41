/**
 * Gives a plain Node a `vscode` module with every name of the API, so that the extension's bundle can be loaded there.
 * Preloaded with `node --import`. Every name is callable, constructible and has every property.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';

const types = readFileSync(join(import.meta.dirname, '../../node_modules/@types/vscode/index.d.ts'), 'utf8');
const names = new Set(
  [...types.matchAll(/^\texport (?:abstract )?(?:class|enum|namespace|function|const|let) (\w+)/gm)].map((match) => match[1]),
);
const source = `
const anything = new Proxy(class {}, { get: (target, key) => (key in target ? target[key] : anything), apply: () => anything });
${[...names].map((name) => `export const ${name} = anything;`).join('\n')}
export default anything;`;

registerHooks({
  resolve: (specifier, context, next) => (specifier === 'vscode' ? { url: 'stub:vscode', shortCircuit: true } : next(specifier, context)),
  load: (url, context, next) => (url === 'stub:vscode' ? { format: 'module', source, shortCircuit: true } : next(url, context)),
});
