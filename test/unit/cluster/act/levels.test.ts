import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { protectionOf, withLevel, type ProtectedCluster, type ProtectionLevels } from '../../../../src/cluster/act/levels.ts';
import { protectionNotes } from '../../../../src/cluster/act/protection.ts';
import type { ClusterIdentity } from '../../../../src/cluster/connect/identity.ts';

const authority = (digit: string): string => digit.repeat(64);
const A: ClusterIdentity = { uid: 'aaaaaaaa-0000-4000-8000-000000000000', caHash: authority('a') };
const B: ClusterIdentity = { uid: 'bbbbbbbb-0000-4000-8000-000000000000', caHash: authority('b') };
/** As `A` looks to who may not read its kube-system. */
const A_UNREAD: ClusterIdentity = { caHash: authority('a') };

const by = (name: string, server = 'https://a:6443', file = '/kube/config'): ProtectedCluster => ({ context: { name, file }, server });
const level = (cluster: ProtectedCluster, identity: ClusterIdentity | undefined, levels: ProtectionLevels): string =>
  protectionOf(cluster, identity, levels).level;
const notes = (cluster: ProtectedCluster, identity: ClusterIdentity, levels: ProtectionLevels): string =>
  protectionNotes(protectionOf(cluster, identity, levels)).join(' ');

describe('which protection a cluster has', () => {
  it('is “confirm” as long as nobody said anything, even by a strange name', () => {
    assert.deepEqual(protectionOf(by('toString'), A, {}), {
      context: 'toString',
      server: 'https://a:6443',
      level: 'confirm',
      knownBy: 'identity',
    });
    assert.equal(notes(by('toString'), A, {}), '');
  });

  it('goes with the cluster: open by every name and address that leads to it', () => {
    const levels = withLevel(by('dev'), A, {}, 'open');
    assert.deepEqual(levels, { [`dev https://a:6443 ${A.uid}/${'a'.repeat(32)}`]: 'open' });
    assert.equal(level(by('dev'), A, levels), 'open');
    assert.equal(level(by('other', 'https://10.0.0.1:443', '/other'), A, levels), 'open');
  });

  it('is “confirm” again for a context of the same name and address that leads to another cluster, and says so', () => {
    const levels = withLevel(by('dev'), A, {}, 'open');
    assert.equal(level(by('dev'), B, levels), 'confirm');
    assert.match(notes(by('dev'), B, levels), /dev led to another cluster when changes by a click were allowed/);
    for (const identity of [
      { ...A, caHash: authority('b') },
      { uid: A.uid ?? '' },
      { ...B, caHash: authority('a') },
      A_UNREAD,
      {},
    ] satisfies ClusterIdentity[])
      assert.equal(level(by('dev'), identity, levels), 'confirm', JSON.stringify(identity));
    assert.match(notes(by('dev'), { ...A, caHash: authority('b') }, levels), /authority is another one than when/);
  });

  it('is open for a lab’s cluster, says why, and is as a person set it once they did', () => {
    const lab = { ...A, isLab: true } as const;
    assert.equal(level(by('anything'), lab, {}), 'open');
    assert.match(notes(by('anything'), lab, {}), /cluster of the lab, known by its certificate authority/);
    assert.equal(level(by('anything'), lab, withLevel(by('anything'), lab, {}, 'confirm')), 'confirm');
    assert.equal(level(by('anything'), lab, withLevel(by('anything'), lab, {}, 'readOnly')), 'readOnly');
    assert.equal(level(by('anything'), lab, { anything: 'readOnly' }), 'readOnly');
    assert.equal(level(by('anything'), undefined, {}), 'confirm');
    assert.doesNotMatch(notes(by('anything'), lab, withLevel(by('anything'), lab, {}, 'open')), /lab/);
  });

  it('is not open before the cluster said which one it is', () => {
    const levels = withLevel(by('dev'), A, {}, 'open');
    assert.equal(level(by('dev'), undefined, levels), 'confirm');
    assert.deepEqual(protectionNotes(protectionOf(by('dev'), undefined, levels)), []);
  });

  it('that is read-only holds by every name, by another authority, and where the identity can’t be read by its address', () => {
    const levels = withLevel(by('prod'), A, {}, 'readOnly');
    for (const [cluster, identity] of [
      [by('harmless', 'https://b:443', '/other'), A],
      [by('harmless', 'https://b:443'), { uid: A.uid ?? '' }],
      [by('harmless'), A_UNREAD],
      [by('harmless'), undefined],
    ] as const)
      assert.equal(level(cluster, identity, levels), 'readOnly');
    assert.equal(level(by('prod'), B, levels), 'confirm');
  });

  it('of a cluster whose identity may not be read goes by name, address and authority, and says so', () => {
    const levels = withLevel(by('dev'), A_UNREAD, {}, 'open');
    assert.equal(level(by('dev'), A_UNREAD, levels), 'open');
    assert.match(
      notes(by('dev'), A_UNREAD, levels),
      /may not be read \(namespace kube-system\): the name dev and the address https:\/\/a:6443/,
    );
    for (const [cluster, identity] of [
      [by('dev', 'https://b:6443'), A_UNREAD],
      [by('other'), A_UNREAD],
      [by('dev'), { caHash: authority('b') }],
      [by('dev'), A],
    ] as const)
      assert.equal(level(cluster, identity, levels), 'confirm');
    const closed = withLevel(by('dev'), A_UNREAD, levels, 'readOnly');
    assert.equal(level(by('other'), A_UNREAD, closed), 'readOnly');
    assert.equal(level(by('dev'), A, closed), 'readOnly');
  });

  it('that was set last counts, also against what was stricter', () => {
    let levels = withLevel(by('prod'), A, {}, 'readOnly');
    levels = withLevel(by('other', 'https://b:1'), A, levels, 'open');
    assert.equal(level(by('prod'), A, levels), 'open');
    levels = withLevel(by('prod'), A_UNREAD, withLevel(by('x'), A, {}, 'readOnly'), 'open');
    assert.equal(level(by('prod'), A_UNREAD, levels), 'open');
    levels = withLevel(by('other'), { ...A, caHash: authority('b') }, withLevel(by('prod'), A, {}, 'open'), 'confirm');
    assert.equal(level(by('prod'), A, levels), 'confirm');
    assert.equal(Object.keys(levels).length, 1);
  });

  it('of two kubeconfigs of one cluster with two authorities can be open in both', () => {
    const second = { ...A, caHash: authority('b') };
    const levels = withLevel(by('two'), second, withLevel(by('one'), A, {}, 'open'), 'open');
    assert.deepEqual([level(by('one'), A, levels), level(by('two'), second, levels)], ['open', 'open']);
  });

  it('leaves what was said of other clusters alone', () => {
    const levels = withLevel(by('b', 'https://b:1'), B, withLevel(by('a'), A, {}, 'readOnly'), 'open');
    assert.deepEqual([level(by('a'), A, levels), level(by('b', 'https://b:1'), B, levels)], ['readOnly', 'open']);
  });

  describe('written before, by a name alone', () => {
    it('opens nothing any more, and says so', () => {
      for (const key of ['dev', '/kube/config:dev']) {
        assert.equal(level(by('dev'), A, { [key]: 'open' }), 'confirm');
        assert.match(notes(by('dev'), A, { [key]: 'open' }), /allowed for the name dev alone.*set it once more/);
        const levels = withLevel(by('dev'), A, { [key]: 'open' }, 'open');
        assert.equal(level(by('dev'), A, levels), 'open');
        assert.equal(notes(by('dev'), A, levels), '');
        assert.equal(Object.keys(levels).length, 1);
      }
    });

    it('is read-only still, until something is said of the cluster itself, and then for others of that name', () => {
      for (const key of ['dev', '/kube/config:dev']) {
        assert.equal(level(by('dev'), A, { [key]: 'readOnly' }), 'readOnly');
        const levels = withLevel(by('dev'), A, { [key]: 'readOnly' }, 'confirm');
        assert.deepEqual([level(by('dev'), A, levels), level(by('dev'), B, levels)], ['confirm', 'readOnly']);
      }
    });

    it('is not mistaken for a cluster: a name that looks like a key opens nothing', () => {
      const looks = `dev https://a:6443 ${A.uid}/${'a'.repeat(32)}`;
      assert.equal(level(by(looks, 'https://b:1'), B, { [looks]: 'open' }), 'confirm');
      const levels = withLevel(by('with space https://a:6443 x/-'), A, {}, 'open');
      assert.equal(level(by('with space https://a:6443 x/-'), A, levels), 'open');
      assert.equal(level(by('with space'), { uid: 'x' }, levels), 'confirm');
    });
  });
});
