import assert from 'node:assert/strict';
import { exceptionError, parseException } from '../../../../src/engine/clickhouse/errors.ts';
import type { FaultlineError } from '../../../../src/base/errors.ts';

function refused(text: string, sql: string): FaultlineError {
  const exception = parseException(text);
  assert(exception, 'it is read as an exception');
  return exceptionError(exception, { target: 'shop/clickhouse', sql, offset: sql.length - sql.trimStart().length });
}

const today = (code: number, message: string, name: string): string =>
  `Code: ${code}. DB::Exception: ${message} (${name}) (version 26.7.2.1 (official build))\n`;

describe('errors of ClickHouse', () => {
  it('stand where the server saw them, counted in bytes by it and in characters by us', () => {
    const sql = "\n  SELECT 'ä€😀', 1 frm x y";
    const at = Buffer.byteLength(sql.trimStart().slice(0, sql.trimStart().indexOf('x y'))) + 1;
    const error = refused(
      today(62, `Syntax error: failed at position ${at} (x) (line 1, col 22): x y. Expected one of: token, Comma, FROM.`, 'SYNTAX_ERROR'),
      sql,
    );
    assert.equal(error.facts.what, 'The statement can’t be read from “x” on');
    assert.equal(error.facts.remedy, 'Here could stand: token, Comma, FROM');
    assert.deepEqual(error.facts.position, { start: sql.indexOf('x y'), end: sql.indexOf('x y') + 1 });
  });

  it('at the end of a statement say that it ends too early', () => {
    const error = refused(
      today(62, 'Syntax error: failed at position 9 (end of query): . Expected one of: token.', 'SYNTAX_ERROR'),
      'SELECT (',
    );
    assert.equal(error.facts.what, 'The statement ends too early');
  });

  const cases: readonly (readonly [string, string, string, string, string, readonly string[]])[] = [
    [today(47, "Unknown expression identifier `nam` in scope SELECT nam FROM t. Maybe you meant: ['name','names'].", 'UNKNOWN_IDENTIFIER'), "SELECT 'nam', nam FROM t", 'There is no column nam', 'UNKNOWN_IDENTIFIER', 'nam', ['name', 'names']], // prettier-ignore
    [today(60, "Unknown table expression identifier 'shop.nosuch' in scope SELECT * FROM shop.nosuch.", 'UNKNOWN_TABLE'), 'SELECT * FROM shop.nosuch', 'There is no table shop.nosuch', 'UNKNOWN_TABLE', 'shop.nosuch', []], // prettier-ignore
    [today(46, "Function with name `coun` does not exist. In scope SELECT coun(1). Maybe you meant: ['count'].", 'UNKNOWN_FUNCTION'), 'SELECT coun(1)', 'There is no function coun', 'UNKNOWN_FUNCTION', 'coun', ['count']], // prettier-ignore
    ["Code: 60, e.displayText() = DB::Exception: Table default.nosuch doesn't exist., e.what() = DB::Exception", 'SELECT 1 FROM `nosuch`', 'There is no table default.nosuch', 'UNKNOWN_TABLE', '`nosuch`', []], // prettier-ignore
    ['Code: 47, e.displayText() = DB::Exception: Unknown identifier: foo, e.what() = DB::Exception', 'SELECT foo', 'There is no column foo', 'UNKNOWN_IDENTIFIER', 'foo', []], // prettier-ignore
  ];
  for (const [text, sql, what, code, place, candidates] of cases)
    it(`${text.slice(0, 70)}… is about ${place}`, () => {
      const { facts } = refused(text, sql);
      assert.equal(facts.what, what);
      assert.equal(facts.code, code);
      assert.equal(sql.slice(facts.position?.start, facts.position?.end), place);
      assert.deepEqual(facts.candidates ?? [], candidates);
    });

  it('of rights are told from errors of statements', () => {
    const reason = (code: number): string => refused(today(code, 'No.', 'X_Y_Z'), 'SELECT 1').reason;
    assert.deepEqual([516, 497, 394, 241, 159].map(reason), ['unauthorised', 'forbidden', 'engine', 'engine', 'engine']);
  });

  it('keep a message that has brackets of its own, and leave out the stack', () => {
    assert.deepEqual(parseException(today(43, 'Illegal type String (of argument) of function plus (A, B)', 'ILLEGAL_TYPE_OF_ARGUMENT')), {
      code: 43,
      name: 'ILLEGAL_TYPE_OF_ARGUMENT',
      message: 'Illegal type String (of argument) of function plus (A, B)',
    });
    assert.equal(
      parseException('Code: 36, e.displayText() = DB::Exception: Bad, e.what() = DB::Exception, Stack trace:\n\n0. main')?.message,
      'Bad',
    );
    assert.equal(parseException('<html>Code: 1'), undefined);
  });
});
