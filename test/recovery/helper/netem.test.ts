import assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import type { Report } from '../../reporter.ts';
import { underOtherKernel } from './other-kernel.ts';

const MODULES = ['veth', 'nf_tables', 'nft_redir', 'nft_chain_nat', 'tcp_diag', 'sch_netem', 'sch_prio'];

describe('a delay by the kernel, where it has netem', () => {
  let report: Report;

  before(async function () {
    this.timeout(660_000);
    report = await underOtherKernel('recovery/helper/netem.inside.ts', MODULES);
  });

  it('is found, felt by all, ends by itself, and leaves nothing that delays', () => {
    assert.deepEqual(report.failures, []);
    assert.equal(report.passed, 10);
  });
});
