/** Breaking things in this window: its commands. Their code comes with the first one, or with a run that has broken something. */
import type * as vscode from 'vscode';
import type { Disposable } from '../../base/disposables.ts';
import type { DraftCluster } from '../../fault/draft.ts';
import type { KubeContext } from '../../cluster/connect/kubeconfig.ts';
import { breaksSomething } from '../../journal/runs.ts';
import type { Services } from '../services.ts';
import type { WatchedFault } from '../session/faultWatch.ts';
import { Signal } from '../signal.ts';
import type { TreeNode } from '../tree/provider.ts';
import type { FaultRoom } from './room.ts';

export interface FaultUi {
  room(): Promise<FaultRoom>;
  previewDocument(document: vscode.TextDocument, cluster: DraftCluster): Promise<void>;
  exampleNodes(): Promise<readonly TreeNode[]>;
  /** What is broken now in the cluster of a context; nothing as long as nobody has looked. */
  active(context: KubeContext): readonly WatchedFault[];
  readonly changed: Signal;
}

/** After the window is there: nothing of this is in a hurry. */
const lookAfterMs = 2_000;
/** An older run has ended long ago. */
const recent = 50;

export function registerFaults(services: Services): FaultUi {
  const { store, commands, clusters, runs, runRoom, log } = services;
  let loading: Promise<FaultRoom> | undefined;
  let loaded: FaultRoom | undefined;
  const changed = new Signal();
  const room = (): Promise<FaultRoom> =>
    (loading ??= import('./room.ts').then(
      ({ FaultRoom: Room }) => {
        loaded = store.add(new Room(services));
        loaded.watch.changed.listen(() => changed.fire());
        return loaded;
      },
      (error: unknown) => {
        loading = undefined;
        throw error;
      },
    ));
  const failed = (error: unknown): void => log.error('faults of this machine could not be looked at', error);
  const hasBroken = async (): Promise<boolean> => loading !== undefined || (await runRoom.store.list(recent)).some(breaksSomething);
  const looking = setTimeout(() => {
    hasBroken()
      .then(async (has) => (has ? (await room()).tellLeft() : undefined))
      .catch(failed);
  }, lookAfterMs);
  const swept = new WeakSet<object>();
  const registrations: readonly Disposable[] = [
    { dispose: () => clearTimeout(looking) },
    // What nobody healed is set back when its cluster is opened, after what the tree needs was read.
    clusters.changed.listen((context) => {
      const state = clusters.stateOf(context);
      if (state.kind !== 'open' || swept.has(state.cluster)) return;
      const { cluster } = state;
      swept.add(cluster);
      cluster.live
        .settled(AbortSignal.timeout(60_000))
        .then(async () => (clusters.stateOf(context).kind === 'open' ? (await room()).sweepOpened(cluster) : undefined))
        .catch(failed);
    }),
    runs.started.listen(() => {
      if (loading === undefined)
        hasBroken()
          .then((has) => (has ? room() : undefined), failed)
          .catch(failed);
    }),
    commands.register('faultline.break', async (item) => (await room()).breaks.onItem(item)),
    commands.register('faultline.showFaults', async () => (await room()).showFaults()),
    commands.register('faultline.stopFault', async (item) => (await room()).stopOne(item)),
    commands.register('faultline.stopAllFaults', async () => (await room()).stopAll()),
    commands.register('faultline.sweepCluster', async (item) => (await room()).sweep(item)),
    commands.register('faultline.openExample', async (item) => (await room()).openExample(item)),
    commands.register('faultline.previewExample', async (item) => (await room()).previewExample(item)),
  ];
  for (const registration of registrations) store.add(registration);
  return {
    room,
    changed,
    active: ({ name, file }) => loaded?.watch.faults.filter(({ context, kubeconfig }) => context === name && kubeconfig === file) ?? [],
    previewDocument: async (document, cluster) => (await room()).previewDocument(document, cluster),
    exampleNodes: async () => (await room()).exampleNodes(),
  };
}
