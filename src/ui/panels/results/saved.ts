/** What outlives a window: the statements of the tabs, never their rows. No `vscode` import. */
import * as v from 'valibot';
import type { Disposable } from '../../../base/disposables.ts';
import type { Memory } from '../../session/session.ts';
import { isTarget } from '../../session/targets.ts';
import type { EngineTarget } from '../../../engine/engine.ts';
import { withoutRows, type ResultTabs, type Tab } from './tabs.ts';

const key = 'faultline.results.tabs';
const saveAfterMs = 500;
const maxStatementLength = 200_000;

const source = v.object({ uri: v.string(), start: v.number(), end: v.number(), firstLine: v.number() });
const savedTab = v.object({
  id: v.string(),
  title: v.string(),
  pinned: v.boolean(),
  engine: v.string(),
  targetName: v.string(),
  startedAt: v.number(),
  statement: v.string(),
  opens: v.picklist(['rows', 'plan']),
  target: v.custom<EngineTarget>(isTarget),
  source: v.optional(source),
});
const savedTabs = v.object({ tabs: v.array(savedTab), active: v.nullable(v.string()) });

export interface SavedParts {
  readonly memory: Memory;
  readonly tabs: ResultTabs;
  /** A statement with a secret is not written down. */
  readonly holdsSecret: (sql: string) => boolean;
  readonly onError: (error: unknown) => void;
}

/** Keeps the tabs in the workspace's state, half a second after the last change. */
export function keepTabs(parts: SavedParts): Disposable {
  const { memory, tabs, onError } = parts;
  let due: NodeJS.Timeout | undefined;
  let written = '';
  const save = (): void => {
    due = undefined;
    const value = toSave(parts);
    const text = JSON.stringify(value);
    if (text === written) return;
    written = text;
    memory.update(key, value).then(undefined, onError);
  };
  const listening = tabs.changed.listen(() => {
    // Snapshots of a running statement change ten times a second, what is kept of it doesn't: no timer is put off.
    due ??= setTimeout(save, saveAfterMs);
  });
  return {
    dispose: () => {
      listening.dispose();
      if (due === undefined) return;
      clearTimeout(due);
      save();
    },
  };
}

/** Tabs of an earlier window come back without rows, and can be run again. */
export function restoreTabs({ memory, tabs }: Pick<SavedParts, 'memory' | 'tabs'>): void {
  const saved = v.safeParse(savedTabs, memory.get(key));
  if (!saved.success) return;
  const restored = saved.output.tabs.map(({ target, source: at, targetName, ...rest }): Tab => {
    const state = { ...rest, target: targetName, durationMs: 0, messages: [], ...withoutRows };
    return { state, target, runId: `restored-${rest.id}`, ...(at ? { source: at } : {}) };
  });
  tabs.restore(restored, saved.output.active);
}

function toSave({ tabs, holdsSecret }: SavedParts): v.InferOutput<typeof savedTabs> {
  const kept = tabs.all().filter(({ state }) => state.statement.length <= maxStatementLength && !holdsSecret(state.statement));
  return {
    active: tabs.active,
    tabs: kept.map(({ state, target, source: at }) => ({
      id: state.id,
      title: state.title,
      pinned: state.pinned,
      engine: state.engine,
      targetName: state.target,
      startedAt: state.startedAt,
      statement: state.statement,
      opens: state.opens,
      target,
      ...(at ? { source: { ...at } } : {}),
    })),
  };
}
