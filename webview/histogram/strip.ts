/** planned = ok + failed + dropped, as a sentence; and whether the driver kept its own time, beside the numbers. */
import { t } from '../../src/base/messages.ts';
import { formatCount } from '../../src/base/units.ts';
import type { Counts, RunView } from '../../src/analysis/view.ts';
import { fill, h, whenChanged, type Child } from '../kit/dom.ts';
import { icon } from '../kit/icons.ts';
import { countsInWords, driverInWords } from './words.ts';

export class Strip {
  readonly #eq = h('div', { class: 'eq num', role: 'group' });
  readonly #note = h('span', { class: 'dim sm note' });
  readonly #power = h('div', { class: 'power sm' });
  readonly #driver = h('div', { class: 'lag sm' });
  readonly element = h('div', { class: 'strip', hidden: true }, this.#eq, this.#note, this.#power, this.#driver);
  readonly #drawCounts: (state: readonly [Counts, boolean]) => void;
  readonly #drawDriver: (view: RunView['driver']) => void;
  readonly #drawPower: (power: RunView['tpchPower']) => void;

  constructor() {
    this.#drawCounts = whenChanged(([counts, live]) => {
      this.#eq.setAttribute('aria-label', spokenCounts(counts));
      fill(this.#eq, ...equation(counts, live));
      this.#note.textContent = countsInWords(counts);
    });
    this.#drawDriver = whenChanged((driver) => fill(this.#driver, ...validity(driver)));
    this.#drawPower = whenChanged((power) => {
      this.#power.hidden = power === null;
      if (power !== null) {
        const value = h('b', { class: 'num' }, power.value.toLocaleString('en-US', { maximumSignificantDigits: 4 }));
        const passes = power.passes === 1 ? t('1 pass') : t('median of {0} passes', power.passes);
        fill(this.#power, value, ' ', h('span', { class: 'dim' }, `${power.label}, ${passes}`));
      }
    });
  }

  show(view: RunView | null): void {
    this.element.hidden = view === null;
    if (view === null) return;
    this.#drawCounts([view.counts, view.verdict === null]);
    this.#drawDriver(view.driver);
    this.#drawPower(view.tpchPower);
  }
}

function equation(counts: Counts, live: boolean): Child[] {
  const term = (mark: SVGElement | null, word: string, count: number): HTMLElement =>
    h('span', {}, mark, h('span', { class: 'dim' }, word), h('b', {}, formatCount(count)));
  const operator = (sign: string): HTMLElement => h('span', { class: 'op', aria: { hidden: true } }, sign);
  return [
    term(null, live ? t('planned so far') : t('planned'), counts.planned),
    operator('='),
    term(icon('dot', 'c-prog s'), t('ok'), counts.ok),
    operator('+'),
    term(icon('cross', 'c-bad s'), t('failed'), counts.failed),
    operator('+'),
    term(icon('partial', 'c-warn s'), t('dropped'), counts.dropped),
    ...(live ? [operator('+'), term(icon('running', 'c-prog s'), t('underway'), counts.underway)] : []),
  ];
}

function spokenCounts({ planned, ok, failed, dropped, underway }: Counts): string {
  const said = t(
    'Planned {0} equals ok {1} plus failed {2} plus dropped {3}',
    ...[planned, ok, failed, dropped].map((n) => formatCount(n)),
  );
  return underway > 0 ? t('{0} plus {1} underway', said, formatCount(underway)) : said;
}

function validity(driver: RunView['driver']): Child[] {
  const facts = driverInWords(driver);
  if (facts === '' && driver.valid) return [icon('partial', 'c-unk s'), h('span', { class: 'dim' }, t('driver: not seen yet'))];
  return driver.valid
    ? [icon('tick', 'c-ok s'), h('span', {}, h('b', {}, t('valid')), ' ', h('span', { class: 'dim num' }, facts))]
    : [icon('warn', 'c-warn s'), h('span', {}, h('b', {}, t('not valid')), ' ', h('span', { class: 'num' }, driver.reason ?? facts))];
}
