/** The form of a fault: what may be chosen, what holds at first, and the spec that it is. No `vscode` import. */
import { t } from '../../../base/messages.ts';
import { formatDuration } from '../../../base/units.ts';
import { factsOf, faultKinds } from '../../../fault/catalogue.ts';
import type { FaultFlag } from '../../../fault/draft.ts';
import type { FaultKind, FaultTarget } from '../../../journal/fault-plan.ts';
import { faultDefaults } from '../../../run/spec/limits.ts';
import { faultSpecText, type FaultSetting, type WrittenSpec } from '../../../run/spec/write-fault.ts';
import type { FormValues, FormView, KindChoice, SettingField } from '../../panels/fault/protocol.ts';
import type { Feel } from './feel.ts';
import { settingFields } from './settings.ts';
import { subjectTitle, type BreakSubject } from './subject.ts';
import { partitionOf, type Whom } from './whom.ts';

/** All that may be chosen for what a person pointed at. */
export interface FormOffers {
  readonly subject: BreakSubject;
  /** `namespace`: where no other may be looked at. */
  readonly cluster: { readonly context: string; readonly kubeconfig?: string; readonly namespace?: string };
  readonly whom: readonly Whom[];
  readonly feel: readonly Feel[];
  /** Why a kind is not possible here, as far as can be told without a preview. */
  readonly whyNot: (kind: FaultKind) => string | undefined;
}

/** Those that fit the subject, with what acts on its workloads. */
export function kindsOf({ whom, whyNot }: FormOffers): readonly KindChoice[] {
  const reached = new Set<FaultTarget['kind']>(whom.map(({ of }) => of));
  return faultKinds
    .filter((kind) => factsOf(kind).fits.some((fits) => reached.has(fits)))
    .map((kind) => {
      const { title, does } = factsOf(kind);
      const why = whyNot(kind);
      return { key: kind, title, about: does, ...(why === undefined ? {} : { why }) };
    });
}

export function firstValues(offers: FormOffers): FormValues {
  const { feel, subject } = offers;
  const kinds = kindsOf(offers);
  // The control breaks nothing: nobody came for that first.
  const possible = kinds.filter(({ key, why }) => why === undefined && key !== 'none');
  const kind = kindOf(possible[0]?.key ?? kinds[0]?.key ?? 'none');
  const [observer] = feel;
  const instance = subject.kind === 'node' ? undefined : subject.instance;
  const kafka = instance !== undefined && 'topics' in instance ? (instance as Parameters<typeof partitionOf>[0]) : undefined;
  const empty: FormValues = {
    ...{ kind, whom: '', amount: '1', duration: '', settings: {}, feel: observer?.key ?? '', rate: observer?.rate ?? '' },
    partition: partitionOf(kafka, faultDefaults.topic),
    baseline: durationText(faultDefaults.baselineMs),
    observe: durationText(faultDefaults.observeMs),
    ...rulesFor(kind, observer),
    allow: [],
  };
  return withKind(empty, kind, offers);
}

/** With what holds at first for another kind; what is of any kind stays as it was typed. */
export function withKind(values: FormValues, kind: FaultKind, offers: FormOffers): FormValues {
  const whom = whomFor(kind, offers);
  const fields = settingFields(kind, offers.subject);
  const feel = offers.feel.find(({ key }) => key === values.feel);
  return {
    ...values,
    kind,
    whom: whom.some(({ key }) => key === values.whom) ? values.whom : (whom[0]?.key ?? ''),
    duration: durationAfter(values, kind),
    settings: Object.fromEntries(fields.map(({ key, first }) => [key, first])),
    ...rulesAfter(values, rulesFor(kindOf(values.kind), feel), rulesFor(kind, feel)),
    allow: [],
  };
}

/** One that a person typed stays, also over a kind that has none. */
function durationAfter({ kind, duration }: FormValues, now: FaultKind): string {
  const isTyped = duration.trim() !== '' && duration !== firstDuration(kindOf(kind));
  return isTyped ? duration : firstDuration(now);
}

function firstDuration(kind: FaultKind): string {
  const { defaultDurationMs } = factsOf(kind);
  return defaultDurationMs === undefined ? '' : durationText(defaultDurationMs);
}

/** What a person changed may change what else is offered: another kind, another observer. */
export function changed(before: FormValues, now: FormValues, offers: FormOffers): FormValues {
  const felt = withFeel(before, now, offers);
  return before.kind === now.kind ? felt : withKind({ ...felt, kind: before.kind }, kindOf(now.kind), offers);
}

function withFeel(before: FormValues, now: FormValues, offers: FormOffers): FormValues {
  if (before.feel === now.feel) return now;
  const feel = offers.feel.find(({ key }) => key === now.feel);
  const old = offers.feel.find(({ key }) => key === before.feel);
  const kind = kindOf(before.kind);
  return {
    ...now,
    rate: now.rate === (old?.rate ?? '') ? (feel?.rate ?? '') : now.rate,
    ...rulesAfter(now, rulesFor(kind, old), rulesFor(kind, feel)),
  };
}

type Rules = Pick<FormValues, 'expect' | 'abort'>;

/** What a person wrote is theirs: only what stood there at first becomes what stands there at first now. */
function rulesAfter({ expect, abort }: FormValues, was: Rules, now: Rules): Rules {
  return { expect: expect === was.expect ? now.expect : expect, abort: abort === was.abort ? now.abort : abort };
}

export function formView(values: FormValues, offers: FormOffers): FormView {
  const kind = kindOf(values.kind);
  const whom = whomFor(kind, offers);
  const chosen = whom.find(({ key }) => key === values.whom);
  return {
    values,
    kinds: kindsOf(offers),
    whom: whom.map(({ key, title }) => ({ key, title })),
    needsPartition: chosen?.needsPartition === true,
    hasAmount: chosen?.isOneOfMany === true,
    settings: settingFields(kind, offers.subject).map(fieldOf),
    feel: offers.feel.map(({ key, title, about }) => ({ key, title, ...(about === undefined ? {} : { about }) })),
    lasts: factsOf(kind).lasts,
    fileName: `${nameOf(values, offers)
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')}.faultline.yaml`,
  };
}

function fieldOf({ key, title, choices, empty }: SettingField): SettingField {
  return { key, title, ...(choices === undefined ? {} : { choices }), ...(empty === undefined ? {} : { empty }) };
}

/** As a spec: reading it says what is wrong. */
export function formText(values: FormValues, offers: FormOffers): WrittenSpec {
  const kind = kindOf(values.kind);
  const { lasts } = factsOf(kind);
  const chosen = whomFor(kind, offers).find(({ key }) => key === values.whom);
  const feel = offers.feel.find(({ key }) => key === values.feel);
  return faultSpecText({
    name: nameOf(values, offers),
    cluster: offers.cluster,
    kind,
    ...(chosen === undefined ? {} : { target: targetOf(chosen, values) }),
    ...(lasts ? { duration: values.duration.trim() } : {}),
    settings: settingFields(kind, offers.subject).map(({ key, empty }): FaultSetting => ({
      key,
      text: (values.settings[key] ?? '').trim(),
      isOptional: empty !== undefined,
    })),
    allow: values.allow.filter(isFlag),
    ...feel?.parts(values.rate.trim()),
    baseline: values.baseline.trim(),
    observe: values.observe.trim(),
    expect: linesOf(values.expect),
    abort: linesOf(values.abort),
  });
}

/** The uid of the object that was pointed at, where it alone is meant. */
export function heldUid(values: FormValues, offers: FormOffers): string | undefined {
  return whomFor(kindOf(values.kind), offers).find(({ key }) => key === values.whom)?.uid;
}

function targetOf({ target, needsPartition, isOneOfMany }: Whom, { partition, amount }: FormValues): Readonly<Record<string, unknown>> {
  const count = amount.trim();
  const many =
    isOneOfMany !== true || count === '' || count === '1' ? {} : count.endsWith('%') ? { share: count } : { count: numberOf(count) };
  return { ...(needsPartition === true ? { leader: partition.trim() } : {}), ...target, ...many };
}

function numberOf(text: string): number | string {
  return /^\d{1,9}$/.test(text) ? Number(text) : text;
}

function whomFor(kind: FaultKind, { whom }: FormOffers): readonly Whom[] {
  const { fits } = factsOf(kind);
  return whom.filter(({ of }) => fits.includes(of));
}

function nameOf({ kind, whom, partition }: FormValues, offers: FormOffers): string {
  const of = kindOf(kind);
  const chosen = whomFor(of, offers).find(({ key }) => key === whom);
  const title =
    chosen?.needsPartition === true ? t('leader of {0}', partition) : chosen?.key === 'this' || chosen === undefined ? '' : chosen.title;
  return `${factsOf(of).title}, ${title === '' ? subjectTitle(offers.subject) : lowerFirst(title)}`;
}

function lowerFirst(text: string): string {
  return /^[A-Z](?: |[a-z])/.test(text) && !/^[A-Z][a-z]+[A-Z]/.test(text) && !text.startsWith('Deployment')
    ? text.charAt(0).toLowerCase() + text.slice(1)
    : text;
}

/** What users of such a system would be content with; and what ends a fault that does more than it should. */
function rulesFor(kind: FaultKind, feel: Feel | undefined): Rules {
  const messages = feel?.hasMessages === true ? ['messages.lost <= 0'] : [];
  if (kind === 'none') return { expect: ['unavailable <= 0 s', ...messages].join('\n'), abort: '' };
  return {
    expect: ['recovered <= 30 s', 'relapses <= 0', ...messages].join('\n'),
    abort: factsOf(kind).lasts ? 'unavailable > 2 min' : '',
  };
}

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** "60 s", "5 min" */
export function durationText(durationMs: number): string {
  if (durationMs >= 120_000 && durationMs % 60_000 === 0) return `${durationMs / 60_000} min`;
  return durationMs % 1_000 === 0 ? `${durationMs / 1_000} s` : formatDuration(durationMs);
}

function kindOf(text: string): FaultKind {
  return faultKinds.find((kind) => kind === text) ?? 'none';
}

function isFlag(text: string): text is FaultFlag {
  return text === 'several' || text === 'beyondMinority' || text === 'againstBudget' || text === 'dataLoss';
}
