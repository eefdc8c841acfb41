/**
 * The spec of a run that breaks something, as a form fills it in: each field stands on a line of its own, so that what is wrong when it
 * is read again is told beside its field. What a person typed is written as it is; reading judges it.
 */
import { t } from '../../base/messages.ts';
import type { FaultFlag } from '../../fault/draft.ts';
import type { FaultKind } from '../../journal/fault-plan.ts';
import { specFormat, specLimits } from './limits.ts';
import { flow, oneLine, scalar } from './write.ts';

type Group = Readonly<Record<string, unknown>>;

export interface FaultSpecParts {
  readonly name: string;
  readonly cluster: { readonly context: string; readonly kubeconfig?: string; readonly namespace?: string };
  readonly kind: FaultKind;
  /** Keys of `target`. Absent: only of `none`. */
  readonly target?: Group;
  /** Of kinds that last, as it was typed: "60 s". */
  readonly duration?: string;
  /** Keys of the kind, as they were typed; what is empty is left out where it may be. */
  readonly settings: readonly FaultSetting[];
  readonly allow: readonly FaultFlag[];
  readonly probes?: Group;
  readonly messages?: Group;
  readonly load?: SpecLoad;
  readonly baseline: string;
  readonly observe: string;
  /** Lines as they were typed. */
  readonly expect: readonly string[];
  readonly abort: readonly string[];
}

export interface FaultSetting {
  readonly key: string;
  readonly text: string;
  readonly isOptional: boolean;
}

export interface SpecLoad {
  readonly engine: Group;
  readonly statement: { readonly name: string; readonly sql: string };
  /** "2/s" */
  readonly rate: string;
}

export interface WrittenSpec {
  readonly text: string;
  /** By line, from 0: the field that it was made of: `kind`, `whom`, `duration`, `allow`, `feel`, `rate`, `baseline`, `observe`, `expect`, `abort`, or a setting's key. */
  readonly fields: ReadonlyMap<number, string>;
}

const numbers: ReadonlySet<string> = new Set(['port', 'cores', 'replicas']);

export function faultSpecText(parts: FaultSpecParts): WrittenSpec {
  const { name, cluster, kind, target, duration, settings, allow, probes, messages, load } = parts;
  const lines: string[] = [];
  const fields = new Map<number, string>();
  const add = (line: string, field?: string): void => {
    if (field !== undefined) fields.set(lines.length, field);
    lines.push(line);
  };
  const list = (key: string, written: readonly string[]): void => {
    if (written.length > 0) add(`${key}:`);
    for (const line of written) add(`  - ${scalar(line)}`, key);
  };
  add(`# ${t('A run that breaks something. “Preview this spec” shows what it would do; nothing is done before you confirm that.')}`);
  add(`faultline: ${specFormat}`);
  add(`name: ${scalar(oneLine(name, specLimits.maxTitleCharacters) || t('Break'))}`);
  add(`cluster: ${flow(cluster)}`);
  add('faults:');
  add(`  - kind: ${kind}`, 'kind');
  if (target !== undefined) add(`    target: ${flow(target)}`, 'whom');
  for (const { key, text, isOptional } of settings) {
    if (isOptional && text === '') continue;
    add(`    ${key}: ${valueOf(key, text)}`, key);
  }
  if (duration !== undefined) add(`    for: ${scalar(duration)}`, 'duration');
  if (allow.length > 0) add(`    allow: [${allow.join(', ')}]`, 'allow');
  if (probes !== undefined) {
    add('probes:');
    add(`  - ${flow(probes)}`, 'rate');
  }
  if (messages !== undefined) add(`messages: ${flow(messages)}`, 'feel');
  if (load !== undefined) {
    add(`engine: ${flow(load.engine)}`, 'feel');
    add('workload:', 'feel');
    add(`  statements: [${flow(load.statement)}]`, 'feel');
    add(`load: ${flow({ rate: load.rate })}`, 'rate');
  }
  add(`baseline: ${scalar(parts.baseline)} # ${t('before it')}`, 'baseline');
  add(`observe: ${scalar(parts.observe)} # ${t('after it, at least')}`, 'observe');
  list('expect', parts.expect);
  list('abort', parts.abort);
  return { text: [...lines, ''].join('\n'), fields };
}

function valueOf(key: string, text: string): string {
  if (numbers.has(key) && /^\d+$/.test(text)) return text;
  if (key === 'peers')
    return `[${text
      .split(/[\s,]+/)
      .filter((name) => name !== '')
      .map(scalar)
      .join(', ')}]`;
  return scalar(text);
}
