/** What stands at the cursor of a spec, where its JSON Schema knows no more than "a text": rules, library paths, query numbers. Pure. */
import { t } from '../../../base/messages.ts';

export type SpecContext =
  /** `begins`: the line has no dash yet. */
  | { readonly kind: 'rule'; readonly of: 'expect' | 'abort'; readonly typed: string; readonly begins: boolean }
  | { readonly kind: 'library'; readonly typed: string }
  /** In a list only numbers make sense, else `all` too. */
  | { readonly kind: 'queries'; readonly typed: string; readonly inList: boolean };

/** `typed`: from where the value begins to the cursor. */
export function contextAt(lines: readonly string[], line: number, column: number): SpecContext | undefined {
  const before = (lines[line] ?? '').slice(0, column);
  if (/(^|\s)#/.test(before)) return undefined;
  const library = /(?:^|[\s{,])library:\s+["']?([^\s"',}]*)$/.exec(before)?.[1];
  if (library !== undefined) return { kind: 'library', typed: library };
  const queries = /^\s*tpch:\s+(\[?)(?:[^\]]*,)?\s*([^\s,\]]*)$/.exec(before);
  if (queries !== null) return { kind: 'queries', typed: queries[2] ?? '', inList: queries[1] === '[' || before.includes(',') };
  // Without a dash only an indented line is one of a list: else it may become a key.
  const item = /^(\s*)-\s+["']?(.*)$/.exec(before) ?? /^(\s+)(\w*)$/.exec(before);
  if (item === null) return undefined;
  const begins = !before.includes('-');
  const parent = keyAbove(lines, line, (item[1] ?? '').length);
  if (parent === 'tpch' && !begins) return { kind: 'queries', typed: item[2] ?? '', inList: true };
  return parent === 'expect' || parent === 'abort' ? { kind: 'rule', of: parent, typed: item[2] ?? '', begins } : undefined;
}

/** The key whose list an item at this indentation is in: a list may stand below its key or under its first letter. */
function keyAbove(lines: readonly string[], line: number, indentation: number): string | undefined {
  for (let at = line - 1; at >= 0; at--) {
    const found = /^(\s*)([\w-]+):\s*(?:#.*)?$/.exec(lines[at] ?? '');
    if (found !== null && (found[1] ?? '').length <= indentation) return found[2];
    const content = /^(\s*)(-\s)?\S/.exec(lines[at] ?? '');
    if (content !== null && (content[1] ?? '').length <= indentation && content[2] === undefined && !/^\s*#/.test(lines[at] ?? ''))
      return undefined;
  }
  return undefined;
}

export interface RuleProposal {
  readonly text: string;
  readonly detail?: string;
  /** Asks at once for what comes next. */
  readonly goesOn: boolean;
}

export interface RuleProposals {
  /** How many characters before the cursor a proposal takes the place of. */
  readonly replaces: number;
  readonly proposals: readonly RuleProposal[];
}

const percentiles = ['p50', 'p90', 'p95', 'p99', 'p99.9', 'max', 'median'];

/** What can come next in a line of `expect` or `abort`. `names`: of the workload's statements. */
export function ruleProposals(typed: string, of: 'expect' | 'abort', names: readonly string[]): RuleProposals {
  const figure = /^(?:latency|service|wait)\.(\S*)$/.exec(typed)?.[1];
  if (figure !== undefined && !figure.includes('(')) return offer(figure, percentiles.map(further));
  const statement = /^(?:latency|service|wait)\.[\w.]+\(\s*([^()]*)$/.exec(typed)?.[1];
  if (statement !== undefined)
    return offer(
      statement,
      names.map((name) => further(`${name})`)),
    );
  if (/^\S*$/.test(typed)) return offer(typed, of === 'expect' ? expectations() : abortRules());
  const operator = /^(?:[a-z]+(?:\.[\w.]+)?)(?:\([^()]*\))?\s+([<>=≤≥]*)$/.exec(typed)?.[1];
  if (operator !== undefined) {
    return typed.startsWith('answers')
      ? offer('', [])
      : offer(
          operator,
          ['<=', '<', '>=', '>'].map((text) => further(`${text} `)),
        );
  }
  const limit = /[<>=≤≥]\s+(\S*)$/.exec(typed)?.[1];
  if (limit !== undefined)
    return offer(
      limit,
      limitsOf(typed).map((text) => ({ text, goesOn: of === 'abort' })),
    );
  const over = of === 'abort' ? /\s(o?v?e?r?)$/.exec(typed)?.[1] : undefined;
  return over === undefined
    ? offer('', [])
    : offer(
        over,
        ['over 10 s', 'over 30 s', 'over 1 min'].map((text) => ({ text, goesOn: false })),
      );
}

function offer(typed: string, proposals: readonly RuleProposal[]): RuleProposals {
  return { replaces: typed.length, proposals };
}

function further(text: string): RuleProposal {
  return { text, goesOn: true };
}

function limitsOf(typed: string): readonly string[] {
  if (/^(?:latency|service|wait)/.test(typed)) return ['100 ms', '500 ms', '2 s', '10 s'];
  return typed.startsWith('throughput') ? ['10/s', '100/s'] : ['0 %', '1 %', '5 %'];
}

function expectations(): readonly RuleProposal[] {
  return [
    { text: 'latency.', detail: t('response time: from when it was planned to its last row'), goesOn: true },
    { text: 'service.', detail: t('time at the engine alone'), goesOn: true },
    { text: 'wait.', detail: t('time before it was sent'), goesOn: true },
    { text: 'errors <= 1 %', detail: t('failed of those sent, wrong answers too'), goesOn: false },
    { text: 'dropped <= 0 %', detail: t('never sent of those planned'), goesOn: false },
    { text: 'throughput >= 10/s', detail: t('ok answers a second'), goesOn: false },
    { text: 'answers ok', detail: t('no wrong answer; holds for every run'), goesOn: false },
  ];
}

function abortRules(): readonly RuleProposal[] {
  return [
    { text: 'errors > 20 % over 10 s', detail: t('failed of those sent, wrong answers too'), goesOn: false },
    { text: 'latency.p99 > 10 s over 30 s', detail: t('response time: from when it was planned to its last row'), goesOn: false },
    { text: 'dropped > 10 % over 10 s', detail: t('never sent of those planned'), goesOn: false },
    { text: 'latency.', detail: t('response time: from when it was planned to its last row'), goesOn: true },
    { text: 'service.', detail: t('time at the engine alone'), goesOn: true },
    { text: 'wait.', detail: t('time before it was sent'), goesOn: true },
    { text: 'throughput < 1/s over 30 s', detail: t('ok answers a second'), goesOn: false },
  ];
}
