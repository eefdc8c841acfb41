import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { packagePaths } from '../../../src/base/package.ts';
import { createFormat } from '../../../src/cli/format/format.ts';
import { runProgram } from '../../../src/cli/program.ts';
import { fit, visible, widthOf } from '../../../src/cli/format/width.ts';
import type { Terminal } from '../../../src/cli/terminal.ts';
import { makeHome } from './support.ts';

describe('what a terminal shows', () => {
  it('progress and counts are on the terminal, and rows alone in the output', async () => {
    const home = await makeHome();
    const stdout = new PassThrough();
    const stderr = Object.assign(new PassThrough(), { isTTY: true });
    const terminal: Terminal = {
      stdout,
      stderr,
      stdin: new PassThrough(),
      env: { FAULTLINE_HOME: home.path },
      signal: new AbortController().signal,
    };
    try {
      const sql = 'SELECT count(*) AS n FROM range(60000000) WHERE hash(range) % 7 = 3 AND hash(range + 1) % 5 = 2';
      const code = await runProgram(['sql', '--format', 'csv', sql], terminal, packagePaths());
      const shown = String(stderr.read());
      assert.equal(code, 0);
      assert.match(String(stdout.read()), /^n\n\d+\n$/);
      assert.match(shown.split('\r\u001b[2K')[1] ?? '', /^\d+(\.\d+)? m?s/);
      assert.match(shown, /1 row in .*\n$/);
    } finally {
      await home.remove();
    }
  });

  it('wide, combining and control characters take the room they take', () => {
    assert.deepEqual(['abc', 'é', '日本', '😀', 'e\u0301'].map(widthOf), [3, 1, 4, 2, 1]);
    assert.equal(fit('日本語', 5), '日本…');
    assert.equal(fit('abc', 3), 'abc');
    assert.equal(visible('a\tb\u0007\u009b'), 'a\\tb\\x07\\x9b');
  });

  it('a long value is cut on a terminal only', () => {
    const text = 'x'.repeat(100);
    const column = { name: 'c', type: 'VARCHAR', kind: 'text' } as const;
    const shown = (isTerminal: boolean): string => {
      const format = createFormat('table', isTerminal);
      return format.begin([column]) + format.rows([[text]]) + format.end();
    };
    assert.equal(shown(true).split('\n')[2], `${'x'.repeat(59)}…`);
    assert.equal(shown(false).split('\n')[2], text);
  });

  it('rows behind the sample come at once and in line with the header', () => {
    const format = createFormat('table', false);
    const columns = [{ name: 'n', type: 'INTEGER', kind: 'integer' }] as const;
    const first = format.begin(columns) + format.rows(Array.from({ length: 1000 }, (_, row) => [String(row)]));
    assert.equal(first.split('\n').length, 1003);
    assert.equal(format.rows([['7']]), '  7\n');
    assert.equal(format.end(), '');
  });
});
