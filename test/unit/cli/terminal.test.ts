import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { packagePaths } from '../../../src/base/package.ts';
import { columnsText } from '../../../src/cli/columns.ts';
import { createFormat } from '../../../src/cli/format/format.ts';
import { runProgram } from '../../../src/cli/program.ts';
import { fit, visible, widthOf } from '../../../src/cli/format/width.ts';
import { StatusLine, type Terminal } from '../../../src/cli/terminal.ts';
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

  it('progress that is wider than the terminal stays on its line, so that it can be cleared', () => {
    const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 20 });
    const terminal: Terminal = {
      stdout: new PassThrough(),
      stderr,
      stdin: new PassThrough(),
      env: {},
      signal: new AbortController().signal,
    };
    const status = new StatusLine(terminal);
    status.show('measuring 12.3 s · 1,198 ok · of 2,000');
    assert.equal(String(stderr.read()), '\r\u001b[2Kmeasuring 12.3 s ·…');
  });

  it('a narrow terminal does without the columns that tell least', () => {
    const shown = (columns: number): readonly string[] => {
      const stdout = Object.assign(new PassThrough(), { isTTY: true, columns });
      const terminal: Terminal = {
        stdout,
        stderr: new PassThrough(),
        stdin: new PassThrough(),
        env: {},
        signal: new AbortController().signal,
      };
      const table = {
        columns: ['Run', 'Started', 'Engine', 'Reason'].map((title) => ({ title, isNumber: false })),
        rows: [['20261121-140500-made-2c3d', '2026-11-21 14:05', 'DuckDB 1.5.5', 'every expectation was met: answers ok']],
        spare: ['Started', 'Engine'],
      };
      return columnsText(table, terminal).split('\n');
    };
    assert.match(shown(200)[1] ?? '', /2c3d {2}2026-11-21 14:05 {2}DuckDB 1\.5\.5 {2}every expectation was met: answers ok$/);
    assert.match(shown(70)[1] ?? '', /2c3d {2}DuckDB 1\.5\.5 {2}every expectation was met: a…$/);
    assert.deepEqual(shown(40), ['RUN                        REASON', '20261121-140500-made-2c3d  every expectation w…', '']);
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
