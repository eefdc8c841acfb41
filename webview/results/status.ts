/** The line of facts: engine, rows, filters, time; and on its right the views, Stop and Export. */
import type { ResultView, TabState } from '../../src/ui/panels/results/protocol.ts';
import { t } from '../../src/base/messages.ts';
import { formatCount, formatDuration } from '../../src/base/units.ts';
import { fill, h, whenChanged, type Child } from '../kit/dom.ts';
import { icon } from '../kit/icons.ts';
import { button, quietButton } from '../kit/toolkit.ts';
import type { Segment } from './arranged.ts';
import { visible } from './grid/text.ts';
import { clock, cut, differencesInWords, filterInWords, isPartial, rowsInWords, stateMark } from './words.ts';

export interface StatusActions {
  readonly segment: (to: Segment) => void;
  readonly removeFilter: (index: number) => void;
  readonly openExport: (opener: HTMLElement) => void;
  readonly stop: () => void;
  readonly openLog: () => void;
}

export interface StatusShown {
  readonly tab: TabState;
  readonly view: ResultView;
  readonly segment: Segment;
  /** The order or the filter is being changed. */
  readonly arranging: boolean;
}

/** Elapsed time is said only after this long. */
const elapsedAfterMs = 1000;
const tickMs = 100;

export class StatusLine {
  readonly element = h('div', { class: 'status sm num' });
  readonly progress = h('div', { class: 'progress', hidden: true, role: 'progressbar', aria: { label: t('Progress') } });
  readonly #facts = h('span', { class: 'facts' });
  readonly #tools = h('span', { class: 'tools' });
  readonly #elapsed = h('b', {});
  readonly #actions: StatusActions;
  readonly #drawFacts = whenChanged<FactsShown>((shown) => this.#facts.replaceChildren(...this.#factsOf(shown)));
  readonly #drawTools = whenChanged<ToolsShown>((shown) => this.#toolsOf(shown));
  #running: { readonly durationMs: number; readonly since: number } | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(actions: StatusActions) {
    this.#actions = actions;
    this.element.append(this.#facts, this.#tools);
  }

  show(shown: StatusShown | null): void {
    this.element.hidden = shown === null;
    if (shown === null) {
      this.progress.hidden = true;
      this.#tick(null);
      return;
    }
    const { tab, view, segment, arranging } = shown;
    const { id, status, engine, target, startedAt, rowCount, viewRowCount, changedRows, columns } = tab;
    const running = status === 'running';
    this.#tick(running ? tab.durationMs : null);
    this.#drawFacts({
      ...{
        id,
        status,
        engine,
        target,
        startedAt,
        rowCount,
        viewRowCount,
        changedRows: changedRows ?? null,
        hasColumns: columns.length > 0,
        isComparison: tab.comparison !== undefined,
        arranging,
      },
      durationMs: running ? null : tab.durationMs,
      fraction: tab.fraction ?? null,
      chips: view.filters.map((filter) => filterInWords(filter, columns)),
    });
    this.#drawTools({
      running,
      segment,
      plan: tab.plan !== undefined,
      rows: columns.length > 0,
      failed: status === 'failed',
      gone: status === 'gone',
    });
    this.#drawProgress(running || arranging, running ? tab.fraction : undefined);
  }

  #tick(durationMs: number | null): void {
    this.#running = durationMs === null ? null : { durationMs, since: performance.now() };
    if (durationMs === null) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    this.#drawElapsed();
    this.#timer ??= setInterval(() => this.#drawElapsed(), tickMs);
  }

  #drawElapsed(): void {
    if (this.#running === null) return;
    const elapsed = this.#running.durationMs + performance.now() - this.#running.since;
    this.element.classList.toggle('long', elapsed >= elapsedAfterMs);
    this.#elapsed.textContent =
      elapsed < elapsedAfterMs ? '' : elapsed < 59_950 ? `${(elapsed / 1000).toFixed(1)} s` : formatDuration(elapsed);
  }

  #drawProgress(shown: boolean, fraction: number | undefined): void {
    this.progress.hidden = !shown;
    this.progress.classList.toggle('unknown', fraction === undefined);
    this.progress.style.setProperty('--done', `${((fraction ?? 0) * 100).toFixed(1)}%`);
    if (fraction === undefined) this.progress.removeAttribute('aria-valuenow');
    else this.progress.setAttribute('aria-valuenow', String(Math.round(fraction * 100)));
  }

  #factsOf(shown: FactsShown): Node[] {
    const mark = stateMark(shown.status);
    const fact = (classes: string, ...children: Child[]): HTMLElement => h('span', { class: `fact ${classes}`.trim() }, ...children);
    const facts: HTMLElement[] = [
      fact(
        '',
        icon(mark.icon, `${mark.tint} s`, mark.word),
        ' ',
        h('b', { class: 'engine' }, visible(shown.engine)),
        ' ',
        h('span', { class: 'dim' }, cut(visible(shown.target), 60)),
      ),
    ];
    const rows = rowsFact(shown);
    if (rows !== null) facts.push(fact('', ...rows));
    for (const [index, chip] of shown.chips.entries()) {
      const remove = h('button', { title: t('Remove this filter'), aria: { label: t('Remove the filter {0}', chip) } }, icon('close', 's'));
      remove.addEventListener('click', () => this.#actions.removeFilter(index));
      facts.push(h('span', { class: 'chip' }, chip, ' ', remove));
    }
    if (shown.durationMs !== null && shown.status !== 'gone') facts.push(fact('', h('b', {}, formatDuration(shown.durationMs))));
    if (shown.status === 'running') {
      facts.push(fact('elapsed', this.#elapsed));
      if (shown.fraction !== null) facts.push(fact('', `${Math.floor(shown.fraction * 100)} %`));
    }
    if (shown.arranging) facts.push(fact('dim', t('arranging…')));
    facts.push(fact('dim opt', clock(shown.startedAt)));
    return facts;
  }

  #toolsOf({ running, segment, plan, rows, failed, gone }: ToolsShown): void {
    const { openExport, stop, openLog } = this.#actions;
    const focused = this.#tools.contains(document.activeElement) ? document.activeElement?.getAttribute('data-tool') : undefined;
    const tools: Child[] = [];
    if (running) tools.push(withTool(button('secondary', t('Stop'), stop, icon('stop', 's c-bad')), 'stop'));
    if (!gone) tools.push(this.#segments(segment, plan, failed && !rows));
    if (failed) tools.push(withTool(quietButton({}, t('Open Log')), 'log', openLog));
    if (rows && !gone) {
      const opener: HTMLElement = quietButton(
        { class: 'quiet export', aria: { haspopup: 'menu', expanded: false } },
        t('Export'),
        ' ',
        icon('down', 's'),
      );
      tools.push(withTool(opener, 'export', () => openExport(opener)));
    }
    fill(this.#tools, ...tools);
    if (focused !== undefined)
      (
        this.#tools.querySelector<HTMLElement>(`[data-tool="${focused}"]`) ??
        this.#tools.querySelector<HTMLElement>('[role=tab][tabindex="0"]')
      )?.focus();
  }

  #segments(current: Segment, plan: boolean, failed: boolean): HTMLElement {
    const all: { readonly id: Segment; readonly label: string }[] = [
      { id: 'rows', label: failed ? t('Error') : t('Rows') },
      ...(plan ? [{ id: 'plan', label: t('Plan') } as const] : []),
      { id: 'messages', label: t('Messages') },
    ];
    const parts = all.map(({ id, label }) => {
      const part = h(
        'button',
        {
          role: 'tab',
          tabindex: id === current ? 0 : -1,
          aria: { selected: id === current, controls: 'view' },
          data: { tool: `segment-${id}` },
        },
        label,
      );
      part.addEventListener('click', () => this.#actions.segment(id));
      return part;
    });
    const element = h('span', { class: 'seg', role: 'tablist', aria: { label: t('View') } }, ...parts);
    element.addEventListener('keydown', (event) => {
      const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
      if (by === 0) return;
      const at = all.findIndex(({ id }) => id === current);
      const next = all[(at + by + all.length) % all.length];
      if (next === undefined) return;
      event.preventDefault();
      this.#actions.segment(next.id);
      this.#tools.querySelector<HTMLElement>(`[data-tool="segment-${next.id}"]`)?.focus();
    });
    return element;
  }
}

interface FactsShown {
  readonly id: string;
  readonly status: TabState['status'];
  readonly engine: string;
  readonly target: string;
  readonly startedAt: number;
  readonly rowCount: number;
  readonly viewRowCount: number;
  readonly changedRows: number | null;
  readonly hasColumns: boolean;
  /** Its rows are differences. */
  readonly isComparison: boolean;
  readonly arranging: boolean;
  readonly durationMs: number | null;
  readonly fraction: number | null;
  readonly chips: readonly string[];
}

interface ToolsShown {
  readonly running: boolean;
  readonly segment: Segment;
  readonly plan: boolean;
  readonly rows: boolean;
  readonly failed: boolean;
  readonly gone: boolean;
}

function rowsFact(shown: FactsShown): Child[] | null {
  if (shown.status === 'gone') return [t('rows no longer held')];
  if (!shown.hasColumns) return shown.changedRows === null ? null : [t('{0} changed', rowsInWords(shown.changedRows))];
  if (shown.chips.length > 0)
    return [
      h('b', {}, formatCount(shown.viewRowCount)),
      ` ${t('of {0}', rowsInWords(shown.rowCount))}${isPartial(shown) ? t(', not all') : ''}`,
    ];
  if (shown.isComparison) return [h('b', {}, differencesInWords(shown.rowCount))];
  const unit = shown.rowCount === 1 ? t('row') : t('rows');
  const note = isPartial(shown) ? t(', not all') : shown.status === 'running' ? ` ${t('so far')}` : '';
  return [h('b', {}, formatCount(shown.rowCount)), ` ${unit}${note}`];
}

function withTool(element: HTMLElement, name: string, run?: () => void): HTMLElement {
  element.dataset['tool'] = name;
  if (run !== undefined) element.addEventListener('click', run);
  return element;
}
