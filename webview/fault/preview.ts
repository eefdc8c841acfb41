/** The preview: when it ends, who is hit, who depends on it, what is allowed, how it works and how it heals. */
import { t } from '../../src/base/messages.ts';
import type { Choice, FaultView, PageState, PreviewView, RefusalView } from '../../src/ui/panels/fault/protocol.ts';
import { attr, fill, h, type Child } from '../kit/dom.ts';
import { icon } from '../kit/icons.ts';
import { quietButton } from '../kit/toolkit.ts';
import { length, strip } from './times.ts';

export interface PreviewEvents {
  copy(text: string): void;
  allow(flag: string): void;
  /** Another kind. */
  choose(kind: string): void;
}

/** More circles than that are not counted by anybody. */
const mostCircles = 24;

export class Preview {
  readonly element = h('section', { class: 'preview', aria: { label: t('Preview') } });
  readonly #events: PreviewEvents;
  #drawn = '';

  constructor(events: PreviewEvents) {
    this.#events = events;
  }

  show({ preview, changes, isStale, form, problems }: PageState): void {
    this.element.classList.toggle('stale', isStale);
    attr(this.element, 'aria-busy', isStale ? true : null);
    if (preview === undefined) {
      fill(this.element, problems.length > 0 && h('p', { class: 'dim' }, t('The preview comes when what is marked is right.')));
      this.#drawn = '';
      return;
    }
    // When it was looked at is another each time; what was seen seldom is, and the focus stays where it was.
    const { atMs: _, ...rest } = preview;
    const key = JSON.stringify([rest, changes, form === undefined]);
    if (key !== this.#drawn) {
      this.#drawn = key;
      this.#draw(preview, changes, form !== undefined);
    }
  }

  #draw(view: PreviewView, changes: readonly string[], mayChoose: boolean): void {
    const refusals = [...view.refusals, ...view.faults.flatMap((fault) => fault.refusals)];
    const [only, another] = view.faults;
    const list = h('dl');
    const first = (title: string, ...children: Child[]): void =>
      list.append(h('dt', { class: 'first' }, title), h('dd', { class: 'first' }, ...children));
    const row = (title: string, ...children: Child[]): void => list.append(h('dt', {}, title), h('dd', {}, ...children));
    if (changes.length > 0) first(t('Changed'), this.#changes(changes));
    if (refusals.length > 0) (changes.length > 0 ? row : first)(t('Refused'), this.#refusals(refusals, view.instead, mayChoose));
    if (refusals.length === 0) (changes.length > 0 ? row : first)(t('Deadline'), ...deadline(view));
    if (only !== undefined && another === undefined) this.#fault(only, row);
    else
      view.faults.forEach((fault, index) => {
        list.append(
          h('dt', { class: 'step num' }, t('{0} of {1}', index + 1, view.faults.length)),
          h('dd', { class: 'step' }, h('h2', {}, fault.title)),
        );
        this.#fault(fault, row);
      });
    if (view.measured.length > 0) row(t('Felt by'), ...view.measured.map((text) => h('p', {}, text)));
    fill(this.element, list);
  }

  #fault(fault: FaultView, row: (title: string, ...children: Child[]) => void): void {
    const {
      targets,
      share,
      groups,
      budgets,
      dependents,
      permissions,
      does,
      how,
      heals,
      isReversible,
      isForGood,
      byHand,
      lostByHand,
      warnings,
      waitsFor,
    } = fault;
    if (waitsFor !== undefined) row(t('Waits'), waitsFor);
    if (targets.length > 0)
      row(
        t('Targets'),
        h(
          'div',
          { class: 'targets' },
          ...targets
            .slice(0, mostTargets)
            .flatMap(({ name, as, where }) => [
              h('b', {}, name),
              h('span', {}, as, as !== '' && where !== '' && ', ', h('span', { class: 'dim' }, where)),
            ]),
        ),
        targets.length > mostTargets && h('p', { class: 'dim' }, t('and {0} more', targets.length - mostTargets)),
        ...groups.map(circles),
        groups.length === 0 && h('p', {}, share),
      );
    if (budgets.length > 0) row(t('Budget'), ...budgets.map((text) => h('p', {}, text)));
    row(
      t('Depends on it'),
      ...(dependents.length === 0 ? [h('p', {}, t('Nothing that is known.'))] : dependents.map((text) => h('p', {}, text))),
      h('p', { class: 'dim' }, t('Known from the engines, Services and autoscalers; other clients may exist.')),
    );
    if (warnings.length > 0)
      row(t('Mind'), ...warnings.map((text) => h('p', { class: 'mark' }, icon('warn', 'c-warn', t('warning')), h('span', {}, text))));
    if (permissions.length > 0) row(t('Allowed'), h('ul', { class: 'checks' }, ...permissions.map(permission)));
    row(t('How'), h('b', {}, does), ' ', h('span', { class: 'dim' }, how));
    row(
      t('Heals'),
      h('p', {}, heals, isReversible && h('b', {}, ` ${t('Reversible.')}`), isForGood && h('b', {}, ` ${t('What is lost stays lost.')}`)),
      byHand !== undefined &&
        h(
          'p',
          { class: 'hand' },
          h('span', { class: 'dim' }, t('By hand: ')),
          h('code', {}, byHand),
          quietButton({ on: { click: () => this.#events.copy(byHand) } }, t('Copy')),
        ),
      ...lostByHand.map((text) => h('p', { class: 'mark' }, icon('warn', 'c-warn', t('warning')), h('span', {}, text))),
    );
  }

  #changes(changes: readonly string[]): HTMLElement {
    return h(
      'div',
      { class: 'changes' },
      h(
        'p',
        { class: 'mark' },
        icon('warn', 'c-warn'),
        h('b', {}, t('Something has changed since you looked. Look again before you confirm.')),
      ),
      h('ul', {}, ...changes.map((text) => h('li', {}, text))),
    );
  }

  #refusals(refusals: readonly RefusalView[], instead: readonly Choice[], mayChoose: boolean): HTMLElement {
    const allow = ({ flag }: RefusalView): Child =>
      mayChoose &&
      flag !== undefined &&
      quietButton({ class: 'quiet allow', on: { click: () => this.#events.allow(flag.name) } }, flag.title);
    return h(
      'div',
      { class: 'refusals' },
      ...refusals.map((refusal) =>
        h(
          'p',
          { class: 'mark' },
          icon('bad', 'c-bad', t('refused')),
          h(
            'span',
            {},
            h('b', {}, refusal.text),
            refusal.remedy !== undefined && h('span', { class: 'dim' }, ` ${refusal.remedy}`),
            allow(refusal),
          ),
        ),
      ),
      instead.length > 0 &&
        h(
          'p',
          { class: 'instead' },
          h('span', { class: 'dim' }, t('Possible instead: ')),
          ...instead.map(({ key, title, about }) => quietButton({ title: about, on: { click: () => this.#events.choose(key) } }, title)),
        ),
    );
  }
}

const mostTargets = 12;

/** How long after what, and not when: nobody knows when the baseline begins. */
function deadline(view: PreviewView): Child[] {
  const lasting = view.faults.filter(({ durationMs }) => durationMs !== undefined);
  const [only, another] = view.faults;
  const isControl = view.faults.every(({ durationMs, targets }) => durationMs === undefined && targets.length === 0);
  const head = isControl
    ? t('Nothing is broken: it only measures')
    : lasting.length === 0
      ? t('Happens once: nothing is left that has to end')
      : another !== undefined
        ? t('Each ends by itself, even if this computer is off')
        : t('Ends by itself {0} after it was applied, even if this computer is off', length(only?.durationMs ?? 0));
  const ends = [...new Set(lasting.map((fault) => fault.ends))];
  return [
    h('p', { class: 'ends num' }, head),
    h(
      'p',
      { class: 'dim num' },
      t(
        'Applied after the baseline of {0}, which begins some seconds after you confirm: when all that measures runs.',
        length(view.baselineMs),
      ),
      ...ends.map((text) => ` ${text}`),
    ),
    strip(view),
  ];
}

function circles({ title, hit, of, away }: FaultView['groups'][number]): HTMLElement {
  const label = t('{0} of {1} {2}', hit, of, title);
  const share = of === 0 ? '' : t('{0} %', Math.round((hit / of) * 100));
  const drawn =
    of <= mostCircles ? [...Array(of).keys()].map((at) => h('i', { class: at < hit ? 'hit' : at < hit + away ? 'away' : '' })) : [];
  return h(
    'div',
    { class: 'share' },
    drawn.length > 0 && h('span', { class: 'circles', role: 'img', aria: { label } }, ...drawn),
    h('span', { class: 'num' }, h('b', {}, label), share === '' ? '' : `, ${share}`),
    away > 0 && h('span', { class: 'dim num' }, t('{0} away already', away)),
  );
}

function permission({ text, answer }: FaultView['permissions'][number]): HTMLElement {
  const mark =
    answer === 'yes'
      ? icon('tick', 'c-ok', t('allowed'))
      : answer === 'no'
        ? icon('bad', 'c-bad', t('not allowed'))
        : icon('unsure', 'c-warn', t('not known'));
  return h('li', {}, mark, h('span', {}, text));
}
