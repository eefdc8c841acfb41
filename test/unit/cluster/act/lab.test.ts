import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'mocha';
import { isLab } from '../../../../src/cluster/act/lab.ts';
import { clusterIdentity } from '../../../../src/cluster/connect/identity.ts';
import { certificatesBy, certificatesFor } from '../../engine/certificates.ts';

describe('a cluster that may be changed without its name', () => {
  const cluster = (name: string, server: string, pem: string | undefined) => ({ context: { name }, server, authority: async () => pem });

  it('is the lab’s by its authority, and no other that is called like it', async () => {
    const other = await certificatesFor('DNS:x');
    const otherPem = await readFile(other.caFile, 'utf8');
    const lab = await certificatesBy('faultline-lab', 'DNS:x');
    const labPem = await readFile(lab.caFile, 'utf8');
    try {
      for (const [name, server, pem, expected] of [
        ['anything', 'https://10.89.1.1:6443', labPem, true],
        ['faultline-lab-1', 'https://10.89.1.1:6443', otherPem, false],
        ['faultline-lab-1', 'https://127.0.0.1:6443', otherPem, false],
        ['kind-faultline-lab-1', 'https://127.0.0.1:40123', otherPem, true],
        ['kind-faultline-lab-1', 'https://prod.example:6443', otherPem, false],
        ['kind-faultline-lab-1', 'https://127.0.0.1:40123', undefined, false],
        ['faultline-lab-1', 'https://10.89.1.1:6443', 'no certificate', false],
      ] as const)
        assert.equal(await isLab(cluster(name, server, pem)), expected, `${name} at ${server}`);
      const identity = await clusterIdentity({
        ...cluster('x', 'https://x', labPem),
        request: async () => ({ metadata: { uid: 'u' } }),
      } as never);
      assert.deepEqual([identity.uid, identity.isLab], ['u', true]);
    } finally {
      await other.remove();
      await lab.remove();
    }
  }).timeout(20_000);
});
