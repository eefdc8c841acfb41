/** The page: a journal in, one picture of the recovery out. What the person arranges stays here. */
import type { PanelFacts } from '../../src/ui/panels/histogram/protocol.ts';
import type { RecoveryHostApi } from '../../src/ui/panels/timeline/protocol.ts';
import { t } from '../../src/base/messages.ts';
import type { RecoveryProjection } from '../../src/analysis/recovery/recovery.ts';
import type { RecoveryView } from '../../src/analysis/recovery/view.ts';
import { fill, h } from '../kit/dom.ts';
import { quietButton } from '../kit/toolkit.ts';
import { Feed } from '../histogram/feed.ts';
import { Turns } from '../histogram/turns.ts';
import { Arranged, type Arrangement } from './arranged.ts';
import { Board } from './board.ts';
import { Details } from './details.ts';
import { Header } from './header.ts';
import { Numbers } from './numbers.ts';
import { pictureOf, pngOf } from './picture.ts';
import { Speech } from './speech.ts';
import { Tips } from './tips.ts';

export interface PageStorage {
  load(): unknown;
  save(state: unknown): void;
}

type RunState = Parameters<RecoveryProjection['view']>[0];

export class App {
  readonly #host: RecoveryHostApi;
  readonly #arranged: Arranged;
  readonly #speech = new Speech();
  readonly #header: Header;
  readonly #numbers: Numbers;
  readonly #board: Board;
  readonly #details: Details;
  readonly #trouble = h('div', { class: 'trouble', role: 'alert', hidden: true });
  readonly #main: HTMLElement;
  readonly #turns = new Turns(() => this.#draw());
  #facts: PanelFacts | null = null;
  #feed: Feed | null = null;
  #healing = false;
  #stopping = false;
  #failure: { readonly words: string; retry(): void } | null = null;
  /** Of this run: later reading goes on behind a page that is there. */
  #everDrawn = false;

  constructor(root: HTMLElement, host: RecoveryHostApi, storage: PageStorage) {
    this.#host = host;
    this.#arranged = new Arranged(storage.load(), (state) => storage.save(state));
    const tips = new Tips(document.body);
    this.#header = new Header({
      heal: () => this.#heal(),
      stop: () => this.#stop(),
      export: (format) => this.#ask(() => host.export(format)),
      picture: (format) => this.#ask(() => this.#savePicture(format)),
      copy: (text) => this.#ask(() => host.copyText(text)),
      openSpec: () => this.#ask(() => host.openSpec()),
      openLatency: () => this.#ask(() => host.openLatency()),
      runAgain: () => this.#ask(() => host.runAgain()),
      openLog: () => this.#ask(() => host.openLog()),
    });
    this.#numbers = new Numbers(tips);
    this.#board = new Board({ tips, arrange: (change) => this.#arrange(change), say: (text) => this.#speech.reading(text) });
    this.#details = new Details({
      openLatency: () => this.#ask(() => host.openLatency()),
      copy: (text) => this.#ask(() => host.copyText(text)),
    });
    this.#main = h('main', { hidden: true }, this.#numbers.element, this.#board.element, this.#details.element);
    fill(root, this.#header.element, this.#trouble, this.#main, ...this.#speech.elements);
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && tips.isOpen) tips.close();
    });
    window.addEventListener('scroll', () => this.#arranged.set({ scrollTop: Math.round(window.scrollY) }), { passive: true });
    this.#draw();
  }

  /** The host's snapshot: at the start, when the journal has grown, when the run has ended. */
  show(facts: PanelFacts): void {
    this.#facts = facts;
    this.#arranged.open(facts.a.run);
    document.body.classList.toggle('report', facts.place === 'report');
    if (facts.a.state !== 'live') [this.#stopping, this.#healing] = [false, false];
    if (this.#feed === null || this.#feed.run !== facts.a.run) {
      this.#feed?.close();
      this.#feed = new Feed(facts.a, { read: (offset) => this.#host.read('a', offset), moved: () => this.#turns.soon() });
      this.#everDrawn = false;
    }
    this.#feed.follow(facts.a);
    this.#turns.soon();
  }

  failed(error: unknown, retry: () => void): void {
    this.#failure = { words: wordsOf(error), retry };
    this.#draw();
  }

  /** All of the page from what is known now. */
  #draw(): void {
    const beganMs = performance.now();
    const facts = this.#facts;
    const feed = this.#feed;
    const projection = feed?.projection ?? null;
    const reading = feed !== null && feed.error === null && !this.#everDrawn && !feed.caughtUp ? feed.fraction : null;
    const state: RunState = facts?.a.state === 'live' ? 'running' : (facts?.a.state ?? 'ended');
    const view = projection === null || reading !== null ? null : projection.recoveryView(state);
    if (view !== null && !view.faults.some(({ state: now }) => now === 'active')) this.#healing = false;
    const plan = projection?.header.plan;
    this.#header.show({
      ...{ view, reading, place: facts?.place ?? null, live: facts?.a.state === 'live', healing: this.#healing, stopping: this.#stopping },
      ...{ hasSpec: plan?.specText !== undefined, hasLoad: plan !== undefined && plan.load.kind !== 'none' },
    });
    this.#showTrouble();
    this.#main.hidden = view === null;
    const recovery = projection?.recovery ?? null;
    if (view === null || feed === null || recovery === null || plan === undefined) return;
    const first = !this.#everDrawn;
    this.#everDrawn = true;
    this.#numbers.show(view, recovery.plan);
    this.#board.show({
      ...{ view, plan: recovery.plan, samples: recovery.samples(state), arranged: this.#arranged.now },
      overview: (columns) => recovery.overview(state, columns),
    });
    const load = plan.load.kind === 'none' ? null : feed.view();
    this.#details.show(view, load, facts?.place === 'editor');
    if (first && this.#arranged.now.scrollTop > 0) window.scrollTo(0, this.#arranged.now.scrollTop);
    this.#announce(view);
    // test/bench/parts/timeline.ts reads it.
    if (first) requestAnimationFrame(() => setTimeout(() => performance.measure('faultline-first-draw', { start: beganMs })));
  }

  #announce(view: RecoveryView): void {
    if (view.verdict !== null) this.#speech.verdict(view);
    else this.#speech.changes(view);
  }

  #arrange(change: Partial<Arrangement>): void {
    this.#arranged.set(change);
    this.#board.arrange(this.#arranged.now);
  }

  #showTrouble(): void {
    const feed = this.#feed;
    const trouble = feed !== null && feed.error !== null ? { words: wordsOf(feed.error), retry: () => feed.retry() } : this.#failure;
    this.#trouble.hidden = trouble === null;
    if (trouble === null || this.#trouble.dataset['words'] === trouble.words) return;
    this.#trouble.dataset['words'] = trouble.words;
    const again = (): void => {
      this.#failure = null;
      delete this.#trouble.dataset['words'];
      trouble.retry();
      this.#draw();
    };
    const log =
      this.#facts?.place === 'report'
        ? null
        : quietButton({ on: { click: () => this.#ask(() => this.#host.openLog()) } }, t('Open the log'));
    fill(this.#trouble, h('span', { class: 'grow' }, trouble.words), quietButton({ on: { click: again } }, t('Try again')), log);
  }

  async #savePicture(format: 'svg' | 'png'): Promise<void> {
    const picture = pictureOf([this.#header.element, this.#numbers.element, this.#board.element]);
    await this.#host.savePicture(format, format === 'svg' ? picture.svg : await pngOf(picture));
  }

  #heal(): void {
    this.#healing = true;
    this.#draw();
    this.#host.heal().catch((error: unknown) => {
      this.#healing = false;
      this.failed(error, () => {});
    });
  }

  #stop(): void {
    this.#stopping = true;
    this.#draw();
    this.#host.stop().catch((error: unknown) => {
      this.#stopping = false;
      this.failed(error, () => {});
    });
  }

  #ask(call: () => Promise<unknown>): void {
    call().catch((error: unknown) => this.failed(error, () => {}));
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
