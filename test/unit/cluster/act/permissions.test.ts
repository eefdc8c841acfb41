import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FaultlineError } from '../../../../src/base/errors.ts';
import { needs, permissionCache, permissionsOf, require as requireAll, wishText } from '../../../../src/cluster/act/permissions.ts';
import type { ApiRequest, ClusterConnection } from '../../../../src/cluster/connect/connection.ts';

type Answers = (request: ApiRequest) => unknown;

/** Answers reviews; everything else of a connection is not asked for. */
function answering(answers: Answers): { connection: ClusterConnection; asked: ApiRequest[] } {
  const asked: ApiRequest[] = [];
  const request = (one: ApiRequest): Promise<unknown> => {
    asked.push(one);
    return Promise.resolve(answers(one));
  };
  return { connection: { request } as unknown as ClusterConnection, asked };
}

describe('permissions', () => {
  it('follow the rules: groups, subresources, stars, and rules about one object', async () => {
    const resourceRules = [
      { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] },
      { verbs: ['*'], apiGroups: ['apps'], resources: ['*'] },
      { verbs: ['create'], apiGroups: [''], resources: ['*/eviction'] },
      { verbs: ['delete'], apiGroups: [''], resources: ['pods'], resourceNames: ['mine'] },
    ];
    const { connection, asked } = answering(() => ({ status: { incomplete: false, resourceRules } }));
    const permissions = await permissionsOf(connection, 'n');
    const can = (verb: string, resource: string, more = {}): unknown => permissions.can({ verb, resource, ...more });
    assert.equal(can('get', 'pods'), true);
    assert.equal(can('get', 'pods', { subresource: 'log' }), false);
    assert.equal(can('patch', 'deployments', { group: 'apps' }), true);
    assert.equal(can('patch', 'deployments'), false);
    assert.equal(can('create', 'pods', { subresource: 'eviction' }), true);
    assert.equal(can('delete', 'pods'), false);
    assert.equal(can('delete', 'pods', { name: 'mine' }), true);
    assert.equal(await permissions.check({ verb: 'delete', resource: 'pods' }), false);
    assert.equal(asked.length, 1, 'a whole list leaves nothing to ask');
  });

  it('ask the server where its list is not whole, once for each question', async () => {
    const { connection, asked } = answering(({ path }) =>
      path.endsWith('rulesreviews') ? { status: { incomplete: true, resourceRules: [] } } : { status: { allowed: true } },
    );
    const permissions = await permissionsOf(connection, 'n');
    const [wish] = needs.deletePod;
    assert.equal(permissions.can(wish), 'unknown');
    assert.equal(await permissions.check(wish), true);
    assert.equal(permissions.can(wish), true);
    assert.equal(await permissions.check(wish), true);
    assert.equal(asked.length, 2);
  });

  it('are kept for a while, and a failure is not kept', async () => {
    let nowMs = 0;
    let fails = true;
    const { connection, asked } = answering(() => {
      if (fails) throw new FaultlineError('unreachable', { what: 'down' });
      return { status: { resourceRules: [] } };
    });
    const throwing = { ...connection, request: async <T>(one: ApiRequest): Promise<T> => connection.request<T>(one) };
    const cache = permissionCache(throwing, () => nowMs, 1000);
    await assert.rejects(cache.of('n'), /down/);
    fails = false;
    await cache.of('n');
    await cache.of('n');
    assert.equal(asked.length, 2);
    nowMs = 1000;
    await cache.of('n');
    cache.forget();
    await cache.of('n');
    assert.equal(asked.length, 4);
  });

  it('are there at once when they are known, while newer ones are asked for, and tell when those differ', async () => {
    let nowMs = 0;
    let verbs = ['get'];
    const { connection, asked } = answering(() => ({ status: { resourceRules: [{ verbs, resources: ['pods'] }] } }));
    const cache = permissionCache(connection, () => nowMs, 1000);
    let told = 0;
    cache.changed.listen(() => told++);
    assert.equal(cache.now('n'), undefined);
    assert.equal(cache.now('n'), undefined);
    await cache.of('n');
    assert.deepEqual([asked.length, told], [1, 1]);
    assert.equal(cache.now('n')?.can({ verb: 'get', resource: 'pods' }), true);
    nowMs = 1000;
    verbs = [];
    assert.equal(cache.now('n')?.can({ verb: 'get', resource: 'pods' }), true);
    await cache.of('n');
    assert.deepEqual([asked.length, told], [2, 2]);
    assert.equal(cache.now('n')?.can({ verb: 'get', resource: 'pods' }), false);
    nowMs = 2000;
    cache.now('n');
    await cache.of('n');
    assert.deepEqual([asked.length, told], [3, 2], 'the same answer is nothing to tell');
  });

  it('are not asked for again at once where the server fails, however often a menu wants to know', async () => {
    let nowMs = 0;
    const asked: unknown[] = [];
    const request = (one: unknown): Promise<unknown> => {
      asked.push(one);
      return Promise.reject(new FaultlineError('unreachable', { what: 'down' }));
    };
    const cache = permissionCache({ request } as unknown as ClusterConnection, () => nowMs, 1000);
    assert.equal(cache.now('n'), undefined);
    await assert.rejects(cache.of('n'), /down/);
    assert.equal(cache.now('n'), undefined);
    assert.equal(asked.length, 1);
    nowMs = 1000;
    assert.equal(cache.now('n'), undefined);
    assert.equal(asked.length, 2);
  });

  it('name what is missing as somebody who grants it needs it', async () => {
    assert.equal(wishText({ verb: 'patch', resource: 'deployments', group: 'apps' }, 'n'), 'patch deployments.apps in n');
    assert.equal(wishText({ verb: 'get', resource: 'nodes', name: 'a' }, undefined), 'get nodes a in the whole cluster');
    const { connection } = answering(() => ({ status: { resourceRules: [] } }));
    await assert.rejects(requireAll(await permissionsOf(connection, 'n'), needs.evict), /You may not create pods\/eviction in n/);
  });
});
