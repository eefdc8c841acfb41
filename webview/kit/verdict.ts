/** Verdicts and expectations as a shape, a colour and a word. */
import { t } from '../../src/base/messages.ts';
import { verdictWord } from '../../src/analysis/text.ts';
import type { ExpectationView, RunStatus, Verdict } from '../../src/analysis/view.ts';
import type { IconName } from './icons.ts';

export interface Mark {
  readonly icon: IconName;
  readonly colour: string;
  readonly word: string;
  readonly tone: string;
}

export function verdictMark(verdict: Verdict | null, status: RunStatus): Mark {
  switch (verdict) {
    case 'passed':
      return { icon: 'ok', colour: 'c-ok', word: verdictWord(verdict), tone: 'passed' };
    case 'failed':
      return { icon: 'bad', colour: 'c-bad', word: withEnd(verdictWord(verdict), status), tone: 'failed' };
    case 'inconclusive':
      return { icon: 'unsure', colour: 'c-warn', word: withEnd(verdictWord(verdict), status), tone: 'inconclusive' };
    case null:
      return { icon: 'running', colour: 'c-prog', word: t('Running'), tone: 'running' };
  }
}

/** A run that did not come to its own end says so beside its verdict. */
function withEnd(word: string, status: RunStatus): string {
  switch (status) {
    case 'stopped':
      return t('{0}: stopped', word);
    case 'interrupted':
      return t('{0}: interrupted', word);
    case 'aborted':
      return t('{0}: aborted', word);
    case 'failed':
      return t('{0}: could not be carried out', word);
    case 'running':
    case 'finished':
      return word;
  }
}

/** What an expectation was about, for the list: its words, and what was measured. */
export function expectationMark(view: ExpectationView): Mark {
  switch (view.outcome) {
    case 'met':
      return { icon: 'ok', colour: 'c-ok', word: t('met'), tone: 'passed' };
    case 'broken':
      return { icon: 'bad', colour: 'c-bad', word: t('broken'), tone: 'failed' };
    case 'unknown':
      return { icon: 'unsure', colour: 'c-warn', word: t('unknown'), tone: 'inconclusive' };
  }
}
