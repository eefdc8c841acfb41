/** How a run is told in one line: the Runs view, titles of panels, messages. No `vscode` import. */
import type { RunSummary } from '../../analysis/view.ts';
import { t } from '../../base/messages.ts';
import { recoveredText } from '../../analysis/recovery/show/words.ts';
import { engineNames } from '../../base/target.ts';
import { formatDuration } from '../../base/units.ts';
import type { JournalHeader } from '../../journal/events.ts';
import type { RunRecord } from '../../journal/runs.ts';

/** What a person sees first of a run: its icon has this shape, its description begins with this word. */
export type RunMark =
  'running' | 'stopping' | 'passed' | 'failed' | 'inconclusive' | 'stopped' | 'interrupted' | 'unable' | 'newer' | 'damaged' | 'unknown';

export function markOf(record: RunRecord, summary: RunSummary | undefined): RunMark {
  switch (record.state) {
    case 'running':
      return 'running';
    case 'newer':
    case 'damaged':
      return record.state;
    case 'interrupted':
      return 'interrupted';
    case 'ended':
      return summary ? endMark(summary) : 'unknown';
  }
}

/** Of a run that has ended. */
export function endMark({ status, verdict }: RunSummary): RunMark {
  if (status === 'interrupted' || status === 'stopped') return status;
  // A wrong answer fails a run that could not be carried out to its end, too.
  return status === 'failed' && verdict !== 'failed' ? 'unable' : (verdict ?? 'unknown');
}

export function markWord(mark: RunMark): string {
  switch (mark) {
    case 'running':
      return t('running');
    case 'stopping':
      return t('stopping');
    case 'passed':
      return t('passed');
    case 'failed':
      return t('failed');
    case 'inconclusive':
      return t('inconclusive');
    case 'stopped':
      return t('stopped');
    case 'interrupted':
      return t('interrupted');
    case 'unable':
      return t('not carried out');
    case 'newer':
      return t('from a newer version');
    case 'damaged':
      return t('damaged');
    case 'unknown':
      return t('ended');
  }
}

/** "passed · p99 41 ms · 12.4 s · DuckDB 1.5.5": what matters most first, a side bar is narrow. */
export function runFacts(record: RunRecord, summary: RunSummary | undefined, nowMs: number): string {
  // Its name says what is wrong with it.
  if (!record.header) return record.run;
  const mark = markOf(record, summary);
  const parts = [markWord(mark)];
  if (mark === 'running') parts.push(elapsedText(nowMs - record.header.startedAt));
  if (summary && mark !== 'running') {
    const { p50, p99 } = summary.latencyMs;
    if (summary.recovery !== undefined) parts.push(recoveredText(summary.recovery));
    if (p99 !== null) parts.push(`p99 ${formatDuration(p99)}`);
    else if (p50 !== null) parts.push(`p50 ${formatDuration(p50)}`);
    parts.push(formatDuration(summary.durationMs));
  }
  const engine = summary?.engine ?? engineOf(record.header);
  // A run that breaks something may have no engine of its own.
  if (engine !== undefined && engine !== '') parts.push(engine);
  return parts.join(' · ');
}

/** "0:07", "1:02:03" */
export function elapsedText(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1_000));
  const two = (n: number): string => String(n).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}:${two(seconds % 60)}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** A reason as a sentence of its own. */
export function asSentence(reason: string): string {
  return `${reason.charAt(0).toUpperCase()}${reason.slice(1)}`;
}

/** What can't be read has no name. */
export function runName({ header, state }: RunRecord): string {
  if (header) return header.plan.name;
  return state === 'newer' ? t('Run of a newer version') : t('Damaged run');
}

function engineOf(header: JournalHeader | undefined): string | undefined {
  const engines = new Set(header?.plan.arms.map(({ engine }) => engineNames[engine]));
  return engines.size === 0 ? undefined : [...engines].join(', ');
}
