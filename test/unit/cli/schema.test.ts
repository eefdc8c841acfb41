import assert from 'node:assert/strict';
import { makeHome, type Home } from './support.ts';

describe('faultline schema', () => {
  let home: Home;
  before(async () => {
    home = await makeHome();
  });
  after(() => home.remove());

  it('prints a JSON Schema that describes every key of a spec', async () => {
    const { code, stdout, stderr } = await home.run(['schema']);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    const schema = JSON.parse(stdout) as { $schema: string; required: string[]; properties: Record<string, { description?: string }> };
    assert.match(schema.$schema, /draft-07/);
    // A run that breaks something may leave the rest out.
    assert.deepEqual(schema.required, ['faultline']);
    const ofBenchmarks = ['against', 'engine', 'expect', 'faultline', 'load', 'name', 'seed', 'timeout', 'warmUp', 'workload', 'abort'];
    const ofFaults = ['purpose', 'cluster', 'faults', 'probes', 'messages', 'baseline', 'observe', 'recovery'];
    assert.deepEqual(Object.keys(schema.properties).toSorted(), [...ofBenchmarks, ...ofFaults].toSorted());
    for (const [key, { description }] of Object.entries(schema.properties)) assert.ok(description, key);
  });
});
