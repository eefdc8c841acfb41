import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { faultlineHome } from '../../src/base/home.ts';
import type { TestApi } from '../../src/extension.ts';
import type { FaultPanel } from '../../src/ui/panels/fault/panel.ts';
import type { FaultRoom } from '../../src/ui/faults/room.ts';
import type { TreeNode } from '../../src/ui/tree/provider.ts';
import { FakeApi, json, status } from '../unit/cluster/server.ts';
import { trinoObjects } from '../unit/fault/scenes.ts';
import { step, writeFaultRun } from '../unit/run/stop/made.ts';
import { activated, closeEditors, until } from './kit.ts';

const killed = `faultline: 1
name: Trino, a worker killed
purpose: Nobody notices.
faults:
  - {kind: podDelete, target: {engine: trino, role: worker}}
probes: [{engine: trino}]
expect: [recovered <= 10 s]
`;

describe('breaking something', () => {
  let faultline: TestApi;
  let room: FaultRoom;
  let api: FakeApi;
  const denied = new Set<string>();

  before(async () => {
    faultline = await activated();
    await closeEditors();
    const objects = trinoObjects();
    const lists: Readonly<Record<string, readonly unknown[]>> = {
      pods: objects.pods,
      nodes: objects.nodes,
      services: objects.services,
      deployments: objects.workloads.map(({ workload }) => workload),
    };
    api = await FakeApi.start(({ path, query, method }, response) => {
      if (path === '/api/v1/namespaces/kube-system') return json(response, { metadata: { name: 'kube-system', uid: 'one' } });
      if (path.endsWith('/selfsubjectrulesreviews')) {
        const verbs = ['*'];
        const resourceRules =
          denied.size > 0
            ? [{ verbs: ['get', 'list', 'watch'], apiGroups: ['*'], resources: ['*'] }]
            : [{ verbs, apiGroups: ['*'], resources: ['*'] }];
        return json(response, { status: { incomplete: false, resourceRules } });
      }
      if (path.endsWith('/selfsubjectaccessreviews')) return json(response, { status: { allowed: denied.size === 0 } });
      // A watch hears nothing.
      if (query.has('watch')) return void response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      const [, kind = ''] = /^\/(?:api\/v1|apis\/[^/]+\/[^/]+)(?:\/namespaces\/[^/]+)?\/([a-z]+)$/.exec(path) ?? [];
      const [, name] = /\/pods\/([^/]+)$/.exec(path) ?? [];
      const pod = objects.pods.find(({ metadata }) => metadata.name === name);
      if (pod !== undefined && method === 'GET') return json(response, pod);
      if (kind === '' || method !== 'GET') return status(response, 404, 'NotFound', 'no');
      return json(response, { kind: 'List', metadata: { resourceVersion: '1' }, items: lists[kind] ?? [] });
    });
    const { file } = await api.context();
    await faultline.services.settings.write('faultline.kubeconfigs', [file], vscode.ConfigurationTarget.Global);
    room = await faultline.faults.room();
  });
  after(async () => {
    for (const panel of room.breaks.open) panel.dispose();
    for (const { context } of faultline.services.clusters.open) faultline.services.clusters.close(context);
    await faultline.services.settings.write('faultline.kubeconfigs', [], vscode.ConfigurationTarget.Global);
    await api.stop();
    await closeEditors();
  });
  afterEach(async () => {
    for (const panel of room.breaks.open) panel.dispose();
    await closeEditors();
  });

  const context = async (): Promise<TreeNode> =>
    (await faultline.clusters.roots()).find(({ item }) => item.label === 'fake') ?? assert.fail('no context');
  /** The first item below that fits; the tree is opened on the way. */
  async function below(node: TreeNode, fits: (node: TreeNode) => boolean): Promise<TreeNode | undefined> {
    if (fits(node)) return node;
    for (const child of (await node.children?.()) ?? []) {
      const found = await below(child, fits);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  async function worker(): Promise<TreeNode> {
    const node = await context();
    await node.children?.();
    const [cluster] = faultline.services.clusters.open;
    await cluster?.live.settled(AbortSignal.timeout(20_000));
    const isWorker = ({ item }: TreeNode): boolean => (item.contextValue ?? '').startsWith('pod') && String(item.label).includes('w1');
    return (await below(node, isWorker)) ?? assert.fail('no worker');
  }
  async function looked(panel: FaultPanel | undefined): Promise<FaultPanel> {
    assert.ok(panel, 'no page was opened');
    const { session } = panel;
    await until(
      (listener) => session.changed.listen(listener),
      () => !session.state.isLooking && session.state.preview !== undefined,
    );
    return panel;
  }

  it('no cluster is contacted before its context is opened', async () => {
    const node = await context();
    assert.equal(node.item.contextValue, 'context');
    assert.deepEqual(
      api.asked.map(({ path }) => path),
      [],
    );
  });

  it('Break… on a pod opens a page with a preview of it, and nothing is changed by that', async () => {
    const node = await worker();
    assert.match(node.item.contextValue ?? '', /;break(;|$)/);
    await vscode.commands.executeCommand('faultline.break', node);
    const { session } = await looked(room.breaks.open[0]);
    const { heading, where, preview, confirm, form } = session.state;
    assert.equal(heading, 'Delete Pod: q-worker-abc-w1');
    assert.equal(where, 'fake, namespace data, Trino 1');
    assert.deepEqual(
      preview?.faults[0]?.targets.map(({ name }) => name),
      ['q-worker-abc-w1'],
    );
    // Nothing listens in these pods, so their engine is not well; and this API refuses to play the delete through.
    for (const { text } of preview?.faults[0]?.refusals ?? []) assert.match(text, /are missing|says of itself|: no\.$/);
    assert.equal(confirm?.blocked, 'It is refused as things are now.');
    assert.ok(form?.feel.some(({ title }) => title === 'Probes of q'));
    // Nobody has said anything about this cluster.
    assert.equal(confirm?.cluster?.name, 'fake');
    // A delete is only ever played through: its dry run stands in the body.
    const changes = api.asked.filter(({ method, path }) => method !== 'GET' && method !== 'DELETE' && !path.includes('selfsubject'));
    assert.deepEqual(changes, []);
    assert.equal(faultline.services.runs.active.length, 0);
    // Again: the same page.
    await vscode.commands.executeCommand('faultline.break', node);
    assert.equal(room.breaks.open.length, 1);
  });

  it('the page asks only what makes sense, and Cancel closes it', async () => {
    await vscode.commands.executeCommand('faultline.break', await worker());
    const panel = await looked(room.breaks.open[0]);
    const wrong = { ...panel.session.state.form?.values, kind: 7 } as unknown as Parameters<typeof panel.calls.change>[0];
    await assert.rejects(panel.calls.change(wrong), /makes no sense/);
    assert.equal(await panel.calls.confirm({ key: 'another', cluster: 'fake', losses: [] }), false);
    await panel.calls.cancel();
    await until(
      (listener) => vscode.window.tabGroups.onDidChangeTabs(listener),
      () => room.breaks.open.length === 0,
    );
  });

  it('what was filled in is saved as a spec without a problem', async () => {
    await vscode.commands.executeCommand('faultline.break', await worker());
    const panel = await looked(room.breaks.open[0]);
    await panel.calls.saveSpec();
    const document = vscode.window.activeTextEditor?.document;
    assert.match(document?.uri.path ?? '', /delete-pod-q-worker-abc-w1\.faultline\.yaml$/);
    assert.match(document?.getText() ?? '', /target: \{pod: q-worker-abc-w1, namespace: data\}/);
    const { problems, breaks } = await faultline.services.runRoom.specs.readSpec(document?.getText() ?? '', { folder: '/' });
    assert.deepEqual(problems, []);
    assert.equal(breaks?.draft.faults[0]?.settings.kind, 'podDelete');
  });

  it('is not offered on a read-only cluster', async () => {
    const { settings } = faultline.services;
    await settings.write('faultline.clusters.protection', { fake: 'readOnly' }, vscode.ConfigurationTarget.Global);
    try {
      assert.doesNotMatch((await worker()).item.contextValue ?? '', /break/);
    } finally {
      await settings.write('faultline.clusters.protection', {}, vscode.ConfigurationTarget.Global);
    }
  });

  it('a spec that breaks something has “Preview this spec” above it, and that opens the preview', async () => {
    const uri = vscode.Uri.from({ scheme: 'untitled', path: '/faultline-test/worker-kill.faultline.yaml' });
    const document = await vscode.workspace.openTextDocument(uri);
    const edit = new vscode.WorkspaceEdit();
    edit.insert(uri, new vscode.Position(0, 0), killed);
    await vscode.workspace.applyEdit(edit);
    await vscode.window.showTextDocument(document, { preview: false });
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', uri);
    assert.deepEqual(
      lenses.map(({ command }) => [command?.title, command?.command]),
      [['Preview this spec', 'faultline.runSpec']],
    );
    await worker();
    await vscode.commands.executeCommand('faultline.runSpec', uri.toString());
    const { session } = await looked(room.breaks.open[0]);
    assert.equal(session.state.heading, 'Trino, a worker killed');
    assert.deepEqual([session.state.spec?.purpose, session.state.spec?.expect], ['Nobody notices.', ['recovered <= 10 s']]);
    assert.match(session.state.preview?.faults[0]?.share ?? '', /1 of 3 workers of data\/q/);
    // It is changed under the page: the preview follows.
    const followed = until(
      (listener) => session.changed.listen(listener),
      () => !session.state.isLooking && !session.state.isStale && session.state.heading === 'Renamed',
    );
    const rename = new vscode.WorkspaceEdit();
    rename.replace(uri, new vscode.Range(1, 6, 1, 28), 'Renamed');
    await vscode.workspace.applyEdit(rename);
    await followed;
    assert.equal(faultline.services.runs.active.length, 0);
  });

  it('examples stand in the library with their purpose and expectations; a click opens a copy', async () => {
    const nodes = await faultline.faults.exampleNodes();
    const kill = nodes.find(({ item }) => item.label === 'Kafka, a leader killed') ?? assert.fail('no example');
    assert.ok(nodes.length >= 10, String(nodes.length));
    const tooltip = await kill.tooltip?.();
    const text = typeof tooltip === 'string' ? tooltip : (tooltip?.value ?? '');
    assert.match(text, /no acknowledged message is lost/);
    assert.match(text, /unavailable/);
    assert.equal(kill.item.command?.command, 'faultline.openExample');
    await vscode.commands.executeCommand('faultline.openExample', kill);
    const document = vscode.window.activeTextEditor?.document;
    assert.equal(document?.isUntitled, true);
    assert.match(document?.uri.path ?? '', /kafka-leader-kill\.faultline\.yaml$/);
    assert.match(document?.getText() ?? '', /leader: messages\/17/);
  });

  it('what an interrupted run has left broken stands in the status bar', async () => {
    const run = '20261121-140500-cut-0a1b';
    const target = { kind: 'pod', namespace: 'data', name: 'q-worker-abc-w1', uid: 'u', container: 'main', containerId: 'old' } as const;
    const folder = await writeFaultRun(faultlineHome(), {
      run,
      cluster: { context: 'fake', kubeconfig: join(api.folder, 'kubeconfig'), identity: 'one/' },
      faults: [
        { kind: 'networkCut', direction: 'both', title: 'Cut Network: q-worker-abc-w1, both ways', durationMs: 60_000, targets: [target] },
      ],
      events: [step(1_000, 'go'), step(1_100, 'applied')],
    });
    const asked = api.asked.length;
    try {
      await room.watch.look();
      assert.equal(room.status.text(), 'Cut Network: q-worker-abc-w1 · end not seen');
      const rows = async (): Promise<readonly TreeNode[]> => (await (await context()).children?.()) ?? [];
      const section = (await rows()).find(({ item }) => item.label === 'Active faults') ?? assert.fail('it is not in the tree');
      const [row] = (await section.children?.()) ?? [];
      assert.deepEqual([row?.item.label, row?.item.contextValue], ['Cut Network: q-worker-abc-w1, both ways', 'activeFault']);
      assert.equal(api.asked.slice(asked).filter(({ method }) => method !== 'GET').length, 0);
    } finally {
      await rm(folder, { recursive: true });
    }
    await room.watch.look();
    assert.equal(room.status.text(), undefined);
  });
});
