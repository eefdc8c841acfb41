/** What else differed between two runs: without it a ratio says little. Browser-safe. */
import { t } from '../../base/messages.ts';
import { formatBytes, formatCount, formatDuration } from '../../base/units.ts';
import type { Load, RunPlan } from '../../journal/plan.ts';
import { closedLength } from '../text.ts';
import type { ArmView, RunView } from '../view.ts';

export interface Side {
  readonly view: RunView;
  /** Absent: all arms of the run. */
  readonly arm?: number;
}

/** One sentence each, A's value first: "threads: 2 and 4". Empty: nothing differed that is known. */
export function differencesOf(a: Side, b: Side): readonly string[] {
  const found: string[] = [];
  const differ = (what: string, first: string, second: string): void => {
    if (first !== second) found.push(t('{0}: {1} and {2}', what, first, second));
  };
  const one = engineOf(a);
  const two = engineOf(b);
  if (one !== undefined && two !== undefined) {
    differ(t('engine'), one.title, two.title);
    if (one.title === two.title) differ(t('version'), one.version, two.version);
    differ(t('data'), one.target, two.target);
    differ(t('threads'), String(one.threads), String(two.threads));
    differ(t('memory limit'), formatBytes(one.memoryLimitBytes), formatBytes(two.memoryLimitBytes));
  }
  if (a.view.run !== b.view.run) {
    differ(t('arms'), String(a.view.plan.arms.length), String(b.view.plan.arms.length));
    environments(a.view, b.view, differ);
    found.push(...statements(a.view.plan, b.view.plan));
    differ(t('load'), loadText(a.view.plan.load), loadText(b.view.plan.load));
    differ(t('warm-up'), warmUpText(a.view.plan), warmUpText(b.view.plan));
    differ(t('time-out'), formatDuration(a.view.plan.timeoutMs), formatDuration(b.view.plan.timeoutMs));
    found.push(...doubts(t('A'), a.view), ...doubts(t('B'), b.view));
  } else found.push(...doubts('', a.view));
  return found;
}

/** What the engine said when it was opened; the plan where it never was. */
function engineOf({ view, arm = 0 }: Side): ArmView | undefined {
  return view.arms[arm];
}

function environments(a: RunView, b: RunView, differ: (what: string, first: string, second: string) => void): void {
  const [one, two] = [a.environment, b.environment];
  differ(t('processor'), one.processor, two.processor);
  differ(t('processors'), String(one.processors), String(two.processors));
  differ(t('memory'), formatBytes(one.memoryBytes), formatBytes(two.memoryBytes));
  differ(t('system'), one.system, two.system);
  differ(t('Node.js'), one.node, two.node);
  differ(t('Faultline'), one.faultline, two.faultline);
  const none = t('none');
  differ(t('git revision'), one.gitRevision ?? none, two.gitRevision ?? none);
}

function statements(a: RunPlan, b: RunPlan): readonly string[] {
  const inA = new Map(a.statements.map((statement) => [statement.name, statement]));
  const inB = new Map(b.statements.map((statement) => [statement.name, statement]));
  const found: string[] = [];
  const say = (what: (names: string) => string, names: readonly string[]): void => {
    if (names.length > 0) found.push(what(listed(names)));
  };
  say(
    (names) => t('only in A: {0}', names),
    [...inA.keys()].filter((name) => !inB.has(name)),
  );
  say(
    (names) => t('only in B: {0}', names),
    [...inB.keys()].filter((name) => !inA.has(name)),
  );
  const both = a.statements.filter(({ name }) => inB.has(name));
  say(
    (names) => t('not the same statement: {0}', names),
    both.filter(({ name, sql }) => inB.get(name)?.sql !== sql).map(({ name }) => name),
  );
  say(
    (names) => t('not the same weight: {0}', names),
    both.filter(({ name, weight }) => inB.get(name)?.weight !== weight).map(({ name }) => name),
  );
  return found;
}

/** What makes a side's figures doubtful, or smaller than they should be. */
function doubts(side: string, view: RunView): readonly string[] {
  const found: string[] = [];
  const say = (text: string): void => void found.push(side === '' ? text : t('{0}: {1}', side, text));
  if (view.status !== 'finished') say(statusText(view.status));
  if (!view.driver.valid && view.driver.reason !== null) say(view.driver.reason);
  const { planned, failed, wrong, dropped } = view.counts;
  const failures = t('{0} of {1} failed', formatCount(failed), formatCount(planned));
  if (failed > 0)
    say(wrong === 0 ? failures : t('{0}, {1} of them with a wrong answer, which is not compared', failures, formatCount(wrong)));
  if (dropped > 0) say(t('{0} of {1} dropped', formatCount(dropped), formatCount(planned)));
  return found;
}

function statusText(status: RunView['status']): string {
  switch (status) {
    case 'stopped':
      return t('stopped before its end');
    case 'aborted':
      return t('ended by an abort rule');
    case 'failed':
      return t('could not be carried out');
    case 'running':
    case 'interrupted':
      // A comparison sees the journal alone: it does not tell a run that goes on from one whose runner died.
      return t('not ended: still running, or interrupted');
    case 'finished':
      return t('finished');
  }
}

function loadText(load: Load): string {
  if (load.kind === 'none') return t('none');
  const order = load.order === 'shuffled' ? t(', shuffled') : '';
  if (load.kind === 'closed') {
    const think = load.thinkTimeMs > 0 ? t(', think time {0}', formatDuration(load.thinkTimeMs)) : '';
    return t('closed, {0} × {1}', load.clients === 1 ? t('1 client') : t('{0} clients', load.clients), closedLength(load)) + think + order;
  }
  const most = t(', at most {0} in flight', load.maxInFlight);
  return t('open, {0}/s {1} for {2}', load.ratePerSecond, load.arrivals, formatDuration(load.durationMs)) + most + order;
}

function warmUpText({ warmUp }: RunPlan): string {
  if (warmUp === undefined) return t('none');
  return warmUp.kind === 'iterations' ? passes(warmUp.iterations) : formatDuration(warmUp.durationMs);
}

function passes(count: number): string {
  return count === 1 ? t('1 pass') : t('{0} passes', count);
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(', ');
  return names.length > 8 ? t('{0} and {1} more', shown, names.length - 8) : shown;
}
