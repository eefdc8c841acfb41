/** Columns of the lanes: header, labels of the y axis, reading. As wide as the person's font needs, within limits. */
import { t } from '../../src/base/messages.ts';
import type { RecoveryView } from '../../src/analysis/recovery/view.ts';
import { baselineText } from './lanes/client.ts';
import type { Measure } from './svg.ts';

export interface Columns {
  readonly head: number;
  readonly gutter: number;
  readonly read: number;
}

const narrowColumns: Columns = { head: 0, gutter: 44, read: 0 };

/** Narrow: headers and readings stand above the plots. */
export function columnsOf({ lanes, vantages, zeroAt }: RecoveryView, measure: Measure, narrow: boolean): Columns {
  if (narrow) return narrowColumns;
  const readings = [
    ...[lanes.client, lanes.pod, lanes.redundancy].map((lane) => lane?.sum ?? ''),
    ...vantages.map(baselineText),
    `00:00:00.00 · ${t('run {0} s', ((zeroAt ?? 0) / 1000 + 60).toFixed(2))}`,
  ];
  const read = 12 + Math.max(...readings.map((text) => measure.width(text)));
  const head = 16 + measure.width(t('Client truth'), 12, 600) + 6 + measure.width(t('ms, log')) + 32;
  const gutter = measure.width(t('no answer'), 10) + 8;
  return { head: between(160, head, 190), gutter: between(52, gutter, 66), read: between(152, read, 208) };
}

function between(least: number, value: number, most: number): number {
  return Math.ceil(Math.min(most, Math.max(least, value)));
}
