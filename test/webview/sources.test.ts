import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'mocha';

const folder = fileURLToPath(new URL('../../webview', import.meta.url));
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

describe('sources of the pages', () => {
  it('style sheets name no colour: only variables of the theme', () => {
    const sheets = files.filter((name) => name.endsWith('.css'));
    assert.ok(sheets.length >= 5);
    for (const name of sheets) {
      const literal =
        /#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|hwb|lab|lch|oklab|oklch)a?\((?!from var\()|:\s*(?:white|black|red|green|blue|gr[ae]y|orange|yellow)\b/i.exec(
          read(name),
        );
      assert.equal(literal?.[0], undefined, name);
    }
  });

  it('no script makes markup of text or names a colour', () => {
    for (const name of files.filter((file) => file.endsWith('.ts'))) {
      const text = read(name);
      assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser/, name);
      assert.doesNotMatch(text, /['"`:\s]#[0-9a-f]{6}\b|rgba?\(/i, name);
    }
  });

  it('only one file knows the component library', () => {
    const users = files.filter((name) => name.endsWith('.ts') && read(name).includes('@vscode/webview-ui-toolkit'));
    assert.deepEqual(users, [join('kit', 'toolkit.ts')]);
  });
});
