/** The results panel with what it needs: calls, exports, tabs that outlive the window. */
import { Exports } from '../../commands/export.ts';
import type { EditorParts } from '../../editor/editor.ts';
import type { Services } from '../../services.ts';
import { panelActions } from './actions.ts';
import { resultsCalls } from './calls.ts';
import { ResultsPanel } from './panel.ts';
import type { ResultsHostApi } from './protocol.ts';
import { keepTabs, restoreTabs } from './saved.ts';

export interface ResultParts {
  readonly panel: ResultsPanel;
  /** What the page calls. */
  readonly calls: ResultsHostApi;
}

export function registerResults(services: Services, { statements, problems }: EditorParts): ResultParts {
  const { context, store, commands, notifier, log, query, tabs, runner, session, prepare, newId, isSecret } = services;
  const exports = new Exports({ commands, notifier, statements, session, host: query.api, prepare, newId });
  store.add(exports.register());
  const actions = panelActions({ exports, runner, problems, notifier, log });
  const calls = resultsCalls({ host: query.api, tabs, log: log.named('results'), actions });
  const memory = context.workspaceState;
  const restore = (): void => restoreTabs({ memory, tabs });
  const panel = store.add(new ResultsPanel({ extensionUri: context.extensionUri, tabs, calls, log, restore }));
  store.add(keepTabs({ memory, tabs, holdsSecret: isSecret, onError: (error) => log.error('the tabs could not be kept', error) }));
  store.add(runner.started.listen(() => panel.show(false)));
  store.add(
    commands.register('faultline.showResults', () => {
      if (tabs.all().length === 0) restore();
      panel.show(true);
    }),
  );
  return { panel, calls };
}
