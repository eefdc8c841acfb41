/** The host half of the results page: each call is checked before anything is done with it, since a page is not trusted. */
import { FaultlineError, invalid } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';
import type { QueryHostApi } from '../../../query/host/protocol.ts';
import type { ResultId } from '../../../query/results.ts';
import type { Log } from '../../log.ts';
import { checkedCalls } from '../checked.ts';
import { pageCalls, type ExportFormat, type ResultsHostApi, type TabId } from './protocol.ts';
import type { ResultTabs, Tab } from './tabs.ts';

export interface CallParts {
  readonly host: Pick<QueryHostApi, 'window' | 'cell' | 'setView' | 'summary' | 'distinct' | 'copy'>;
  readonly tabs: ResultTabs;
  readonly log: Log;
  readonly actions: PanelActions;
}

/** What a click in the page starts outside of it. */
export interface PanelActions {
  export(tab: Tab, format: ExportFormat): Promise<void>;
  stop(tab: Tab): Promise<void>;
  runAgain(tab: Tab): Promise<void>;
  showTexts(tab: Tab): Promise<void>;
  goToError(tab: Tab): Promise<void>;
  replaceError(tab: Tab, text: string): Promise<void>;
  copyText(text: string): Promise<void>;
  openLog(): void;
}

/** Most values that a filter's list shows; the rest is found by typing. */
const distinctLimit = 200;

export function resultsCalls({ host, tabs, log, actions }: CallParts): ResultsHostApi {
  const tabOf = (id: TabId): Tab => {
    const tab = tabs.get(id);
    if (!tab) throw invalid(t('This result is closed'));
    return tab;
  };
  const resultOf = (id: TabId): ResultId => {
    const { result } = tabOf(id);
    if (result === undefined)
      throw new FaultlineError('notFound', { what: t('The rows are no longer there'), remedy: t('Run the statement again.') });
    return result;
  };
  const api: ResultsHostApi = {
    ready: async () => tabs.snapshot(),
    activate: async (id) => tabs.activate(id),
    close: async (id) => {
      const tab = tabs.get(id);
      if (tab?.state.status === 'running') await actions.stop(tab);
      tabs.close(id);
    },
    pin: async (id, pinned) => tabs.pin(id, pinned),
    window: async (id, offset, limit) => host.window({ result: resultOf(id), offset, limit }),
    cell: async (id, row, column) => host.cell({ result: resultOf(id), row, column }),
    setView: async (id, view) => {
      const { runId } = tabOf(id);
      const info = await host.setView({ result: resultOf(id), view });
      tabs.update(runId, { view: info.view, viewRowCount: info.viewRowCount });
    },
    summary: async (id, range) => host.summary({ result: resultOf(id), range }),
    distinct: async (id, column, search) => host.distinct({ result: resultOf(id), column, search, limit: distinctLimit }),
    copy: async (id, range, headers) => {
      await actions.copyText(await host.copy({ result: resultOf(id), range, headers }));
      return (range.toRow - range.fromRow) * (range.toColumn - range.fromColumn);
    },
    export: async (id, format) => {
      resultOf(id);
      await actions.export(tabOf(id), format);
    },
    stop: async (id) => actions.stop(tabOf(id)),
    runAgain: async (id) => actions.runAgain(tabOf(id)),
    showTexts: async (id) => actions.showTexts(tabOf(id)),
    goToError: async (id) => actions.goToError(tabOf(id)),
    replaceError: async (id, text) => actions.replaceError(tabOf(id), text),
    copyText: async (text) => actions.copyText(text),
    openLog: async () => actions.openLog(),
  };
  return checkedCalls(api, pageCalls, 'results page', log);
}
