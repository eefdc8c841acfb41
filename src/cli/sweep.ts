/** `faultline sweep`: what faults have left behind in a cluster whose runs are gone. */
import type { SweptObject, Swept } from '../fault/sweep.ts';
import { contextOf } from './context.ts';
import { visible } from './format/width.ts';
import { runStore } from './runs.ts';
import { signsFor } from './signs.ts';
import { exitCodes, write, type Terminal } from './terminal.ts';

export interface SweepOptions {
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly namespace?: string;
  readonly json: boolean;
}

/** Answers 3 where something could not be set back. Fails as a connection does, and `forbidden` where the cluster's identity may not be read. */
export async function runSweep({ context, kubeconfig, namespace, json }: SweepOptions, terminal: Terminal): Promise<number> {
  const meant = await contextOf(context, kubeconfig, terminal.env);
  const [{ connectCluster }, { sweep }, { identityOf, refuseOtherCluster }] = await Promise.all([
    import('../cluster/connect/connection.ts'),
    import('../fault/sweep.ts'),
    import('../fault/preflight/identity.ts'),
  ]);
  const alive = new Set((await runStore(terminal).list()).filter(({ state }) => state === 'running').map(({ run }) => run));
  const connection = await connectCluster(meant, { env: terminal.env, signal: terminal.signal });
  try {
    const identity = await identityOf(connection, terminal.signal);
    const options = { nowMs: Date.now(), alive, ...(namespace === undefined ? {} : { namespace }) };
    const swept = await sweep(connection, options, terminal.signal);
    // A proxy that leads elsewhere in the middle of it: then what was found is not what was asked for.
    await refuseOtherCluster(connection, identity, terminal.signal);
    await write(
      terminal,
      json ? `${JSON.stringify({ context: meant.name, identity, ...swept }, null, 2)}\n` : describeSweep(meant.name, swept, terminal),
    );
    return swept.found.some(({ outcome }) => outcome === 'failed') ? exitCodes.failed : exitCodes.done;
  } finally {
    connection.close();
  }
}

/** Ends with a line feed. */
export function describeSweep(context: string, { found, leases, unread }: Swept, terminal: Pick<Terminal, 'env'>): string {
  const lines = found.map((object) => lineOf(object, terminal));
  if (leases > 0) lines.push(`${leases} ${leases === 1 ? 'lock' : 'locks'} of faults that are over: removed.`);
  if (lines.length === 0) lines.push(`Nothing of a fault that is over was found in ${context}.`);
  for (const what of unread) lines.push(`Not looked at: ${/[.!?]$/.test(what) ? what : `${what}.`}`);
  return `${lines.map(visible).join('\n')}\n`;
}

function lineOf({ title, run, outcome, text }: SweptObject, { env }: Pick<Terminal, 'env'>): string {
  const signs = signsFor(env);
  const why = text === undefined ? '' : ` (${text})`;
  switch (outcome) {
    case 'healed':
      return `${signs.met} ${title} of run ${run}: set back.`;
    case 'left':
      return `${signs.none} ${title} of run ${run}: left as it is${why}.`;
    case 'failed':
      return `${signs.broken} ${title} of run ${run}: NOT set back${why}.`;
  }
}
