/** Commands for the cluster of a plan. */
import type { PlannedCluster } from '../../journal/fault-plan.ts';

/** As a person types it: for a context that need not be the current one. */
export function inContext(command: string, { context, kubeconfig }: PlannedCluster): string {
  const program = ['kubectl', 'faultline sweep'].find((each) => command.startsWith(`${each} `));
  if (program === undefined || command.includes(' --context')) return command;
  return `${program} --kubeconfig ${quoted(kubeconfig)} --context ${quoted(context)}${command.slice(program.length)}`;
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
