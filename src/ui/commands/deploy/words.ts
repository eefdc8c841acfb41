/** A plan and its progress in words. No `vscode` import. */
import { t } from '../../../base/messages.ts';
import { formatDuration } from '../../../base/units.ts';
import type { DeployEvent, DeployPlan } from '../../../deploy/deploy.ts';
import type { ObjectAction } from '../../../deploy/plan/diff.ts';
import type { PodRestart } from '../../../deploy/plan/restarts.ts';
import { endedJobs, type WorkloadProgress } from '../../../deploy/progress/progress.ts';

const marks: Readonly<Record<ObjectAction, string>> = { create: '+', change: '~', recreate: '!', delete: '-', none: ' ' };

/** As a diff: what changes, which pods restart, what to look at. */
export function previewText(plan: DeployPlan): string {
  const { request, chart, cluster, current, restarts, warnings, refusals, objects } = plan;
  const app = chart.appVersion === undefined ? '' : ` (${chart.appVersion})`;
  const facts = [
    t(
      '{0} in namespace {1} of {2} ({3}, Kubernetes {4})',
      request.release,
      request.namespace,
      cluster.context,
      cluster.server,
      cluster.version,
    ),
    t('Chart {0} {1}{2}', chart.name, chart.version, app),
    current === undefined
      ? t('It is installed anew.')
      : t('Runs now: {0}, revision {1}, {2}', current.chart, current.revision, current.status),
    ...(restarts.length === 0 ? [t('No pod restarts.')] : restarts.map(restartText)),
    ...refusals.map(({ object, text }) => t('Refused by the cluster: {0}: {1}', object, text)),
    ...warnings.map(({ object, text, rule }) => t('Warning: {0}: {1} ({2})', object, text, rule)),
  ];
  const changed = objects.filter(({ action }) => action !== 'none');
  facts.push(...changed.map(({ action, kind, name }) => `  ${marks[action]} ${kind}/${name}`));
  // As a comment: what the grammar of a diff takes for its header can't be read in high contrast.
  const diffs = changed.map(({ action, kind, name, why, diff }) =>
    ['', `# ${marks[action]} ${kind}/${name}${why === undefined ? '' : `: ${why}`}`, diff].join('\n'),
  );
  return [...facts.map((fact) => `# ${fact}`), ...(changed.length === 0 ? ['', `# ${t('Nothing changes.')}`] : diffs), ''].join('\n');
}

export function restartText({ workload, pods, why, how }: PodRestart): string {
  const way = how === 'rolling' ? t('one after the other') : how === 'recreate' ? t('all at once') : t('only when somebody deletes them');
  return pods === 1
    ? t('Restarts: {0}, 1 pod: {1}', workload, why.join('; '))
    : t('Restarts: {0}, {1} pods, {2}: {3}', workload, pods, way, why.join('; '));
}

/** "3 objects to create, 1 to change; restarts 4 pods" */
export function summaryText({ objects, restarts }: DeployPlan): string {
  const count = (action: ObjectAction): number => objects.filter((object) => object.action === action).length;
  const parts = [
    [count('create'), t('to create')],
    [count('change'), t('to change')],
    [count('recreate'), t('to make anew')],
    [count('delete'), t('to delete')],
  ] as const;
  const counted = parts.filter(([many]) => many > 0).map(([many, word]) => `${many} ${word}`);
  const pods = restarts.reduce((sum, restart) => sum + restart.pods, 0);
  const objectsText = counted.length === 0 ? t('Nothing changes') : t('Objects: {0}', counted.join(', '));
  return pods === 0 ? `${objectsText}.` : `${objectsText}. ${pods === 1 ? t('1 pod restarts.') : t('{0} pods restart.', pods)}`;
}

/** Lines for a terminal, each thing once: what is waited for, and why it is stuck. */
export class ProgressWords {
  readonly #told = new Set<string>();
  readonly #jobs = new Set<string>();

  lines(event: DeployEvent): readonly string[] {
    switch (event.kind) {
      case 'step':
        return [`${event.text} …`];
      case 'note':
        return [event.text];
      case 'log':
        return [`  ${event.source} | ${event.line}`];
      case 'done':
        return [
          ...this.#jobsDone([]),
          t('{0}: {1}, revision {2}, {3}', event.state.release, event.state.status, event.state.revision, formatDuration(event.durationMs)),
        ];
      case 'progress':
        return [...this.#jobsDone(event.workloads), ...event.workloads.flatMap((workload) => this.#workload(workload))];
    }
  }

  #jobsDone(now: readonly WorkloadProgress[]): readonly string[] {
    return endedJobs(this.#jobs, now).flatMap((name) => this.#once(`${name} done`, [`  ✓ ${t('{0} is done', name)}`]));
  }

  #workload({ name, kind, ready, desired, updated, isReady, stuck }: WorkloadProgress): readonly string[] {
    const lines = this.#once(`${name} ${ready}/${desired} ${updated}`, [
      kind === 'Job'
        ? `  ${isReady ? `✓ ${t('{0} is done', name)}` : `… ${t('{0} runs', name)}`}`
        : `  ${isReady ? '✓' : '…'} ${t('{0}: {1} of {2} ready', name, ready, desired)}`,
    ]);
    const why = stuck.flatMap(({ object, text, log = [] }) =>
      // A number of restarts or seconds that goes up is no news.
      this.#once(`${object} ${text.replaceAll(/\d+/g, '#')}`, [`    ${object}: ${text}`, ...log.map((line) => `      | ${line}`)]),
    );
    return [...lines, ...why];
  }

  #once(key: string, lines: readonly string[]): readonly string[] {
    if (this.#told.has(key)) return [];
    this.#told.add(key);
    return lines;
  }
}

/** For the one line of a progress message. */
export function waitingText(event: DeployEvent): string | undefined {
  if (event.kind === 'step' || event.kind === 'note') return event.text;
  if (event.kind !== 'progress') return undefined;
  const waiting = event.workloads.filter(({ isReady }) => !isReady);
  const [first] = waiting.flatMap(({ stuck }) => stuck);
  const names = waiting.map(({ name, ready, desired }) => `${name} ${ready}/${desired}`).join(', ');
  return first === undefined ? names : `${names}: ${first.text}`;
}
