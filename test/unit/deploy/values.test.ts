import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FaultlineError } from '../../../src/base/errors.ts';
import { effective, overlay } from '../../../src/deploy/values/merge.ts';
import { problemsOf } from '../../../src/deploy/values/schema.ts';
import { parseSet } from '../../../src/deploy/values/sets.ts';
import { valuesOf } from '../../../src/deploy/values/sources.ts';
import { unknownKeys } from '../../../src/deploy/values/unknown.ts';

describe('values', () => {
  it('merge as Helm merges: maps deeply, lists whole, null takes a default away', () => {
    const mine = overlay({ a: { b: 1, c: [1, 2] } }, { a: { c: [3], d: null } });
    assert.deepEqual(mine, { a: { b: 1, c: [3], d: null } });
    assert.deepEqual(effective({ a: { b: 0, d: 'default', e: 5 }, f: 1 }, mine), { a: { b: 1, c: [3], e: 5 }, f: 1 });
    assert.deepEqual(effective({ a: { b: 1 } }, { a: null }), {});
  });

  it('of --set have the types and paths that Helm gives them', () => {
    assert.deepEqual(parseSet('a.b=1,c=true,d=text,e=007,f={x,2}'), { a: { b: 1 }, c: true, d: 'text', e: '007', f: ['x', 2] });
    assert.deepEqual(parseSet(String.raw`nodeSelector.kubernetes\.io/os=linux,t=a\,b`), {
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      t: 'a,b',
    });
    assert.deepEqual(parseSet('hosts[1].name=b,hosts[0].name=a'), { hosts: [{ name: 'a' }, { name: 'b' }] });
    assert.deepEqual(parseSet('gone=null'), { gone: null });
  });

  it('of --set that can’t be read are refused without showing what may be a secret', () => {
    assert.throws(
      () => parseSet('novalue'),
      (error) => FaultlineError.is(error, 'invalid'),
    );
    assert.throws(
      () => parseSet('a[x]=geheim'),
      (error: Error) => FaultlineError.is(error, 'invalid') && !error.message.includes('geheim'),
    );
  });

  const schema = {
    type: 'object',
    additionalProperties: false,
    properties: {
      worker: {
        type: 'object',
        additionalProperties: false,
        properties: { replicas: { type: 'integer', minimum: 0 }, mode: { enum: ['a', 'b'] } },
      },
    },
  };

  it('that do not fit are all named, with the line where they were written and the key that was meant', () => {
    const mine = valuesOf('mine.yaml', 'worker:\n  repliacs: 3\n  replicas: -1\n  mode: c\n');
    const problems = problemsOf(schema, mine.values, [mine]);
    assert.deepEqual(problems.map(({ where, text }) => `${where ?? ''} ${text}`).sort(), [
      'mine.yaml:2:3 worker.repliacs is no value of this chart; did you mean “replicas”?',
      'mine.yaml:3:3 worker.replicas has to be >= 0',
      'mine.yaml:4:3 worker.mode has to be one of "a", "b"',
    ]);
  });

  it('that are wrong in an earlier file and right in a later one are right', () => {
    const [first, second] = [valuesOf('one.yaml', 'worker: {replicas: many}'), valuesOf('two.yaml', 'worker: {replicas: 2}')];
    assert.deepEqual(problemsOf(schema, overlay(first.values, second.values), [first, second]), []);
    const reversed = problemsOf(schema, overlay(second.values, first.values), [second, first]);
    assert.match(reversed[0]?.where ?? '', /^one\.yaml:1:/);
  });

  it('that are no YAML or no map are refused with their place', () => {
    assert.throws(() => valuesOf('mine.yaml', 'a: [1\nb: 2'), /mine\.yaml is not valid YAML.*line/);
    assert.throws(() => valuesOf('mine.yaml', '- a'), /it is not a map of keys/);
  });

  it('that a chart without a schema does not have are found by its defaults, dependencies and open maps left alone', () => {
    const found = unknownKeys(
      { image: { tag: '1' }, nodeSelector: {}, sub: {} },
      { imgae: 1, image: { tga: 2 }, nodeSelector: { a: 'b' }, dep: { x: 1 }, global: {} },
      ['dep'],
    );
    assert.deepEqual(found, [
      { path: ['imgae'], meant: 'image' },
      { path: ['image', 'tga'], meant: 'tag' },
    ]);
  });
});
