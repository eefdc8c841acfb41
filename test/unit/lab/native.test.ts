import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { Profile } from '../../lab/lab.ts';
import { placeOf } from '../../lab/native/place.ts';
import { readState, writeState } from '../../lab/native/state.ts';

const NUMBERS = Array.from({ length: 10 }, (_, number) => number);

describe('the places of labs', () => {
  for (const profile of ['api', 'cluster'] satisfies Profile[]) {
    it(`share no address, port, name or folder: ten labs of profile ${profile}`, () => {
      const claims = NUMBERS.flatMap((number) => {
        const place = placeOf(number, profile);
        const nodes = place.nodes.flatMap(({ address, podRange, namespace, cable, folder }) => [
          address,
          podRange,
          namespace,
          cable,
          folder,
        ]);
        const listeners = [`${place.address}:${place.apiPort}`, `etcd ${place.etcdPort}`, `etcd ${place.etcdPort + 1}`];
        return [place.folder, place.bridge, place.podRange, place.serviceRange, ...listeners, ...nodes];
      });
      assert.equal(new Set(claims).size, claims.length);
    });
  }

  it('have no number but 0 to 9', () => {
    for (const number of [-1, 10, 1.5, NaN]) assert.throws(() => placeOf(number, 'api'), /0 to 9/);
  });

  it('have network names that the kernel takes: 15 characters at most', () => {
    const { bridge, nodes } = placeOf(9, 'cluster');
    for (const name of [bridge, ...nodes.map(({ cable }) => cable)]) assert.ok(name.length <= 15, name);
  });
});

describe('what a lab writes down about itself', () => {
  let folder: string;
  let before: string | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'faultline-state-'));
    before = process.env['FAULTLINE_CACHE'];
    process.env['FAULTLINE_CACHE'] = folder;
  });

  afterEach(() => {
    if (before === undefined) delete process.env['FAULTLINE_CACHE'];
    else process.env['FAULTLINE_CACHE'] = before;
    rmSync(folder, { recursive: true });
  });

  it('is read back', async () => {
    const state = { phase: 'up', profile: 'node', minor: '1.34', version: 'v1.34.4', upSince: 17 } as const;
    await writeState(3, state);
    const { boot, ...read } = readState(3) as Exclude<ReturnType<typeof readState>, string | undefined>;
    assert.deepEqual(read, state);
    assert.match(boot, /^[0-9a-f-]{36}$/);
  });

  it('is told from nothing, and from a file that was cut', () => {
    assert.equal(readState(4), undefined);
    mkdirSync(placeOf(4, 'api').folder, { recursive: true });
    writeFileSync(join(placeOf(4, 'api').folder, 'state.json'), '{"phase": "sta');
    assert.equal(readState(4), 'unreadable');
  });
});
