/** What `faultline deploy` prints. */
import { formatDuration } from '../base/units.ts';
import type { ClusterIdentity, DeployEvent, DeployPlan, ReleaseHealth, UninstallPlan } from '../deploy/deploy.ts';
import type { ReleaseState } from '../deploy/release.ts';
import type { ObjectAction } from '../deploy/plan/diff.ts';
import type { PodRestart } from '../deploy/plan/restarts.ts';
import { endedJobs, type WorkloadProgress } from '../deploy/progress/progress.ts';
import { passwordText } from '../cluster/sqlLogin.ts';
import { StatusLine, type Terminal } from './terminal.ts';

const marks: Readonly<Record<ObjectAction, string>> = { create: '+', change: '~', recreate: '!', delete: '-', none: ' ' };

/** Where, what would change, which pods restart, what to look at. */
export function planText(plan: DeployPlan): string {
  const { request, chart, cluster, current, objects, restarts, warnings, refusals } = plan;
  const nodes = cluster.nodes === undefined ? '' : `, ${cluster.nodes} nodes`;
  const profile = request.profile === undefined ? '' : `, profile ${request.profile}`;
  const lines = [
    `${request.release} in namespace ${request.namespace} of ${cluster.context} (${cluster.server}, Kubernetes ${cluster.version}${nodes})`,
    `Chart ${chart.name} ${chart.version}${chart.appVersion === undefined ? '' : ` (${chart.appVersion})`}${profile}`,
    current === undefined
      ? 'It is installed anew.'
      : `Runs now: ${current.chart}, revision ${current.revision}, ${current.status}${current.status.startsWith('pending') ? ': it was interrupted, and is taken up' : ''}`,
    ...changeLines(objects),
    ...restarts.map(restartLine),
    ...refusals.map(({ object, text }) => `Refused: ${object}: ${text}`),
    ...warnings.map(({ object, text, rule }) => `Warning: ${object}: ${text} (${rule})`),
  ];
  return `${lines.join('\n')}\n`;
}

function changeLines(objects: DeployPlan['objects']): readonly string[] {
  const changed = objects.filter(({ action }) => action !== 'none');
  if (changed.length === 0) return ['Nothing changes.'];
  const counted = (['create', 'change', 'recreate', 'delete'] as const).flatMap((action) => {
    const count = objects.filter((object) => object.action === action).length;
    return count === 0 ? [] : [`${count} to ${action === 'recreate' ? 'make anew' : action}`];
  });
  return [
    `Objects: ${counted.join(', ')}`,
    ...changed.map(({ action, kind, name, why }) => `  ${marks[action]} ${kind}/${name}${why === undefined ? '' : `: ${why}`}`),
  ];
}

const hows: Readonly<Record<PodRestart['how'], string>> = {
  rolling: 'one after the other',
  recreate: 'all at once',
  onDelete: 'only when somebody deletes them (OnDelete)',
};

function restartLine({ workload, pods, why, how }: PodRestart): string {
  return `Restarts: ${workload}, ${pods === 1 ? '1 pod' : `${pods} pods, ${hows[how]}`}: ${why.join('; ')}`;
}

export function diffText({ objects }: DeployPlan): string {
  return objects
    .filter(({ action }) => action !== 'none')
    .map(({ action, kind, name, diff }) => `\n${marks[action]} ${kind}/${name}\n${diff}\n`)
    .join('');
}

export function jsonOfPlan({
  request,
  chart,
  cluster,
  current,
  objects,
  restarts,
  warnings,
  refusals,
  tests,
}: DeployPlan): Record<string, unknown> {
  const { release, namespace, profile } = request;
  return { release, namespace, profile, chart, cluster, current, objects, restarts, warnings, refusals, tests };
}

export function healthText({ state, held, interrupted, workloads, passwords }: ReleaseHealth, cluster: ClusterIdentity): string {
  const lines = [
    `${state.release} in namespace ${state.namespace} of ${cluster.context} (${cluster.server})`,
    `Chart ${state.chart}, revision ${state.revision}, ${state.status}, ${state.updated}${state.description === '' ? '' : `: ${state.description}`}`,
    ...(held === undefined ? [] : [`Being deployed by ${held.who} since ${held.since}`]),
    ...(interrupted
      ? [`Its deploy was interrupted (${state.status}): the next “faultline deploy” goes on from there, “rollback” goes back.`]
      : []),
    ...workloads.flatMap(workloadLines),
    ...passwords.map(passwordText),
  ];
  return `${lines.join('\n')}\n`;
}

function workloadLines(workload: WorkloadProgress): readonly string[] {
  return [countLine(workload), ...stuckLines(workload)];
}

function countLine({ name, kind, desired, ready, updated, isReady }: WorkloadProgress): string {
  if (kind === 'Job') return isReady ? `  ✓ ${name} is done` : `  … ${name} runs`;
  const rest = !isReady && updated < desired ? `, ${updated} of the new revision` : '';
  return `  ${isReady ? '✓' : '…'} ${name} ${ready}/${desired} ready${rest}`;
}

function stuckLines({ stuck }: WorkloadProgress): readonly string[] {
  return stuck.flatMap(({ object, text, log = [] }) => [`    ${object}: ${text}`, ...log.map((line) => `      | ${line}`)]);
}

export function listText(releases: readonly ReleaseState[], namespace: string | undefined): string {
  if (releases.length === 0)
    return namespace === undefined
      ? 'There are no releases.\n'
      : `There are no releases in ${namespace}; --all-namespaces looks everywhere.\n`;
  const rows = [
    ['RELEASE', 'NAMESPACE', 'REVISION', 'STATUS', 'CHART', 'UPDATED'],
    ...releases.map(({ release, namespace: where, revision, status, chart, updated }) => [
      release,
      where,
      String(revision),
      status,
      chart,
      updated.replace(/\..*$/, ''),
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

export function uninstallText({ removed, kept, claims }: UninstallPlan, purges: boolean): string {
  const stays = purges ? kept.slice(claims.length) : kept;
  const lines = [
    `Goes: ${removed.join(', ')}`,
    ...(stays.length === 0 ? [] : ['Stays:', ...stays.map(({ name, why }) => `  ${name}: ${why}`)]),
    ...(purges && claims.length > 0
      ? ['Goes with all its data:', ...claims.map(({ name, size }) => `  PersistentVolumeClaim/${name} (${size})`)]
      : []),
    ...(!purges && claims.length > 0 ? ['--purge-data with the release’s name deletes the volumes too.'] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** Each thing once, as it comes; on a terminal one more line below that says what is waited for. */
export class ProgressLines {
  readonly #terminal: Terminal;
  readonly #status: StatusLine;
  readonly #silent: boolean;
  readonly #told = new Set<string>();
  readonly #jobs = new Set<string>();

  constructor(terminal: Terminal, silent: boolean) {
    this.#terminal = terminal;
    this.#status = new StatusLine(terminal);
    this.#silent = silent;
  }

  show(event: DeployEvent): void {
    if (this.#silent) return;
    switch (event.kind) {
      case 'step':
        return this.#line(`${event.text} …`);
      case 'note':
        return this.#line(event.text);
      case 'log':
        return this.#line(`  ${event.source} | ${event.line}`);
      case 'progress':
        return this.#progress(event.workloads, event.elapsedMs);
      case 'done':
        this.#jobsDone([]);
        return this.#line(
          `${event.state.release}: ${event.state.status}, revision ${event.state.revision}, ${formatDuration(event.durationMs)}`,
        );
    }
  }

  end(): void {
    this.#status.clear();
  }

  #progress(workloads: readonly WorkloadProgress[], elapsedMs: number): void {
    this.#jobsDone(workloads);
    for (const workload of workloads) {
      this.#once(`${workload.name} ${workload.ready}/${workload.desired} ${workload.updated}`, [countLine(workload)]);
      for (const [at, { text, object }] of workload.stuck.entries()) {
        const shown = stuckLines({ ...workload, stuck: workload.stuck.slice(at, at + 1) });
        // A number of restarts or seconds that goes up is no news.
        this.#once(`${object} ${text.replaceAll(/\d+/g, '#')}`, shown);
      }
    }
    const waiting = workloads.filter(({ isReady }) => !isReady).map(({ name, ready, desired }) => `${name} ${ready}/${desired}`);
    if (waiting.length > 0) this.#status.show(`${formatDuration(elapsedMs)}, waiting for ${waiting.join(', ')}`);
  }

  /** A hook that has ended is looked at no more: its end is that it is not waited for. */
  #jobsDone(now: readonly WorkloadProgress[]): void {
    for (const name of endedJobs(this.#jobs, now)) this.#once(`${name} done`, [`  ✓ ${name} is done`]);
  }

  #once(key: string, lines: readonly string[]): void {
    if (this.#told.has(key)) return;
    this.#told.add(key);
    for (const line of lines) this.#line(line);
  }

  #line(text: string): void {
    this.#status.clear();
    this.#terminal.stderr.write(`${text}\n`);
  }
}
