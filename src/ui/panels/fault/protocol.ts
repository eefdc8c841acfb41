/**
 * The page on which something is broken: what it shows, and what it asks of the extension host. The host reads what was typed as a spec,
 * looks at the cluster, and makes every text that is not about the time of now; the page draws it and keeps what is being typed.
 */
import * as v from 'valibot';

// ---- The form

const short = v.pipe(v.string(), v.maxLength(300));
const lines = v.pipe(v.string(), v.maxLength(5_000));

/** As it was typed: a spec is made of it, and reading that judges it. */
export const formValues = v.object({
  kind: short,
  /** Key of a choice. */
  whom: short,
  /** "messages/17", where whom is the leader of a partition. */
  partition: short,
  /** "1", "50 %": where there are several to choose among. */
  amount: short,
  duration: short,
  /** Of the kind, by the spec's keys. */
  settings: v.record(short, lines),
  /** Key of what users are stood for by. */
  feel: short,
  rate: short,
  baseline: short,
  observe: short,
  /** A line each. */
  expect: lines,
  abort: lines,
  /** What is allowed by name. */
  allow: v.pipe(v.array(short), v.maxLength(10)),
});
export type FormValues = v.InferOutput<typeof formValues>;

export interface FormView {
  readonly values: FormValues;
  readonly kinds: readonly KindChoice[];
  /** Those that the kind fits. */
  readonly whom: readonly Choice[];
  readonly needsPartition: boolean;
  readonly hasAmount: boolean;
  readonly settings: readonly SettingField[];
  readonly feel: readonly Choice[];
  readonly lasts: boolean;
  /** What the file would be called. */
  readonly fileName: string;
}

export interface Choice {
  readonly key: string;
  readonly title: string;
  /** A sentence. */
  readonly about?: string;
}

export interface KindChoice extends Choice {
  readonly about: string;
  /** Why it is not possible here. */
  readonly why?: string;
}

export interface SettingField {
  readonly key: string;
  readonly title: string;
  /** What may be chosen; absent: it is typed. */
  readonly choices?: readonly Choice[];
  /** What holds when it is empty; absent: it may not be. */
  readonly empty?: string;
}

/** Of a spec's file, in place of the form. */
export interface SpecView {
  readonly file: string;
  readonly purpose?: string;
  readonly expect: readonly string[];
  readonly abort: readonly string[];
  /** Of its text, where there are any: there is no preview then. */
  readonly problems: readonly string[];
}

// ---- The preview

export interface PreviewView {
  /** What is confirmed: another one is another preview. */
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly baselineMs: number;
  readonly observeMs: number;
  readonly faults: readonly FaultView[];
  /** Of the whole: cluster and probes. */
  readonly refusals: readonly RefusalView[];
  /** Who feels it meanwhile, in sentences. */
  readonly measured: readonly string[];
  /** Also where something is refused: what else is possible. */
  readonly instead: readonly Choice[];
}

export interface FaultView {
  /** "Cut Network: kafka-1" */
  readonly title: string;
  /** "Cut Network" */
  readonly word: string;
  /** Absent: it is over as soon as it has happened. */
  readonly durationMs?: number;
  /** What ends it when nobody is left. Sentence. */
  readonly ends: string;
  /** "when 2 replicas of messages/17 are in sync, within 1 min" */
  readonly waitsFor?: string;
  readonly targets: readonly TargetView[];
  readonly share: string;
  /** How many are hit of how many; absent where nobody counts them. */
  readonly groups: readonly { readonly title: string; readonly hit: number; readonly of: number; readonly away: number }[];
  readonly budgets: readonly string[];
  readonly dependents: readonly string[];
  readonly permissions: readonly { readonly text: string; readonly answer: 'yes' | 'no' | 'unknown' }[];
  /** What happens, then by which mechanism and why it ends. */
  readonly does: string;
  readonly how: string;
  readonly heals: string;
  /** Healing takes it back; or something is lost for good. Neither: what is there afterwards is as good as before. */
  readonly isReversible: boolean;
  readonly isForGood: boolean;
  /** What a person can type to end it by hand. */
  readonly byHand?: string;
  /** What is lost by that, in sentences. */
  readonly lostByHand: readonly string[];
  readonly warnings: readonly string[];
  readonly refusals: readonly RefusalView[];
}

export interface TargetView {
  readonly uid: string;
  readonly name: string;
  /** "leader of messages/17", "worker" */
  readonly as: string;
  /** "node lab-2", "StatefulSet data/kafka" */
  readonly where: string;
}

export interface RefusalView {
  readonly text: string;
  readonly remedy?: string;
  /** A person may allow it by this name; the second says what that means. */
  readonly flag?: { readonly name: string; readonly title: string };
}

// ---- The whole

export interface Problem {
  /** Of the form: the field that it is about; empty: of all. */
  readonly field: string;
  readonly text: string;
}

export interface ConfirmView {
  /** "Cut Network: kafka-1 for 60 s" */
  readonly label: string;
  /** Typed for a protected cluster, and what a person has to know of its protection. */
  readonly cluster?: { readonly name: string; readonly notes: readonly string[] };
  /** Typed for what can't be taken back. */
  readonly losses: readonly { readonly fault: number; readonly type: string; readonly why: readonly string[] }[];
  /** Why it can't be confirmed now. */
  readonly blocked?: string;
}

export interface PageState {
  readonly heading: string;
  /** "prod-eu, namespace analytics, Trino 477" */
  readonly where: string;
  readonly form?: FormView;
  readonly spec?: SpecView;
  readonly problems: readonly Problem[];
  /** What a person has to know of a field that is not wrong. */
  readonly notes: readonly Problem[];
  /** The last preview; of other values than those of now where `isStale`. */
  readonly preview?: PreviewView;
  readonly isStale: boolean;
  readonly isLooking: boolean;
  /** Why there is no preview: the cluster did not answer. */
  readonly failure?: { readonly what: string; readonly more: readonly string[] };
  /** What is another than when it was looked at last, in sentences. */
  readonly changes: readonly string[];
  readonly confirm?: ConfirmView;
  readonly isStarting: boolean;
}

export interface FaultPageApi {
  show(state: PageState): void;
}

export const confirmation = v.object({
  /** Of the preview that was on the page. */
  key: v.string(),
  cluster: short,
  losses: v.pipe(v.array(v.object({ fault: v.pipe(v.number(), v.integer(), v.minValue(0)), typed: short })), v.maxLength(100)),
});
export type Confirmation = v.InferOutput<typeof confirmation>;

export const faultCalls = {
  ready: v.tuple([]),
  /** Something was typed or chosen. */
  change: v.tuple([formValues]),
  /** Looks again now. */
  look: v.tuple([]),
  /** Answers whether it was begun; where it was not, the state says why. */
  confirm: v.tuple([confirmation]),
  cancel: v.tuple([]),
  saveSpec: v.tuple([]),
  openSpec: v.tuple([]),
  copyText: v.tuple([v.pipe(v.string(), v.maxLength(10_000))]),
  openLog: v.tuple([]),
} as const;

export type FaultCall = keyof typeof faultCalls;

interface Answers {
  ready: PageState;
  change: void;
  look: void;
  confirm: boolean;
  cancel: void;
  saveSpec: void;
  openSpec: void;
  copyText: void;
  openLog: void;
}

export type FaultHostApi = { [C in FaultCall]: (...args: v.InferOutput<(typeof faultCalls)[C]>) => Promise<Answers[C]> };
