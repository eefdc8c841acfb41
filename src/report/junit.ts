/**
 * A run as JUnit XML, for a CI server: one test case for the verdict, one an expectation, one a proof that the verdict stands on.
 *
 * What is broken is a `failure`. What is inconclusive is an `error`, and never `skipped`: most consumers show a suite of skipped cases as
 * green, and a run that proved nothing has not passed. Only a proof that does not apply to this run is `skipped`. The verdict has a case
 * of its own, since it can be inconclusive although every expectation is met: a suite is green exactly where the run has passed.
 */
import type { RunView } from '../analysis/view.ts';
import type { Proof, RecoveryView } from '../analysis/recovery/view.ts';
import { t } from '../base/messages.ts';
import { recoveryParts } from './recovery.ts';
import { countsText, verdictText } from './text.ts';

interface Case {
  readonly name: string;
  readonly outcome: 'passed' | 'failure' | 'error' | 'skipped';
  /** Of what is not passed: why; of what is, what was measured. */
  readonly text: string;
}

/** Ends with a line feed. `recovery`: of a run that breaks something. */
export function junitReport(view: RunView, recovery: RecoveryView | null): string {
  const cases = [
    verdictCase(view),
    ...view.expectations.map((one) => expectationCase(view, one)),
    ...(recovery?.proofs ?? []).map(proofCase),
  ];
  const count = (outcome: Case['outcome']): number => cases.filter((one) => one.outcome === outcome).length;
  const seconds = (view.durationMs / 1000).toFixed(3);
  const totals = { tests: cases.length, failures: count('failure'), errors: count('error'), skipped: count('skipped'), time: seconds };
  const suite = { name: view.name, ...totals, timestamp: new Date(view.startedAt).toISOString().replace(/\.\d+Z$/, '') };
  const properties = propertiesOf(view, recovery).map(([name, value]) => `      <property${attributes({ name, value })}/>`);
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: 'faultline', ...totals })}>`,
    `  <testsuite${attributes(suite)}>`,
    '    <properties>',
    ...properties,
    '    </properties>',
    ...cases.map((one) => caseText(view, one)),
    `    <system-out>${escape(outText(view, recovery))}</system-out>`,
    '  </testsuite>',
    '</testsuites>',
  ].join('\n')}\n`;
}

function verdictCase({ verdict, reason, status }: RunView): Case {
  const outcome = verdict === 'passed' && status !== 'running' ? 'passed' : verdict === 'failed' ? 'failure' : 'error';
  return { name: t('verdict'), outcome, text: reason };
}

/** Where the verdict is open, so is what it would be made of: nothing is broken that was not judged. */
function expectationCase({ verdict }: RunView, { expectation, outcome, text }: RunView['expectations'][number]): Case {
  const broken = verdict === 'failed' ? 'failure' : 'error';
  return { name: expectation.text, outcome: ({ met: 'passed', broken, unknown: 'error' } as const)[outcome], text };
}

function proofCase({ of, state, text }: Proof): Case {
  const names = {
    ...{
      effect: t('effect proven'),
      heal: t('heal proven'),
      duration: t('lasted as planned'),
      judged: t('samples judged'),
      watches: t('no watch gap'),
    },
    ...{ baseline: t('steady baseline'), observed: t('observed long enough') },
  };
  return {
    name: names[of],
    outcome: ({ ok: 'passed', missing: 'error', notApplicable: 'skipped', pending: 'error' } as const)[state],
    text,
  };
}

function caseText({ name: classname, durationMs }: RunView, { name, outcome, text }: Case): string {
  // All of them are judged at the run's end, and none of them took a time of its own.
  const head = `    <testcase${attributes({ classname, name, ...(name === t('verdict') ? { time: (durationMs / 1000).toFixed(3) } : {}) })}`;
  switch (outcome) {
    case 'passed':
      return `${head}><system-out>${escape(text)}</system-out></testcase>`;
    case 'failure':
      return `${head}><failure${attributes({ message: text, type: 'broken' })}/></testcase>`;
    case 'error':
      return `${head}><error${attributes({ message: text, type: 'inconclusive' })}/></testcase>`;
    case 'skipped':
      return `${head}><skipped${attributes({ message: text })}/></testcase>`;
  }
}

function propertiesOf({ run, environment, plan }: RunView, recovery: RecoveryView | null): readonly (readonly [string, string])[] {
  return [
    ['run', run],
    ['faultline', environment.faultline],
    ...(recovery === null ? [] : [['fault', recovery.title] as const]),
    ...(plan.fault === undefined ? [] : [['cluster', plan.fault.cluster.context] as const]),
  ];
}

function outText(view: RunView, recovery: RecoveryView | null): string {
  const head = [`${verdictText(view)}: ${view.reason}`];
  if (recovery === null) return [...head, countsText(view.counts)].join('\n');
  const { timeline, unhealed, notes } = recoveryParts(recovery);
  return [...head, '', ...timeline, ...(unhealed.length + notes.length === 0 ? [] : ['']), ...unhealed, ...notes].join('\n');
}

function attributes(all: Readonly<Record<string, string | number>>): string {
  return Object.entries(all)
    .map(([name, value]) => ` ${name}="${escape(String(value))}"`)
    .join('');
}

/** Control characters have no place in XML 1.0, not even escaped. */
function escape(text: string): string {
  return text
    .replaceAll(/(?![\t\n\r])\p{Cc}|[\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd')
    .replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
