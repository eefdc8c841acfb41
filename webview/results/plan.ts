/** The plan as a tree grid, its finding as a sentence above it, and the engine's own text form. */
import type { Plan } from '../../src/ui/panels/results/protocol.ts';
import { t } from '../../src/base/messages.ts';
import { formatBytes, formatCount, formatDuration } from '../../src/base/units.ts';
import { fill, h, type Child } from '../kit/dom.ts';
import { icon } from '../kit/icons.ts';
import { quietButton } from '../kit/toolkit.ts';
import { cut } from './words.ts';
import { visible } from './grid/text.ts';
import { planLines, roundFactor, subjectOf, type PlanLine } from './plan-model.ts';

export interface PlanActions {
  readonly copyText: (text: string) => void;
  readonly asText: (text: boolean) => void;
}

export class PlanView {
  readonly element = h('div', { class: 'planwrap' });
  readonly #actions: PlanActions;
  #plan: Plan | null = null;
  #key = '';
  #lines: readonly PlanLine[] = [];
  readonly #folded = new Set<string>();
  #asText = false;
  #activePath = '0';

  constructor(actions: PlanActions) {
    this.#actions = actions;
  }

  show(tab: string, plan: Plan, asText: boolean): void {
    const key = JSON.stringify([tab, plan]);
    if (key === this.#key && asText === this.#asText) return;
    if (key !== this.#key) {
      this.#folded.clear();
      this.#activePath = '0';
    }
    this.#key = key;
    this.#plan = plan;
    this.#asText = asText;
    this.#lines = planLines(plan);
    this.#draw();
  }

  focus(): void {
    (this.element.querySelector<HTMLElement>('tr[tabindex="0"]') ?? this.element.querySelector<HTMLElement>('pre'))?.focus();
  }

  #draw(): void {
    const plan = this.#plan;
    if (plan === null) return;
    const form = (label: string, text: boolean): HTMLElement => {
      const part = h('button', { aria: { pressed: this.#asText === text }, class: this.#asText === text ? 'on' : '' }, label);
      part.addEventListener('click', () => this.#actions.asText(text));
      return part;
    };
    const copy = quietButton({ title: t("Copy the engine's text form") }, icon('copy', 's'), ' ', t('Copy text'));
    copy.addEventListener('click', () => this.#actions.copyText(plan.text));
    const head = h(
      'div',
      { class: 'plan-head' },
      h('div', { class: 'grow' }, ...headline(plan, this.#lines)),
      h('span', { class: 'seg forms', role: 'group', aria: { label: t('Form') } }, form(t('Tree'), false), form(t('Text'), true)),
      copy,
    );
    const body = this.#asText
      ? h('pre', { class: 'plan-text mono', tabindex: 0, aria: { label: t("The plan in the engine's text form") } }, plan.text)
      : this.#table(plan);
    fill(this.element, head, body);
  }

  #table(plan: Plan): HTMLElement {
    const head = (label: string, left = false): HTMLElement => h('th', { class: left ? 'l' : '', role: 'columnheader' }, label);
    const timed = plan.analyzed;
    const most = Math.max(...this.#lines.map(({ node }) => node.ownTimeMs ?? 0));
    const table = h(
      'table',
      { class: 'plan num', role: 'treegrid', aria: { label: t('Operators of the plan') } },
      h(
        'thead',
        {},
        h(
          'tr',
          { role: 'row' },
          head(t('operator'), true),
          ...(timed ? [head(t('own time'), true), head(t('share'))] : []),
          head(t('rows expected')),
          ...(timed ? [head(t('rows real')), head(t('memory or read'))] : []),
        ),
      ),
      h('tbody', {}, ...this.#shown().map((line) => this.#row(line, timed, most))),
    );
    table.addEventListener('keydown', (event) => this.#key_(event));
    return table;
  }

  /** Lines without those below a folded one. */
  #shown(): PlanLine[] {
    return this.#lines.filter(({ path }) => ![...this.#folded].some((folded) => path.startsWith(`${folded}.`)));
  }

  #row({ path, depth, node, leaf, share, top, mismatch }: PlanLine, timed: boolean, most: number): HTMLElement {
    const folded = this.#folded.has(path);
    const detail = visible(node.detail.replaceAll('\n', ', '));
    const operator = h(
      'td',
      { style: { 'padding-left': `calc(12px + ${depth} * var(--plan-indent))` }, role: 'gridcell', title: detail },
      h('span', { class: 'twisty' }, icon(leaf ? 'dash' : folded ? 'right' : 'down', 's')),
      ' ',
      visible(node.operator),
      ' ',
      detail !== '' && h('span', { class: 'what mono' }, cut(detail, 60)),
    );
    const time = node.ownTimeMs;
    const cells: Child[] = [operator];
    if (timed) {
      const bar =
        time === undefined
          ? null
          : h('i', { class: 'pb', style: { width: `max(1px, calc(var(--plan-bar) * ${(most === 0 ? 0 : time / most).toFixed(3)}))` } });
      cells.push(
        h('td', { class: 'l', role: 'gridcell' }, bar, time === undefined ? '–' : h('span', { class: 'after' }, formatDuration(time))),
      );
      cells.push(h('td', { role: 'gridcell' }, shareInWords(share)));
    }
    cells.push(h('td', { role: 'gridcell' }, countOf(node.rowsExpected)));
    if (timed) {
      cells.push(h('td', { role: 'gridcell' }, ...mismatchMark(mismatch), countOf(node.rowsReal)));
      cells.push(h('td', { role: 'gridcell' }, node.sizeBytes === undefined ? '' : formatBytes(node.sizeBytes)));
    }
    const row = h(
      'tr',
      {
        class: top ? 'top' : '',
        role: 'row',
        tabindex: path === this.#activePath ? 0 : -1,
        aria: { level: depth + 1, expanded: leaf ? undefined : !folded },
        data: { path },
      },
      ...cells,
    );
    row.addEventListener('click', (event) => {
      this.#activate(path);
      if (event.target instanceof Element && event.target.closest('.twisty') !== null && !leaf) this.#fold(path, !folded);
    });
    row.addEventListener('dblclick', () => {
      if (!leaf) this.#fold(path, !this.#folded.has(path));
    });
    return row;
  }

  #activate(path: string): void {
    this.element.querySelector<HTMLElement>('tr[tabindex="0"]')?.setAttribute('tabindex', '-1');
    this.#activePath = path;
    const row = this.element.querySelector<HTMLElement>(`tr[data-path="${path}"]`);
    row?.setAttribute('tabindex', '0');
    row?.focus();
  }

  #fold(path: string, folded: boolean): void {
    if (folded) this.#folded.add(path);
    else this.#folded.delete(path);
    const left = this.element.scrollLeft;
    const top = this.element.scrollTop;
    this.#draw();
    this.element.scrollTo(left, top);
    this.#activate(path);
  }

  #key_(event: KeyboardEvent): void {
    const shown = this.#shown();
    const at = shown.findIndex(({ path }) => path === this.#activePath);
    const line = shown[at];
    if (line === undefined) return;
    const folded = this.#folded.has(line.path);
    let goTo: PlanLine | undefined;
    if (event.key === 'ArrowDown') goTo = shown[at + 1];
    else if (event.key === 'ArrowUp') goTo = shown[at - 1];
    else if (event.key === 'Home') goTo = shown[0];
    else if (event.key === 'End') goTo = shown.at(-1);
    else if (event.key === 'ArrowRight') {
      if (folded) this.#fold(line.path, false);
      else if (!line.leaf) goTo = shown[at + 1];
    } else if (event.key === 'ArrowLeft') {
      if (!line.leaf && !folded) this.#fold(line.path, true);
      else goTo = shown.find(({ path }) => path === line.path.slice(0, line.path.lastIndexOf('.')));
    } else if ((event.key === 'Enter' || event.key === ' ') && !line.leaf) this.#fold(line.path, !folded);
    else return;
    event.preventDefault();
    if (goTo !== undefined) this.#activate(goTo.path);
  }
}

/** What the plan shows, in one sentence. */
function headline(plan: Plan, lines: readonly PlanLine[]): Child[] {
  if (!plan.analyzed)
    return [
      h('b', {}, t('The statement was not run.')),
      ' ',
      h('span', { class: 'dim' }, t('These are the rows the engine expects; Explain on a statement that may run shows real times.')),
    ];
  const top = lines.find((line) => line.top);
  if (top === undefined || top.share === null) return [h('b', {}, t('No operator took measurable time.'))];
  const subject = visible(subjectOf(top.node));
  const bold = h('b', {}, t('{0} takes {1} of the time', subject, shareInWords(top.share)));
  const { mismatch } = top;
  if (mismatch === null) {
    const total = plan.totalMs === undefined ? '.' : t(' of all operators; the statement took {0}.', formatDuration(plan.totalMs));
    return [bold, h('span', { class: 'dim' }, total)];
  }
  const factor = formatCount(roundFactor(mismatch.factor));
  const rest =
    mismatch.kind === 'more'
      ? t('and met {0} times the rows that were expected.', factor)
      : t('and met a {0}th of the rows that were expected.', factor);
  return [bold, ' ', h('span', { class: 'dim' }, rest)];
}

function shareInWords(share: number | null): string {
  if (share === null) return '–';
  const percent = share * 100;
  return percent > 0 && percent < 1 ? '< 1 %' : `${Math.round(percent)} %`;
}

function countOf(rows: number | undefined): string {
  return rows === undefined ? '–' : formatCount(Math.round(rows));
}

function mismatchMark(mismatch: PlanLine['mismatch']): Child[] {
  if (mismatch === null) return [];
  const factor = formatCount(roundFactor(mismatch.factor));
  const words =
    mismatch.kind === 'more' ? t('{0} times the rows that were expected', factor) : t('a {0}th of the rows that were expected', factor);
  return [
    h(
      'span',
      { class: 'off', title: words },
      icon('warn', 's c-warn', words),
      ' ',
      h('span', { class: 'sm', aria: { hidden: true } }, (mismatch.kind === 'more' ? '×' : '÷') + factor),
      ' ',
    ),
    ' ',
  ];
}
