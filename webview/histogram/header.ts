/** The answer first: verdict, reason with its figure, facts; what can be done at the right; a line of progress while it runs. */
import type { PanelFacts } from '../../src/ui/panels/histogram/protocol.ts';
import { t } from '../../src/base/messages.ts';
import { formatDuration } from '../../src/base/units.ts';
import type { RunView } from '../../src/analysis/view.ts';
import { attr, fill, h, whenChanged, type Child } from '../kit/dom.ts';
import { icon } from '../kit/icons.ts';
import { sentence, withFigure } from '../kit/sentence.ts';
import { button, quietButton } from '../kit/toolkit.ts';
import { armInWords, dayAndTime, endsEarlier, loadInWords, progressOf, statementsInWords, timeOfDay, verdictMark } from './words.ts';

export interface HeaderParts {
  stop(): void;
  view(view: 'chart' | 'table'): void;
  arm(arm: number | null): void;
  compare(): void;
  export(format: 'csv' | 'json' | 'html' | 'md'): void;
  runAgain(): void;
  openSpec(): void;
}

export interface HeaderState {
  /** null: nothing has been read yet. */
  readonly view: RunView | null;
  readonly facts: PanelFacts | null;
  /** 0 to 1 while an old journal is being read; null: all is read. */
  readonly reading: number | null;
  readonly stopping: boolean;
  readonly shows: 'chart' | 'table';
  readonly arm: number | null;
}

export class Header {
  readonly #mark = h('span', { class: 'mark' });
  readonly #title = h('h1');
  readonly #why = h('p', { class: 'why' });
  readonly #facts = h('div', { class: 'facts sm dim' });
  readonly #bar = h('div', { class: 'bar', role: 'progressbar', aria: { valuemin: 0, valuemax: 100 } }, h('i'));
  readonly #stop: HTMLElement;
  readonly #views: Segments<'chart' | 'table'>;
  readonly #arms: Segments<number>;
  readonly #actions = h('span', { class: 'actions' });
  readonly element: HTMLElement;
  readonly #drawTitle: (state: readonly [string, string, string, string]) => void;
  readonly #drawFacts: (facts: readonly string[]) => void;
  readonly #drawWhy: (reason: string) => void;
  readonly #drawActions: (state: readonly [string | undefined, boolean, boolean, boolean]) => void;

  constructor(parts: HeaderParts) {
    this.#stop = button('secondary', t('Stop'), () => parts.stop(), icon('stop', 'c-bad s'));
    this.#views = new Segments(t('Show as'), (view) => parts.view(view));
    this.#views.show([
      { value: 'chart', label: t('Chart') },
      { value: 'table', label: t('Table') },
    ]);
    this.#arms = new Segments(t('Arm'), (arm) => parts.arm(arm < 0 ? null : arm));
    const tools = h('div', { class: 'tools' }, this.#stop, this.#arms.element, this.#views.element, this.#actions);
    this.element = h(
      'header',
      {},
      h('div', { class: 'top' }, h('div', { class: 'verdict' }, this.#mark, this.#title), tools),
      this.#why,
      this.#facts,
      this.#bar,
    );
    this.#drawTitle = whenChanged(([words, tone, shape, colour]) => {
      this.#title.textContent = words;
      this.#title.className = tone;
      fill(this.#mark, icon(shape as Parameters<typeof icon>[0], colour));
    });
    this.#drawFacts = whenChanged((facts) => fill(this.#facts, ...facts.map((fact) => h('span', {}, fact))));
    this.#drawWhy = whenChanged((reason) => fill(this.#why, ...withFigure(sentence(reason))));
    this.#drawActions = whenChanged(([place, live, spec, power]) =>
      fill(this.#actions, ...(place === 'editor' ? actions(parts, live, spec, power) : [])),
    );
  }

  show(state: HeaderState): void {
    const { view, facts, reading, stopping } = state;
    const live = facts?.a.state === 'live';
    this.element.classList.toggle('live', live);
    this.#stop.hidden = !live || facts.place === 'report';
    this.#stop.toggleAttribute('disabled', stopping);
    this.#views.select(state.shows);
    this.#showArms(state);
    this.#drawActions([facts?.place, live, view?.plan.specText !== undefined, facts?.b !== null && facts?.b !== undefined]);
    if (view === null || reading !== null) {
      const words = reading === null || reading === 0 ? t('Reading the run') : t('Reading the run, {0} %', Math.floor(reading * 100));
      this.#drawTitle([words, 'running', 'running', 'c-prog']);
    } else {
      const mark = verdictMark(view.verdict, view.status);
      const { words } = progressOf(view);
      const title = view.verdict !== null ? mark.word : stopping ? t('Stopping: {0}', words) : t('Running: {0}', words);
      this.#drawTitle([title, mark.tone, mark.icon, mark.colour]);
    }
    this.#showProgress(view, reading, live);
    // While it is made ready the title says it all.
    const said = view !== null && view.verdict === null && view.reason.toLowerCase() === progressOf(view).words.toLowerCase();
    this.#drawWhy(view === null || reading !== null || said ? '' : view.reason);
    this.#drawFacts(view === null ? [] : factsOf(view));
  }

  #showArms({ view, arm }: HeaderState): void {
    const arms = view?.plan.arms ?? [];
    this.#arms.element.hidden = arms.length < 2;
    if (arms.length < 2) return;
    this.#arms.show([{ value: -1, label: t('Both') }, ...arms.map(({ label }, value) => ({ value, label }))]);
    this.#arms.select(arm ?? -1);
  }

  #showProgress(view: RunView | null, reading: number | null, live: boolean): void {
    const progress =
      reading !== null ? { words: t('Reading the run'), fraction: reading } : view !== null && live ? progressOf(view) : null;
    this.#bar.classList.toggle('on', progress !== null);
    attr(this.#bar, 'aria-hidden', progress === null ? true : null);
    if (progress === null) return;
    const percent = progress.fraction === null ? null : Math.round(progress.fraction * 100);
    attr(this.#bar, 'aria-valuenow', percent);
    attr(this.#bar, 'aria-label', progress.words);
    this.#bar.style.setProperty('--done', `${percent ?? 0}%`);
  }
}

function actions(parts: HeaderParts, live: boolean, spec: boolean, compared: boolean): Child[] {
  const later = { disabled: live, title: live ? t('When the run has ended') : undefined };
  const act = (label: string, name: string | undefined, press: () => void): HTMLElement =>
    quietButton({ ...later, on: { click: press }, ...(name === undefined ? {} : { aria: { label: name } }) }, label);
  const exports = [
    ['CSV', 'csv'],
    ['JSON', 'json'],
    ['HTML', 'html'],
    ['MD', 'md'],
  ] as const;
  return [
    h('span', { class: 'sep' }),
    spec ? quietButton({ on: { click: () => parts.openSpec() } }, t('Spec')) : null,
    live ? null : act(t('Run again'), undefined, () => parts.runAgain()),
    act(compared ? t('Compare with…') : t('Compare…'), undefined, () => parts.compare()),
    h('span', { class: 'dim sm export' }, t('Export')),
    ...exports.map(([label, format]) => act(label, t('Export {0}', label), () => parts.export(format))),
  ];
}

function factsOf(view: RunView): readonly string[] {
  const { plan } = view;
  const arms = view.arms.map((arm) => armInWords(arm, plan.arms.length > 1));
  return [
    view.name,
    ...arms,
    view.name.includes(statementsInWords(plan)) ? '' : statementsInWords(plan),
    loadInWords(plan.load, plan.warmUp),
    dayAndTime(view.startedAt),
    ...(view.verdict === null ? endOf(view) : [formatDuration(view.durationMs)]),
  ].filter((fact, i, all) => fact !== '' && all.indexOf(fact) === i);
}

function endOf({ plan, phase, startedAt }: RunView): readonly string[] {
  if (phase?.phase !== 'measuring' || phase.durationMs === undefined) return [];
  const at = timeOfDay(startedAt + phase.t + phase.durationMs);
  return [endsEarlier({ plan, phase }) ? t('ends at {0} at the latest', at) : t('ends at {0}', at)];
}

interface Segment<T> {
  readonly value: T;
  readonly label: string;
}

/** A few exclusive choices: one tab stop, arrow keys choose. */
class Segments<T> {
  readonly element: HTMLElement;
  readonly #choose: (value: T) => void;
  #segments: readonly Segment<T>[] = [];

  constructor(label: string, choose: (value: T) => void) {
    this.#choose = choose;
    this.element = h('span', { class: 'seg', role: 'radiogroup', aria: { label }, on: { keydown: (event) => this.#onKey(event) } });
  }

  show(segments: readonly Segment<T>[]): void {
    if (JSON.stringify(segments) === JSON.stringify(this.#segments)) return;
    this.#segments = segments;
    fill(
      this.element,
      ...segments.map(({ value, label }) => {
        const choice = h('button', { role: 'radio', on: { click: () => this.#choose(value) } }, label);
        choice.type = 'button';
        return choice;
      }),
    );
  }

  select(value: T): void {
    for (const [i, choice] of [...this.element.children].entries()) {
      const on = this.#segments[i]?.value === value;
      attr(choice, 'aria-checked', on);
      attr(choice, 'tabindex', on ? 0 : -1);
    }
  }

  #onKey(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const choices = [...this.element.children] as HTMLElement[];
    const from = choices.indexOf(document.activeElement as HTMLElement);
    if (step === undefined || from < 0) return;
    event.preventDefault();
    const to = (from + step + choices.length) % choices.length;
    const segment = this.#segments[to];
    if (segment === undefined) return;
    this.#choose(segment.value);
    choices[to]?.focus();
  }
}
