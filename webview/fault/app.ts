/** The page as a whole: heading, form, preview, and the bar with the one confirm. */
import { t } from '../../src/base/messages.ts';
import type { FaultHostApi, FormValues, PageState } from '../../src/ui/panels/fault/protocol.ts';
import { Announcer } from '../kit/announcer.ts';
import { fill, h, whenChanged } from '../kit/dom.ts';
import { icon } from '../kit/icons.ts';
import { quietButton } from '../kit/toolkit.ts';
import { Confirm } from './confirm.ts';
import { Form } from './form.ts';
import { Preview } from './preview.ts';
import { specSummary } from './spec.ts';
import { clockTime } from './times.ts';

export class App {
  readonly #host: FaultHostApi;
  readonly #heading = h('h1');
  readonly #where = h('div', { class: 'dim' });
  readonly #seen = h('div', { class: 'dim sm num seen' });
  readonly #trouble = h('div', { class: 'trouble', role: 'alert', hidden: true });
  readonly #side = h('div', { class: 'side' });
  readonly #progress = h('div', { class: 'progress', hidden: true });
  readonly #announcer = new Announcer();
  readonly #form: Form;
  readonly #preview: Preview;
  readonly #confirm: Confirm;
  readonly #drawSpec = whenChanged((spec: PageState['spec']) => {
    if (spec !== undefined)
      fill(
        this.#side,
        specSummary(spec, () => this.#ask(() => this.#host.openSpec())),
      );
  });
  readonly #drawTrouble = whenChanged((trouble: { readonly failure: PageState['failure']; readonly problems: readonly string[] }) =>
    this.#showTrouble(trouble),
  );
  #state: PageState | undefined;
  #said = '';

  constructor(root: HTMLElement, host: FaultHostApi) {
    this.#host = host;
    this.#form = new Form({
      change: (values) => this.#ask(() => host.change(values)),
      save: () => this.#ask(() => host.saveSpec()),
    });
    this.#preview = new Preview({
      copy: (text) => {
        this.#ask(() => host.copyText(text));
        this.#announcer.say(t('Copied'));
      },
      allow: (flag) => this.#change((values) => ({ ...values, allow: [...new Set([...values.allow, flag])] })),
      choose: (kind) => this.#change((values) => ({ ...values, kind })),
    });
    this.#confirm = new Confirm({
      confirm: (confirmation) => this.#ask(() => host.confirm(confirmation)),
      cancel: () => this.#ask(() => host.cancel()),
    });
    const header = h('header', {}, this.#heading, this.#where, this.#seen);
    const main = h('main', {}, header, this.#trouble, this.#side, this.#preview.element);
    fill(root, this.#progress, h('div', { class: 'scroll' }, main), this.#confirm.element, this.#announcer.element);
  }

  show(state: PageState): void {
    this.#state = state;
    const { heading, where, form, spec, preview, isLooking, isStale, isStarting, problems, notes, failure } = state;
    if (this.#heading.textContent !== heading) this.#heading.textContent = heading;
    if (this.#where.textContent !== where) this.#where.textContent = where;
    this.#seen.textContent =
      preview === undefined ? (isLooking ? t('looking at the cluster …') : '') : t('preview of {0}, kept current', clockTime(preview.atMs));
    this.#progress.hidden = !isLooking && !isStarting;
    if (form !== undefined) {
      if (!this.#side.contains(this.#form.element)) fill(this.#side, this.#form.element);
      this.#form.show(form, problems, notes);
    }
    this.#drawSpec(spec);
    this.#drawTrouble({ failure, problems: problems.filter(({ field }) => field === '').map(({ text }) => text) });
    this.#preview.show(state);
    this.#confirm.show(state);
    document.body.setAttribute('aria-busy', String(isLooking));
    if (!isLooking && !isStale) this.#announce(state);
  }

  failed(error: unknown): void {
    this.#drawTrouble({ failure: { what: error instanceof Error ? error.message : String(error), more: [] }, problems: [] });
  }

  #change(edit: (values: FormValues) => FormValues): void {
    const values = this.#form.values;
    if (values !== undefined) this.#ask(() => this.#host.change(edit(values)));
  }

  #showTrouble({ failure, problems }: { readonly failure: PageState['failure']; readonly problems: readonly string[] }): void {
    this.#trouble.hidden = failure === undefined && problems.length === 0;
    const lines = failure === undefined ? problems : [failure.what, ...failure.more];
    const again = quietButton({ on: { click: () => this.#ask(() => this.#host.look()) } }, t('Look Again'));
    const log = quietButton({ on: { click: () => this.#ask(() => this.#host.openLog()) } }, t('Open Log'));
    fill(
      this.#trouble,
      icon('bad', 'c-bad'),
      h('div', {}, ...lines.map((line, index) => h('p', {}, index === 0 && failure !== undefined ? h('b', {}, line) : line))),
      failure !== undefined && h('div', { class: 'tools' }, again, log),
    );
  }

  #announce({ preview, changes, confirm }: PageState): void {
    const [first] = preview?.faults ?? [];
    if (first === undefined) return;
    const text =
      changes.length > 0
        ? t('Something is another than before. {0}', changes.join(' '))
        : confirm?.blocked !== undefined
          ? t('Refused: {0}', [...(preview?.refusals ?? []), ...first.refusals].map((refusal) => refusal.text).join(' '))
          : t('Preview: {0}', first.share);
    if (text !== this.#said) this.#announcer.say(text);
    this.#said = text;
  }

  #ask(call: () => Promise<unknown>): void {
    call().catch((error: unknown) => this.failed(error));
  }

  get state(): PageState | undefined {
    return this.#state;
  }
}
