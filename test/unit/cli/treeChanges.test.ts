import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { changesText } from '../../../src/cli/tree.ts';

describe('tree --watch into a file', () => {
  it('says when something changed and which lines went and came, not all of them again', () => {
    const before = '✓ lab\n  ✓ trino\n    ✓ pod a\n    ✓ pod b\n';
    const after = '▲ lab\n  ✓ trino\n    ✓ pod a\n    ◌ pod b\n';
    assert.equal(
      changesText(before, after, new Date('2026-11-22T00:00:01.234Z')),
      '2026-11-22T00:00:01Z\n- ✓ lab\n-     ✓ pod b\n+ ▲ lab\n+     ◌ pod b\n',
    );
  });
});
