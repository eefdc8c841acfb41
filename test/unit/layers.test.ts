import assert from 'node:assert/strict';
import { join } from 'node:path';
import { importsOf, layerViolations, readSources } from '../build/layers.ts';

function oneImport(path: string, statement: string): readonly string[] {
  return layerViolations([{ path, text: `// first line\n${statement}\n` }]);
}

describe('layers', () => {
  it('a room imports what the table allows and nothing else', () => {
    assert.deepEqual(oneImport('src/query/host/main.ts', "import { t } from '../../base/messages.ts';"), []);
    assert.deepEqual(oneImport('src/ui/tree/tree.ts', "import { views } from '../../contributions.ts';"), []);
    assert.deepEqual(oneImport('src/cli.ts', "import { Library } from './workload/library.ts';"), []);
    assert.deepEqual(oneImport('src/base/units.ts', "import { x } from '../engine/engine.ts';"), [
      'src/base/units.ts:2: base may not import engine (src/engine/engine.ts)',
    ]);
    assert.equal(oneImport('src/cli/sql.ts', "import { x } from '../ui/log.ts';").length, 1);
  });

  it('an import of types counts like any other', () => {
    assert.equal(oneImport('src/engine/engine.ts', "import type { A } from '../query/results.ts';").length, 1);
    assert.equal(oneImport('src/engine/engine.ts', "export type { A } from '../query/results.ts';").length, 1);
    assert.equal(oneImport('src/engine/engine.ts', "let a: import('../query/results.ts').A;").length, 1);
  });

  it('contributions.ts takes types of the engine, never its code', () => {
    assert.deepEqual(oneImport('src/contributions.ts', "import type { A } from './engine/engine.ts';"), []);
    assert.equal(oneImport('src/contributions.ts', "import { A } from './engine/engine.ts';").length, 1);
  });

  it('vscode is imported in ui and extension.ts alone', () => {
    assert.deepEqual(oneImport('src/ui/log.ts', "import * as vscode from 'vscode';"), []);
    assert.deepEqual(oneImport('src/extension.ts', "import type { ExtensionContext } from 'vscode';"), []);
    assert.equal(oneImport('src/query/history.ts', "import * as vscode from 'vscode';").length, 1);
  });

  it('a page imports its folder, the kit, its own protocol and browser-safe files', () => {
    const page = 'webview/results/grid/grid.ts';
    for (const target of ['../main.ts', '../../kit/host.ts', '../../../src/ui/panels/results/protocol.ts', '../../../src/base/rpc.ts']) {
      assert.deepEqual(oneImport(page, `import { x } from '${target}';`), [], target);
    }
    for (const target of ['../../timeline/x.ts', '../../../src/ui/panels/other/protocol.ts', '../../../src/base/fork.ts', 'node:fs']) {
      assert.equal(oneImport(page, `import { x } from '${target}';`).length, 1, target);
    }
  });

  it('a folder outside the table is refused until it is named there', () => {
    assert.equal(oneImport('src/misc/a.ts', "import { t } from '../base/messages.ts';").length, 1);
  });

  it('imports over several lines, for side effects and on demand are seen', () => {
    const text =
      "import {\n  a,\n  type B,\n} from './a.ts';\nimport './b.css';\nexport * from './c.ts';\nconst d = await import('./d.ts');\n";
    assert.deepEqual(
      importsOf(text).map(({ specifier, line }) => [specifier, line]),
      [
        ['./a.ts', 1],
        ['./b.css', 5],
        ['./c.ts', 6],
        ['./d.ts', 7],
      ],
    );
  });

  it('the sources keep to the table', async () => {
    const sources = await readSources(join(import.meta.dirname, '../..'));
    assert.ok(sources.length > 10, 'the sources were found');
    assert.deepEqual(layerViolations(sources), []);
  });
});
