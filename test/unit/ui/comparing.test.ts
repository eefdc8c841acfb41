import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { ClusterModel, EngineInstance } from '../../../src/cluster/recognise/model.ts';
import type { EngineTarget } from '../../../src/engine/engine.ts';
import { comparedWords, furtherEngines } from '../../../src/ui/session/comparing.ts';

const server = (engine: 'trino' | 'clickhouse'): EngineTarget => ({
  kind: 'server',
  engine,
  name: engine,
  at: { kind: 'url', url: 'http://localhost:1' },
  user: 'ana',
});
const entry = {
  title: 'Forecasting',
  sql: 'select 0.06 - 0.01;',
  variants: { clickhouse: "-- as decimals\nselect toDecimal64('0.05', 2);" },
};
const compared = (written: string, a: EngineTarget, b: EngineTarget) => comparedWords(written, [entry], a, b);

describe('the texts that two engines are asked', () => {
  it('are the library’s where it has one for the engine, and it is said which engine was not asked what stands there', () => {
    const words = compared('select 0.06 - 0.01', server('trino'), server('clickhouse'));
    assert.deepEqual([words.a, words.b], ['select 0.06 - 0.01', entry.variants.clickhouse]);
    assert.equal(
      words.otherWords,
      'ClickHouse was asked the library’s own text of “Forecasting” for it, not the statement as it stands here.',
    );
  });

  it('say so of the selected engine too, when the text was written for the other one', () => {
    const words = compared(entry.variants.clickhouse, server('trino'), server('clickhouse'));
    assert.deepEqual([words.a, words.b], [entry.sql, entry.variants.clickhouse]);
    assert.match(words.otherWords ?? '', /^Trino was asked/);
  });

  it('are the one that was written, to the letter, where no other is known', () => {
    assert.deepEqual(compared('select 2', server('trino'), server('clickhouse')), { a: 'select 2', b: 'select 2' });
    const commented = 'select 0.06 - 0.01 -- mine';
    const duckdb = { kind: 'tpch', scale: 0.01, path: '/x' } as const;
    assert.deepEqual(compared(commented, server('trino'), duckdb), { a: commented, b: commented });
  });
});

describe('the engines that a statement can be compared with', () => {
  it('are those of open clusters too, each once and none without a Service that takes SQL', () => {
    const context = { name: 'lab', cluster: 'lab', file: '/kube' };
    const instance = (engine: 'trino' | 'clickhouse' | 'kafka' | 'spark', name: string, scheme?: 'http' | 'tcp') =>
      ({ engine, name, namespace: 'shop', ...(scheme === undefined ? {} : { service: { name, port: 1, scheme } }) }) as EngineInstance;
    const items = [
      instance('trino', 'trino', 'http'),
      instance('clickhouse', 'known', 'http'),
      instance('clickhouse', 'native', 'tcp'),
      instance('trino', 'bare'),
      instance('kafka', 'bus', 'http'),
    ];
    const live = { model: () => ({ engines: { items, state: 'live' } }) as unknown as ClusterModel };
    const at = {
      kind: 'kubernetes',
      kubeconfig: '/kube',
      context: 'lab',
      namespace: 'shop',
      service: 'known',
      port: 1,
      scheme: 'http',
    } as const;
    const known: EngineTarget = { kind: 'server', engine: 'clickhouse', name: 'shop/known', at, user: 'ana' };
    assert.deepEqual(
      furtherEngines([{ context, live }], [known]).map(({ instance: { name } }) => name),
      ['trino'],
    );
    assert.deepEqual(furtherEngines([], []), []);
  });
});
