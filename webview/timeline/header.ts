/** The answer first: verdict, its reason with the figure, what it stands on; what can be done at the right. */
import type { PanelFacts } from '../../src/ui/panels/histogram/protocol.ts';
import { t } from '../../src/base/messages.ts';
import type { Proof, RecoveryView } from '../../src/analysis/recovery/view.ts';
import { fill, h, whenChanged, type Child } from '../kit/dom.ts';
import { icon } from '../kit/icons.ts';
import { openMenu, type MenuItem } from '../kit/menu.ts';
import { sentence, withFigure } from '../kit/sentence.ts';
import { button, quietButton } from '../kit/toolkit.ts';
import { verdictMark } from '../histogram/words.ts';

export type ExportFormat = 'html' | 'md' | 'junit' | 'json';

export interface HeaderParts {
  heal(): void;
  stop(): void;
  export(format: ExportFormat): void;
  picture(format: 'svg' | 'png'): void;
  copy(text: string): void;
  openSpec(): void;
  openLatency(): void;
  runAgain(): void;
  openLog(): void;
}

export interface HeaderState {
  /** null: nothing has been read yet. */
  readonly view: RecoveryView | null;
  readonly place: PanelFacts['place'] | null;
  /** A runner writes the journal now. */
  readonly live: boolean;
  /** 0 to 1 while an old journal is being read; null: all is read. */
  readonly reading: number | null;
  readonly healing: boolean;
  readonly stopping: boolean;
  readonly hasSpec: boolean;
  readonly hasLoad: boolean;
}

const exports: readonly (readonly [string, ExportFormat])[] = [
  ['HTML', 'html'],
  ['Markdown', 'md'],
  ['JUnit', 'junit'],
  ['JSON', 'json'],
];

/** What the buttons depend on: they stay the same elements while it stays the same. */
interface ToolState {
  readonly place: PanelFacts['place'] | null;
  readonly live: boolean;
  readonly canHeal: boolean;
  readonly healing: boolean;
  readonly stopping: boolean;
}

export class Header {
  readonly #mark = h('span', { class: 'mark' });
  readonly #word = h('h1');
  readonly #reason = h('p', { class: 'reason' });
  readonly #proof = h('p', { class: 'proof sm dim' });
  readonly #tools = h('div', { class: 'tools', role: 'toolbar', aria: { label: t('Actions') } });
  readonly element = h(
    'header',
    { class: 'head' },
    h('div', { class: 'verdict' }, this.#mark, this.#word),
    this.#reason,
    this.#tools,
    this.#proof,
  );
  readonly #drawVerdict: (state: readonly [string, string, string, string]) => void;
  readonly #drawReason: (reason: string) => void;
  readonly #drawProof: (state: readonly [string, readonly Proof[]]) => void;
  readonly #drawTools: (state: ToolState) => void;
  #state: HeaderState | null = null;

  constructor(parts: HeaderParts) {
    this.#drawVerdict = whenChanged(([word, tone, shape, colour]) => {
      this.#word.textContent = word;
      this.#word.className = tone;
      fill(this.#mark, icon(shape as Parameters<typeof icon>[0], colour));
    });
    this.#drawReason = whenChanged((reason) => fill(this.#reason, ...withFigure(sentence(reason))));
    this.#drawProof = whenChanged(([about, proofs]) => fill(this.#proof, h('span', {}, about), ...proofs.map(proofOf)));
    this.#drawTools = whenChanged((state) => fill(this.#tools, ...this.#buttons(state, parts)));
  }

  show(state: HeaderState): void {
    this.#state = state;
    const { view, reading, place, live, healing, stopping } = state;
    // Of a run that was seen running the verdict's sentence has its room from the start: nothing below it jumps.
    if (live) this.element.classList.add('steady');
    const isActive = view?.faults.some(({ state: now }) => now === 'active' || now === 'healing') ?? false;
    const isHealing = healing || (view?.faults.some(({ state: now }) => now === 'healing') ?? false);
    this.#drawTools({ place, live, canHeal: live && isActive, healing: isHealing, stopping });
    if (view === null || reading !== null) {
      const word = reading === null || reading === 0 ? t('Reading the run') : t('Reading the run, {0} %', Math.floor(reading * 100));
      this.#drawVerdict([word, 'running', 'running', 'c-prog']);
      return;
    }
    const mark = verdictMark(view.verdict, view.status);
    this.#drawVerdict([view.verdict === null && stopping ? t('Stopping') : mark.word, mark.tone, mark.icon, mark.colour]);
    this.#drawReason(view.reason);
    this.#drawProof([aboutOf(view), view.proofs]);
  }

  #buttons({ place, live, canHeal, healing, stopping }: ToolState, parts: HeaderParts): Child[] {
    if (place === null) return [];
    const more = quietButton({ class: 'quiet more', aria: { label: t('More actions'), haspopup: 'menu', expanded: false } }, '⋯');
    more.addEventListener('click', () => openMenu(this.#menu(parts), t('More actions'), more));
    if (place === 'report') return [more];
    if (live) {
      const heal = canHeal ? button('primary', healing ? t('Healing…') : t('Heal now'), () => parts.heal()) : null;
      const stop = button('secondary', stopping ? t('Stopping…') : t('Stop run…'), () => parts.stop());
      heal?.toggleAttribute('disabled', healing || stopping);
      stop.toggleAttribute('disabled', stopping);
      return [heal, stop, more];
    }
    const quiet = (label: string, name: string, press: () => void): HTMLElement =>
      quietButton({ class: 'quiet wide', aria: { label: name }, on: { click: press } }, label);
    return [
      h('span', { class: 'dim sm wide' }, t('Export')),
      ...exports.map(([label, format]) => quiet(label, t('Export {0}', label), () => parts.export(format))),
      more,
    ];
  }

  #menu(parts: HeaderParts): readonly MenuItem[] {
    const { place, live, view, hasSpec, hasLoad } = this.#state ?? {};
    const item = (label: string, run: () => void, disabled = false): MenuItem => ({ kind: 'item', label, disabled, run });
    const pictures = [
      item(t('Picture of the timeline (PNG)'), () => parts.picture('png')),
      item(t('Picture of the timeline (SVG)'), () => parts.picture('svg')),
    ];
    const summary =
      view === null || view === undefined
        ? []
        : [
            item(t('Copy verdict and reason'), () =>
              parts.copy(`${verdictMark(view.verdict, view.status).word}: ${view.reason}\n${view.title} (${view.run})`),
            ),
          ];
    if (place === 'report') return [...pictures, ...summary];
    return [
      ...exports.map(([label, format]) => item(t('Export {0}…', label), () => parts.export(format), live)),
      ...pictures,
      { kind: 'line' },
      ...(hasLoad === true ? [item(t('Latency of the load beside'), () => parts.openLatency())] : []),
      ...(hasSpec === true ? [item(t('Open the spec'), () => parts.openSpec())] : []),
      item(t('Run again…'), () => parts.runAgain(), live),
      ...summary,
      item(t('Open the log'), () => parts.openLog()),
    ];
  }
}

/** "Kill kafka-1, leader of messages/17 · Sat 21 Nov, 14:31:07" */
function aboutOf({ title, startedAt, zeroAt }: RecoveryView): string {
  const at = new Date(startedAt + (zeroAt ?? 0));
  const day = at.toLocaleDateString('en-GB', { weekday: 'short', day: 'numeric', month: 'short' });
  const name = title.charAt(0).toUpperCase() + title.slice(1);
  return `${name} · ${day}, ${at.toLocaleTimeString('en-GB')}`;
}

const proofMarks: Readonly<Record<Proof['state'], readonly [sign: string, classes: string, spoken: () => string]>> = {
  ok: ['✓', 'met', () => t('proven: ')],
  missing: ['✗', 'broken', () => t('missing: ')],
  notApplicable: ['–', '', () => ''],
  pending: ['…', '', () => t('not yet: ')],
};

function proofOf({ state, text }: Proof): HTMLElement {
  const [sign, classes, spoken] = proofMarks[state];
  return h(
    'span',
    { class: `one ${state}` },
    h('span', { class: classes, aria: { hidden: true } }, sign),
    h('span', { class: 'vh' }, spoken()),
    ` ${text}`,
  );
}
