/** What the lab's commands print. */
import { formatBytes, formatDuration } from '../../../src/base/units.ts';
import type { LabStatus, RunningLab } from '../lab.ts';
import { quote } from '../native/shell.ts';

/** Titles above, two spaces between, numbers to the right where `right` names their column. */
export function tableText(rows: readonly (readonly string[])[], right: ReadonlySet<number> = new Set()): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const cell = (text: string, column: number): string =>
    right.has(column) ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0);
  return rows.map((row) => `${row.map(cell).join('  ').trimEnd()}\n`).join('');
}

export function describeLab(lab: RunningLab): string {
  const { number, way, profile, kubernetes, nodes, kubeconfig } = lab;
  const real = nodes.length === 0 ? 'no real nodes' : nodes.join(', ');
  return `Lab ${number} is up: Kubernetes ${kubernetes}, ${way}, profile ${profile}, ${real}.\nKubeconfig: ${kubeconfig}\n`;
}

const states: Readonly<Record<LabStatus['state'], string>> = {
  down: 'is down.',
  starting: 'is starting, or its start was interrupted: then "up" goes on, and "down" clears it away.',
  stopping: 'is being taken down, or that was interrupted: then "up" and "down" both clear it away.',
  broken: 'is broken: "up" repairs it, "down" clears it away.',
  up: 'is up',
};

/** What runs, since when, how much memory, where the logs are. */
export function describeStatus(status: LabStatus, now: number): string {
  const { number, state, lab, processes, faults } = status;
  const head =
    state === 'up' && lab !== undefined
      ? `Lab ${number} is up for ${formatDuration(now - lab.upSince)}: Kubernetes ${lab.kubernetes}, ${lab.way}, profile ${lab.profile}.`
      : `Lab ${number} ${states[state]}`;
  const lines = [`${head}\n`];
  if (lab !== undefined) lines.push(`Kubeconfig: ${lab.kubeconfig}\n`);
  for (const { node, kind, untilMs } of faults) lines.push(`Node ${node}: ${kind}, for another ${formatDuration(untilMs - now)}\n`);
  if (processes.length > 0) {
    const rows = processes.map(({ name, pid, sinceMs, memoryBytes, log }) => [
      name,
      pid === undefined ? 'does not run' : String(pid),
      sinceMs === undefined ? '' : formatDuration(now - sinceMs),
      memoryBytes === undefined ? '' : formatBytes(memoryBytes),
      log,
    ]);
    const total = processes.reduce((sum, { memoryBytes }) => sum + (memoryBytes ?? 0), 0);
    const table = [['PROCESS', 'PID', 'RUNS FOR', 'MEMORY', 'LOG'], ...rows, ['in all', '', '', formatBytes(total), '']];
    lines.push('\n', tableText(table, new Set([1, 2, 3])));
  }
  return lines.join('');
}

/** For a POSIX shell's `eval`. The path stays the shell's own: this process has another. */
export function exportsText(kubeconfig: string, folders: readonly (string | undefined)[]): string {
  const added = folders.filter((folder) => folder !== undefined).map((folder) => `${folder}:`);
  const path = added.length === 0 ? '' : `export PATH=${quote(added.join(''))}"$PATH"\n`;
  return `export KUBECONFIG=${quote(kubeconfig)}\n${path}`;
}
