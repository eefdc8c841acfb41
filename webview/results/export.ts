/** The Export menu: copying what is selected, writing all of the view. */
import type { CellRange, ExportFormat, TabState } from '../../src/ui/panels/results/protocol.ts';
import { t } from '../../src/base/messages.ts';
import { openMenu } from '../kit/menu.ts';
import type { Popover } from '../kit/popover.ts';
import { isPartial, rowsInWords } from './words.ts';

export interface ExportActions {
  readonly copy: (range: CellRange, headers: boolean) => void;
  readonly export: (format: ExportFormat) => void;
}

export function openExportMenu(
  tab: TabState,
  range: CellRange | null,
  opener: HTMLElement,
  { copy, export: write }: ExportActions,
): Popover {
  const none = range === null;
  const copyItem = (label: string, headers: boolean, note: string) => ({
    kind: 'item' as const,
    label,
    note: none ? t('nothing selected') : note,
    disabled: none,
    run: () => {
      if (range !== null) copy(range, headers);
    },
  });
  const item = (format: ExportFormat, label: string, note?: string) => ({
    kind: 'item' as const,
    label,
    ...(note === undefined ? {} : { note }),
    run: () => write(format),
  });
  const all = isPartial(tab) || tab.status === 'running' ? t('{0}, not all', rowsInWords(tab.viewRowCount)) : rowsInWords(tab.viewRowCount);
  return openMenu(
    [
      copyItem(t('Copy selection with headers'), true, 'Ctrl+Shift+C'),
      copyItem(t('Copy selection'), false, 'Ctrl+C'),
      { kind: 'line' },
      item('csv', t('CSV…'), all),
      item('ndjson', t('NDJSON…'), t('exact, streamed')),
      item('json', t('JSON…')),
      item('parquet', t('Parquet…'), t('keeps types')),
    ],
    t('Export'),
    opener,
  );
}
