import assert from 'node:assert/strict';
import { jsonSchema } from '../../../src/run/spec/schema.ts';
import { parseAbortRule, parseExpectation } from '../../../src/run/spec/expectation.ts';
import { contextAt, ruleProposals, type SpecContext } from '../../../src/ui/editor/spec/context.ts';
import { SpecLanguage } from '../../../src/ui/editor/spec/language.ts';

/** `│` marks the cursor. */
function cursor(marked: string): { readonly text: string; readonly position: { readonly line: number; readonly character: number } } {
  const before = marked.slice(0, marked.indexOf('│')).split('\n');
  return { text: marked.replace('│', ''), position: { line: before.length - 1, character: before.at(-1)?.length ?? 0 } };
}

describe('help in a spec', () => {
  const at = (marked: string): SpecContext | undefined => {
    const { text, position } = cursor(marked);
    return contextAt(text.split('\n'), position.line, position.character);
  };

  it('knows what stands at the cursor', () => {
    assert.deepEqual(at('expect:\n  - lat│'), { kind: 'rule', of: 'expect', typed: 'lat', begins: false });
    assert.deepEqual(at('expect:\n- errors │'), { kind: 'rule', of: 'expect', typed: 'errors ', begins: false });
    assert.deepEqual(at('abort:\n  # why\n  - errors > 1 % over 10 s\n\n  - │'), { kind: 'rule', of: 'abort', typed: '', begins: false });
    assert.deepEqual(at('expect:\n  - answers ok\n  │'), { kind: 'rule', of: 'expect', typed: '', begins: true });
    assert.deepEqual(at('abort:\n  err│'), { kind: 'rule', of: 'abort', typed: 'err', begins: true });
    assert.deepEqual(at('workload:\n  statements:\n    - {weight: 2, library: tpch/│}'), { kind: 'library', typed: 'tpch/' });
    assert.deepEqual(at('  - library: │'), { kind: 'library', typed: '' });
    assert.deepEqual(at('workload:\n  tpch: │'), { kind: 'queries', typed: '', inList: false });
    assert.deepEqual(at('workload:\n  tpch: [1, 3│'), { kind: 'queries', typed: '3', inList: true });
    assert.deepEqual(at('workload:\n  tpch:\n    - 1│'), { kind: 'queries', typed: '1', inList: true });
    for (const marked of [
      'expect: │',
      'expect:\n  - answers ok\n│',
      'workload:\n  statements:\n    - │',
      'load:\n  │',
      'expect:\n  - errors # lat│',
      'expect:\n  - a\nload:\n  - │',
    ]) {
      assert.equal(at(marked), undefined, marked);
    }
  });

  it('whatever is chosen for a rule, step by step, is a rule', () => {
    const finished = { expect: 0, abort: 0 };
    const walk = (typed: string, of: 'expect' | 'abort', depth: number): void => {
      assert.ok(depth < 8, typed);
      const { replaces, proposals } = ruleProposals(typed, of, ['q01', 'top customers']);
      for (const { text, goesOn } of proposals.filter(({ text: each }) => each !== '<' && each !== '>= ')) {
        const next = typed.slice(0, typed.length - replaces) + text;
        if (!goesOn) {
          if (of === 'expect') parseExpectation(next, ['q01', 'top customers']);
          else parseAbortRule(next, ['q01', 'top customers']);
          finished[of]++;
        } else walk(next.endsWith('.') || next.endsWith(' ') ? next : `${next} `, of, depth + 1);
      }
    };
    walk('', 'expect', 0);
    walk('', 'abort', 0);
    assert.ok(finished.expect > 50 && finished.abort > 50, JSON.stringify(finished));
    assert.deepEqual(
      ruleProposals('latency.p95(to', 'expect', ['q01', 'top customers']).proposals.map(({ text }) => text),
      ['q01)', 'top customers)'],
    );
  });

  it('a comment that names another schema fetches nothing', async () => {
    const language = new SpecLanguage(jsonSchema());
    const { text, position } = cursor('# yaml-language-server: $schema=http://127.0.0.1:1/x.json\nfaultline: 1\n│');
    const labels = (await language.complete(text, position)).map(({ label }) => label);
    assert.ok(labels.includes('workload'), labels.join());
  });

  it('keys between braces are put where the cursor is', async () => {
    const { text, position } = cursor('faultline: 1\nengine: {kind: duckdb, │}\n');
    const item = (await new SpecLanguage(jsonSchema()).complete(text, position)).find(({ label }) => label === 'threads');
    assert.ok(item?.textEdit && 'range' in item.textEdit);
    assert.deepEqual(item.textEdit.range, { start: position, end: position });
  });
});
