/** One line above the rows where they are not the whole story. */
import type { TabState } from '../../src/ui/panels/results/protocol.ts';
import { t } from '../../src/base/messages.ts';
import { formatDuration } from '../../src/base/units.ts';
import { fill, h, whenChanged, type Child } from '../kit/dom.ts';
import { icon } from '../kit/icons.ts';
import { button } from '../kit/toolkit.ts';
import { visible } from './grid/text.ts';
import { rowsInWords } from './words.ts';

export interface BannerActions {
  readonly runAgain: () => void;
  readonly discard: () => void;
  readonly retry: () => void;
  readonly openLog: () => void;
  readonly showTexts: () => void;
}

type Shown = Pick<TabState, 'id' | 'status' | 'engine' | 'durationMs' | 'stopMs' | 'error' | 'rowCount' | 'columns' | 'otherWords'> & {
  readonly trouble: string | null;
};

export class Banner {
  readonly element = h('div', { class: 'part', hidden: true });
  readonly #actions: BannerActions;
  readonly #redraw = whenChanged<Shown | null>((shown) => this.#draw(shown));

  constructor(actions: BannerActions) {
    this.#actions = actions;
  }

  /** `trouble`: rows, figures or an order that could not be had, in words. */
  show(tab: TabState | null, trouble: string | null): void {
    if (tab === null) return this.#redraw(null);
    const { id, status, engine, stopMs, error, rowCount, columns } = tab;
    const ended = status !== 'running';
    this.#redraw({
      id,
      status,
      engine,
      durationMs: ended ? tab.durationMs : 0,
      rowCount: ended ? rowCount : 0,
      columns: columns.slice(0, 1),
      trouble,
      ...(stopMs === undefined ? {} : { stopMs }),
      ...(error === undefined ? {} : { error }),
      ...(tab.otherWords === undefined ? {} : { otherWords: tab.otherWords }),
    });
  }

  #draw(shown: Shown | null): void {
    const content = shown === null ? null : this.#content(shown);
    this.element.hidden = content === null;
    fill(this.element, ...(content ?? []));
  }

  #content(shown: Shown): Child[] | null {
    const { runAgain, discard, retry, openLog, showTexts } = this.#actions;
    const line = (bold: string, rest: string, ...act: HTMLElement[]): Child[] => [
      icon('warn', 'c-warn', t('warning')),
      h('span', { class: 'grow', role: 'status' }, h('b', {}, bold), ' ', rest),
      h('span', { class: 'act' }, ...act),
    ];
    const again = button('secondary', t('Run again'), runAgain);
    if (shown.trouble !== null)
      return line(
        t('This could not be read.'),
        visible(shown.trouble),
        button('secondary', t('Try again'), retry),
        button('secondary', t('Open Log'), openLog),
      );
    if (shown.columns.length === 0) return null;
    if (shown.status === 'limited' && shown.error !== undefined) {
      const { what, meaning, remedy } = shown.error.facts;
      const why = [what, meaning, remedy].filter((part) => part !== undefined).map((part) => visible(part).replace(/[.]?$/, '.'));
      return line(
        t('Stopped after {0}.', rowsInWords(shown.rowCount)),
        `${why.join(' ')} ${t('Sums and sorting cover only the rows that had arrived.')}`,
        again,
      );
    }
    if (shown.status === 'limited')
      return line(
        t('Stopped at {0}, the limit.', rowsInWords(shown.rowCount)),
        t('There may be more: sums and sorting cover only these. Export the statement to a file to get all.'),
        again,
      );
    if (shown.status === 'cancelled') {
      const stopped =
        shown.stopMs === undefined
          ? ''
          : `${t('{0} confirmed {1} later that the query is gone.', shown.engine, formatDuration(shown.stopMs))} `;
      return line(
        t('Cancelled after {0}.', formatDuration(shown.durationMs)),
        stopped + t('These are the rows that had arrived: sums and sorting cover only them.'),
        again,
        button('secondary', t('Discard'), discard),
      );
    }
    if (shown.status === 'failed' && shown.rowCount > 0)
      return line(
        t('Failed after {0}.', formatDuration(shown.durationMs)),
        t('{0} These are the rows that had arrived.', `${visible(shown.error?.facts.what ?? '')}.`),
        again,
      );
    if (shown.otherWords !== undefined && shown.status === 'done')
      return line(t('Two texts were compared.'), visible(shown.otherWords), button('secondary', t('Show Both Texts'), showTexts));
    return null;
  }
}
