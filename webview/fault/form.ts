/** The form: what happens, to whom, for how long, who feels it, and when it passes. What is wrong is told beside its field. */
import { t } from '../../src/base/messages.ts';
import type { Choice, FormValues, FormView, KindChoice, Problem, SettingField } from '../../src/ui/panels/fault/protocol.ts';
import { attr, fill, h, whenChanged, type Child } from '../kit/dom.ts';
import { icon } from '../kit/icons.ts';
import { quietButton } from '../kit/toolkit.ts';

export interface FormEvents {
  change(values: FormValues): void;
  save(): void;
}

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

interface Field {
  readonly element: HTMLElement;
  readonly control: Control;
  readonly help: HTMLElement;
  readonly wrong: HTMLElement;
}

export class Form {
  readonly element = h('div', { class: 'form', role: 'form', aria: { label: t('Fault') } });
  readonly #events: FormEvents;
  readonly #fields = new Map<string, Field>();
  #view: FormView | undefined;
  /** What the fields were told to hold. */
  #told: FormValues | undefined;
  #isOpen = false;
  readonly #build = whenChanged((shape: Omit<FormView, 'values' | 'fileName'>) => this.#draw(shape));
  readonly #name = whenChanged((name: string) => {
    this.#save.textContent = t('Save as {0}', name);
  });
  readonly #save = quietButton({ class: 'quiet save', on: { click: () => this.#events.save() } });
  readonly #fold = quietButton({
    class: 'quiet fold',
    aria: { expanded: false },
    on: { click: () => this.#toggle(!this.#isOpen) },
  });

  constructor(events: FormEvents) {
    this.#events = events;
  }

  /** As it is on the page now. */
  get values(): FormValues | undefined {
    const view = this.#view;
    if (view === undefined) return undefined;
    const of = (key: string, other: string): string => this.#fields.get(key)?.control.value ?? other;
    const { values } = view;
    return {
      kind: of('kind', values.kind),
      whom: of('whom', values.whom),
      partition: of('partition', values.partition),
      amount: of('amount', values.amount),
      duration: of('duration', values.duration),
      settings: Object.fromEntries(view.settings.map(({ key }) => [key, of(`setting ${key}`, values.settings[key] ?? '')])),
      feel: of('feel', values.feel),
      rate: of('rate', values.rate),
      baseline: of('baseline', values.baseline),
      observe: of('observe', values.observe),
      expect: of('expect', values.expect),
      abort: of('abort', values.abort),
      allow: values.allow,
    };
  }

  show(view: FormView, problems: readonly Problem[], notes: readonly Problem[]): void {
    this.#view = view;
    const { values, fileName, ...shape } = view;
    this.#build(shape);
    this.#name(fileName);
    for (const [key, { control }] of this.#fields) {
      const value = valueOf(values, key);
      // What is being typed stays as it is; the host hears of it.
      if (control !== document.activeElement && control.value !== value) control.value = value;
    }
    this.#told = values;
    const kind = view.kinds.find(({ key }) => key === values.kind);
    this.#help(
      'kind',
      kind === undefined ? '' : kind.why === undefined ? kind.about : `${kind.about} ${t('Not possible here: {0}', kind.why)}`,
    );
    for (const key of ['duration', 'rate', 'baseline', 'observe', 'expect', 'abort']) this.#help(key, textOf(notes, key));
    this.#help('feel', view.feel.find(({ key }) => key === values.feel)?.about ?? '');
    this.#show(problems);
    this.#allowed(values.allow);
    const lines = (text: string): number => text.split('\n').filter((line) => line.trim() !== '').length;
    fill(
      this.#fold,
      icon(this.#isOpen ? 'down' : 'right', 's'),
      t(
        '{0}, {1} expectations, {2} stop rules',
        ...[view.feel.find(({ key }) => key === values.feel)?.title ?? t('Nobody feels it'), lines(values.expect), lines(values.abort)],
      ),
    );
  }

  #draw({ kinds, whom, needsPartition, hasAmount, settings, feel, lasts }: Omit<FormView, 'values' | 'fileName'>): void {
    const [focused, old] = [...this.#fields].find(([, { control }]) => control === document.activeElement) ?? [];
    this.#fields.clear();
    const small: HTMLElement[] = [];
    if (needsPartition) small.push(this.#input('partition', t('Partition')));
    if (hasAmount) small.push(this.#input('amount', t('How many')));
    if (lasts) small.push(this.#input('duration', t('For')));
    for (const setting of settings) if (setting.choices === undefined) small.push(this.#setting(setting));
    const chosen = settings.filter(({ choices }) => choices !== undefined).map((setting) => this.#setting(setting));
    const rest = h(
      'div',
      { class: 'rest' },
      this.#select('feel', t('Who feels it'), feel.length === 0 ? [{ key: '', title: t('No engine with users was found') }] : feel),
      h(
        'div',
        { class: 'two three' },
        this.#input('rate', t('Rate')),
        this.#input('baseline', t('Baseline')),
        this.#input('observe', t('Observe')),
      ),
      this.#text('expect', t('Passes when')),
      this.#text('abort', t('Stops early when')),
      this.#allowing,
      this.#save,
    );
    fill(
      this.element,
      this.#kinds(kinds),
      this.#select('whom', t('To whom'), whom),
      small.length > 0 && h('div', { class: 'two' }, ...small),
      ...chosen,
      this.#fold,
      rest,
    );
    const again = focused === undefined ? undefined : this.#fields.get(focused);
    if (focused === undefined || old === undefined || again === undefined) return;
    // A field that is drawn anew is empty, and what is being typed is not overwritten later: so it gets its text before its focus.
    const told = this.#told === undefined ? '' : valueOf(this.#told, focused);
    const now = this.#view === undefined ? '' : valueOf(this.#view.values, focused);
    again.control.value = old.control.value === told ? now : old.control.value;
    again.control.focus();
  }

  #kinds(kinds: readonly KindChoice[]): HTMLElement {
    const option = ({ key, title }: Choice): HTMLOptionElement => optionOf(key, title);
    const possible = kinds.filter(({ why }) => why === undefined).map(option);
    const others = kinds.filter(({ why }) => why !== undefined).map(option);
    const control = document.createElement('select');
    control.append(...possible);
    if (others.length > 0) {
      const group = document.createElement('optgroup');
      group.label = t('Not possible here');
      group.append(...others);
      control.append(group);
    }
    return this.#field('kind', t('What happens'), control);
  }

  #setting({ key, title, choices, empty }: SettingField): HTMLElement {
    if (choices !== undefined) return this.#select(`setting ${key}`, title, choices);
    return this.#input(`setting ${key}`, title, empty);
  }

  #select(key: string, title: string, choices: readonly Choice[]): HTMLElement {
    const control = document.createElement('select');
    control.append(...choices.map((choice) => optionOf(choice.key, choice.title)));
    return this.#field(key, title, control);
  }

  #input(key: string, title: string, placeholder = ''): HTMLElement {
    const control = document.createElement('input');
    control.type = 'text';
    control.spellcheck = false;
    control.placeholder = placeholder;
    return this.#field(key, title, control);
  }

  #text(key: string, title: string): HTMLElement {
    const control = document.createElement('textarea');
    control.rows = 3;
    control.spellcheck = false;
    return this.#field(key, title, control);
  }

  #field(key: string, title: string, control: Control): HTMLElement {
    const id = `field-${key.replace(/\W/g, '-')}`;
    control.id = id;
    control.className = 'ctl';
    control.addEventListener(control instanceof HTMLSelectElement ? 'change' : 'input', () => {
      const { values } = this;
      if (values !== undefined) this.#events.change(values);
    });
    const label = document.createElement('label');
    label.htmlFor = id;
    label.textContent = title;
    const help = h('div', { class: 'dim sm help', id: `${id}-help`, hidden: true });
    const wrong = h('div', { class: 'sm wrong', id: `${id}-wrong`, hidden: true });
    const element = h('div', { class: 'field', data: { field: key } }, label, control, wrong, help);
    this.#fields.set(key, { element, control, help, wrong });
    return element;
  }

  #help(key: string, text: string): void {
    const field = this.#fields.get(key);
    if (field === undefined) return;
    field.help.hidden = text === '';
    if (field.help.textContent !== text) field.help.textContent = text;
  }

  #show(problems: readonly Problem[]): void {
    for (const [key, { control, wrong, help }] of this.#fields) {
      const field = key.replace(/^setting /, '');
      // The amount and the partition are part of the target.
      const text = textOf(problems, field === 'partition' ? 'whom' : field);
      wrong.hidden = text === '';
      if (wrong.textContent !== text) wrong.textContent = text;
      attr(control, 'aria-invalid', text === '' ? null : true);
      const described = [...(text === '' ? [] : [wrong.id]), ...(help.hidden ? [] : [help.id])].join(' ');
      attr(control, 'aria-describedby', described === '' ? null : described);
    }
    const hidden = problems.some(({ field }) => ['feel', 'rate', 'baseline', 'observe', 'expect', 'abort'].includes(field));
    if (hidden) this.#toggle(true);
  }

  readonly #allowing = h('div', { class: 'allowed', hidden: true });
  readonly #allowed = whenChanged((allow: readonly string[]) => {
    this.#allowing.hidden = allow.length === 0;
    const chips = allow.map((flag): Child =>
      quietButton(
        { title: t('No longer allow it'), aria: { label: t('No longer allow {0}', flag) }, on: { click: () => this.#disallow(flag) } },
        flag,
        icon('close', 's'),
      ),
    );
    fill(this.#allowing, h('span', { class: 'lbl' }, t('Allowed by name')), ...chips);
  });

  #disallow(flag: string): void {
    const { values } = this;
    if (values !== undefined) this.#events.change({ ...values, allow: values.allow.filter((one) => one !== flag) });
  }

  #toggle(open: boolean): void {
    this.#isOpen = open;
    this.element.classList.toggle('open', open);
    attr(this.#fold, 'aria-expanded', open);
    this.#fold.querySelector('svg')?.replaceWith(icon(open ? 'down' : 'right', 's'));
  }
}

function textOf(problems: readonly Problem[], field: string): string {
  return problems
    .filter((one) => one.field === field)
    .map(({ text }) => text)
    .join(' ');
}

function optionOf(key: string, title: string): HTMLOptionElement {
  const option = document.createElement('option');
  option.value = key;
  option.textContent = title;
  return option;
}

function valueOf(values: FormValues, key: string): string {
  if (key.startsWith('setting ')) return values.settings[key.slice('setting '.length)] ?? '';
  const value = values[key as Exclude<keyof FormValues, 'settings' | 'allow'>];
  return typeof value === 'string' ? value : '';
}
