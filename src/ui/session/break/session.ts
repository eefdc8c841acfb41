/**
 * One page on which something is broken, from the form or a spec's file to the run that was begun: reads what was typed as a spec, looks
 * at the cluster, and begins only what was on the page when the person confirmed it. No `vscode` import.
 */
import type { Disposable } from '../../../base/disposables.ts';
import { normalise, type FaultlineError } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';
import { consentTo, mayChange, nameToType, protectionNotes, type Protection } from '../../../cluster/act/protection.ts';
import { factsOf, faultKinds } from '../../../fault/catalogue.ts';
import type { FaultKind } from '../../../journal/fault-plan.ts';
import type { PreparedRoom, PreviewedRun } from '../../../run/prepare/prepare.ts';
import type { FaultSpec, ReadSpec, SpecProblem } from '../../../run/spec/spec.ts';
import type {
  Choice,
  ConfirmView,
  Confirmation,
  FormValues,
  PageState,
  PreviewView,
  Problem,
  SpecView,
} from '../../panels/fault/protocol.ts';
import { Signal } from '../../signal.ts';
import { changed, formText, formView, heldUid, kindsOf, type FormOffers } from './form.ts';
import { loadOf } from './load.ts';
import { subjectTitle } from './subject.ts';
import { changesOf, isConfirmable, labelOf, lossesOf, previewView, shortTitle } from './view.ts';

export interface BreakParts {
  readonly source: BreakSource;
  /** "lab, namespace data, Kafka 4.1.1" */
  readonly where: string;
  readonly read: (text: string) => Promise<ReadSpec>;
  readonly room: PreparedRoom;
  /** Asks the cluster which one it is. Fails as a request does. */
  readonly protection: () => Promise<Protection>;
  /** Starts the run and shows its panel. */
  readonly begin: (run: NonNullable<PreviewedRun['run']>) => Promise<void>;
  readonly wallMs: () => number;
  readonly onError: (what: string, error: unknown) => void;
  /** After the last key: each look is a dozen requests. */
  readonly waitMs?: number;
}

export type BreakSource =
  | { readonly kind: 'form'; readonly offers: FormOffers; readonly values: FormValues }
  | { readonly kind: 'file'; readonly file: string; readonly text: () => Promise<string> };

/** What was read and looked at last. */
interface Look {
  readonly spec: FaultSpec;
  readonly previewed: PreviewedRun;
  readonly protection: Protection;
  readonly view: PreviewView;
}

const typingMs = 400;

export class BreakSession implements Disposable {
  readonly #parts: BreakParts;
  #values: FormValues | undefined;
  #spec: SpecView | undefined;
  #problems: readonly Problem[] = [];
  #notes: readonly Problem[] = [];
  #look: Look | undefined;
  #isStale = false;
  #failure: FaultlineError | undefined;
  #changes: readonly string[] = [];
  #isStarting = false;
  #looking: AbortController | undefined;
  #typing: NodeJS.Timeout | undefined;
  #disposed = false;

  readonly changed = new Signal();

  constructor(parts: BreakParts) {
    this.#parts = parts;
    if (parts.source.kind === 'form') this.#values = parts.source.values;
  }

  get state(): PageState {
    const { source, where } = this.#parts;
    const look = this.#look;
    const failure = this.#failure?.facts;
    return {
      heading: this.#heading,
      where,
      ...(source.kind === 'form' && this.#values !== undefined ? { form: formView(this.#values, source.offers) } : {}),
      ...(this.#spec === undefined ? {} : { spec: this.#spec }),
      problems: this.#problems,
      notes: this.#notes,
      ...(look === undefined ? {} : { preview: look.view }),
      isStale: this.#isStale,
      isLooking: this.#looking !== undefined,
      ...(failure === undefined
        ? {}
        : { failure: { what: failure.what, more: [failure.meaning, failure.remedy].filter((text) => text !== undefined) } }),
      changes: this.#changes,
      ...(look === undefined ? {} : { confirm: this.#confirmView(look) }),
      isStarting: this.#isStarting,
    };
  }

  /** As text, to be saved. */
  get text(): string | undefined {
    const { source } = this.#parts;
    return source.kind === 'form' && this.#values !== undefined ? formText(this.#values, source.offers).text : undefined;
  }

  get fileName(): string {
    return this.state.form?.fileName ?? '';
  }

  /** Looks when nothing more was typed for a moment. */
  change(values: FormValues): void {
    const { source, waitMs = typingMs } = this.#parts;
    if (source.kind !== 'form' || this.#values === undefined || this.#isStarting) return;
    this.#values = changed(this.#values, values, source.offers);
    this.#isStale = true;
    this.#changes = [];
    this.#lookAfter(waitMs);
  }

  /** The file was changed. */
  touched(): void {
    const { waitMs = typingMs } = this.#parts;
    if (this.#isStarting) return;
    this.#isStale = true;
    this.#lookAfter(waitMs);
  }

  /** What a look that is under way answers was not asked any more. */
  #lookAfter(waitMs: number): void {
    this.#looking?.abort();
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => void this.look(), waitMs);
    this.changed.fire();
  }

  /** The cluster may be another than it was: looks unless that is under way already. */
  async renew(): Promise<void> {
    if (this.#looking !== undefined || this.#typing !== undefined || this.#isStarting) return;
    await this.look();
  }

  /** Does not fail: the state says what came of it. */
  async look(): Promise<void> {
    if (this.#isStarting || this.#disposed) return;
    clearTimeout(this.#typing);
    this.#typing = undefined;
    this.#looking?.abort();
    const looking = new AbortController();
    this.#looking = looking;
    this.changed.fire();
    const isNewest = (): boolean => this.#looking === looking && !looking.signal.aborted;
    try {
      const spec = await this.#read();
      if (!isNewest()) return;
      if (spec === undefined) {
        this.#isStale = this.#look !== undefined;
        return;
      }
      const look = await this.#lookAt(spec, new Map(), looking.signal);
      if (!isNewest()) return;
      // What a person changed is another question; what changed by itself is told.
      if (!this.#isStale && this.#look !== undefined && this.#look.view.key !== look.view.key)
        this.#changes = changesOf(this.#look.view, look.view);
      this.#take(look);
    } catch (error) {
      if (!isNewest()) return;
      this.#failure = normalise(error);
      this.#parts.onError('preview of a fault', error);
    } finally {
      if (this.#looking === looking) this.#looking = undefined;
      if (!this.#disposed) this.changed.fire();
    }
  }

  /** Answers whether the run was begun. Looks once more before: what is another than on the page is shown, and nothing is begun. */
  async confirm({ key, cluster, losses }: Confirmation): Promise<boolean> {
    if (this.#isStarting || this.#isStale || this.#typing !== undefined) return false;
    this.#looking?.abort();
    this.#isStarting = true;
    this.#failure = undefined;
    this.changed.fire();
    try {
      const spec = await this.#read();
      if (spec === undefined) return false;
      const typed = new Map(losses.map((loss) => [loss.fault, loss.typed]));
      const before = this.#look;
      const look = await this.#lookAt(spec, typed, new AbortController().signal);
      this.#take(look);
      if (before === undefined || look.view.key !== key || look.previewed.run === undefined) {
        this.#changes = before === undefined ? [] : changesOf(before.view, look.view);
        return false;
      }
      // The name is right, or this says what has to be typed.
      consentTo(look.protection, 'fault', cluster === '' ? {} : { typedName: cluster });
      await this.#parts.begin(look.previewed.run);
      return true;
    } catch (error) {
      this.#failure = normalise(error);
      this.#parts.onError('begin of a fault', error);
      return false;
    } finally {
      this.#isStarting = false;
      if (!this.#disposed) this.changed.fire();
    }
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#typing);
    this.#looking?.abort();
  }

  #take(look: Look): void {
    this.#look = look;
    this.#isStale = false;
    this.#failure = undefined;
  }

  /** undefined: something is wrong with what was typed; the state says what. */
  async #read(): Promise<FaultSpec | undefined> {
    const { source, read } = this.#parts;
    if (source.kind === 'file') return this.#readFile(source.file, await source.text());
    const { values = source.values } = { values: this.#values };
    const { text, fields } = formText(values, source.offers);
    const { breaks, problems } = await read(text);
    const of = (wanted: SpecProblem['severity']): readonly Problem[] =>
      problems
        .filter(({ severity }) => severity === wanted)
        .map(({ line, message, remedy }) => ({
          field: fields.get(line) ?? '',
          text: remedy === undefined ? `${message}.` : `${message}. ${remedy}`,
        }));
    this.#problems = of('error');
    this.#notes = of('warning');
    return breaks === undefined ? undefined : held(breaks, heldUid(values, source.offers));
  }

  async #readFile(file: string, text: string): Promise<FaultSpec | undefined> {
    const { breaks, plan, problems } = await this.#parts.read(text);
    const errors = problems
      .filter(({ severity }) => severity === 'error')
      .map(({ line, message, remedy }) => t('Line {0}: {1}', line + 1, remedy === undefined ? `${message}.` : `${message}. ${remedy}`));
    if (breaks === undefined && plan !== undefined) errors.push(t('It breaks nothing any more: run it as a benchmark.'));
    this.#problems = errors.map((each) => ({ field: '', text: each }));
    const whole = breaks?.plan;
    this.#spec = {
      file,
      ...(breaks?.purpose === undefined ? {} : { purpose: breaks.purpose }),
      expect: whole?.expectations.filter(({ implied }) => implied !== true).map((one) => one.text) ?? [],
      abort: whole?.abortRules.map((one) => one.text) ?? [],
      problems: errors,
    };
    return breaks;
  }

  async #lookAt(spec: FaultSpec, typed: ReadonlyMap<number, string>, signal: AbortSignal): Promise<Look> {
    const { room, protection, wallMs } = this.#parts;
    const [previewed, known] = await Promise.all([room.preview(spec, { typed }, signal), protection()]);
    const load = loadOf(spec.plan);
    const view = previewView({
      preview: previewed.preview,
      draft: spec.draft,
      atMs: wallMs(),
      instead: this.#instead(previewed),
      ...(load === undefined ? {} : { load }),
    });
    return { spec, previewed, protection: known, view };
  }

  /** Kinds that work by other means, where the means are what is refused. */
  #instead({ preview }: PreviewedRun): readonly Choice[] {
    const { source } = this.#parts;
    if (source.kind !== 'form' || this.#values === undefined) return [];
    const means = new Set(['mechanism', 'permission', 'unfit']);
    if (!preview.previews.some(({ refusals }) => refusals.some(({ reason }) => means.has(reason)))) return [];
    const now = factsOf(faultKinds.find((kind) => kind === this.#values?.kind) ?? 'none');
    const isOther = (kind: FaultKind): boolean => {
      const facts = factsOf(kind);
      return kind !== 'none' && kind !== now.kind && (facts.mechanism !== now.mechanism || (now.isNetwork && !facts.isNetwork));
    };
    return kindsOf(source.offers)
      .filter(({ key, why }) => why === undefined && faultKinds.some((kind) => kind === key && isOther(kind)))
      .map(({ key, title, about }) => ({ key, title, about }));
  }

  #confirmView({ previewed: { preview }, protection }: Look): ConfirmView {
    const name = nameToType(protection);
    const blocked = this.#blocked(preview, protection);
    return {
      // What it says of a look is not what is typed wrongly now.
      label: this.#problems.length === 0 ? labelOf(preview) : this.#subject,
      ...(name === undefined || !mayChange(protection) ? {} : { cluster: { name, notes: protectionNotes(protection) } }),
      losses: lossesOf(preview).filter(
        ({ fault }) => preview.previews[fault]?.refusals.some(({ reason }) => reason === 'consent') === true,
      ),
      ...(blocked === undefined ? {} : { blocked }),
    };
  }

  #blocked(preview: PreviewedRun['preview'], protection: Protection): string | undefined {
    if (this.#problems.length > 0) return t('Something that was typed is wrong.');
    if (!mayChange(protection)) return t('{0} is protected as read-only: nothing is changed there from here.', protection.context);
    if (this.#isStale) return t('The preview is of what was typed before.');
    return isConfirmable(preview) ? undefined : t('It is refused as things are now.');
  }

  get #heading(): string {
    const { source } = this.#parts;
    const look = this.#look;
    if (source.kind === 'file') return look?.spec.plan.name ?? source.file;
    const [first] = look?.previewed.preview.previews ?? [];
    if (look !== undefined && !this.#isStale && first?.fault !== undefined) return labelOf(look.previewed.preview) || shortTitle(first);
    return this.#subject;
  }

  /** As far as it can be told without a look. */
  get #subject(): string {
    const { source } = this.#parts;
    if (source.kind === 'file') return t('Break');
    const kind = faultKinds.find((one) => one === this.#values?.kind) ?? 'none';
    return `${factsOf(kind).title}: ${subjectTitle(source.offers.subject)}`;
  }
}

/** The very object that was pointed at: a spec names it, and another one may have taken its name meanwhile. */
function held(spec: FaultSpec, uid: string | undefined): FaultSpec {
  if (uid === undefined) return spec;
  const faults = spec.draft.faults.map((fault) => {
    const { target } = fault;
    return target?.by.kind === 'object' ? { ...fault, target: { ...target, by: { ...target.by, uid } } } : fault;
  });
  return { ...spec, draft: { ...spec.draft, faults } };
}
