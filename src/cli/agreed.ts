/** How a person at a terminal comes to be asked before a cluster is changed. */
import { createInterface } from 'node:readline/promises';
import { FaultlineError } from '../base/errors.ts';
import { consentTo, nameToType, type ClusterChange, type Consent, type Protection } from '../cluster/act/protection.ts';
import type { ClusterConnection } from '../cluster/connect/connection.ts';
import { isLab } from '../cluster/act/lab.ts';
import { exitCodes, type Terminal } from './terminal.ts';

export interface AgreeOptions {
  readonly yes?: boolean;
  readonly confirmCluster?: string;
}

/** Every cluster is protected here, but the lab's. Fails as `isLab`. */
export async function protectionFor(connection: ClusterConnection): Promise<Protection> {
  const { context, server } = connection;
  return { context: context.name, server, knownBy: 'nothing', level: (await isLab(connection)) ? 'open' : 'confirm' };
}

/** undefined: the person said no. Fails: `refusedByProtection`, `invalid` where nobody can be asked. */
export async function agreed(
  terminal: Terminal,
  protection: Protection,
  change: ClusterChange,
  { yes, confirmCluster }: AgreeOptions,
  question: string | undefined,
): Promise<Consent | undefined> {
  const isAsked = terminal.stderr.isTTY === true && 'isTTY' in terminal.stdin && terminal.stdin.isTTY === true;
  const wanted = nameToType(protection);
  if (wanted !== undefined && confirmCluster === undefined && isAsked) {
    const typedName = await ask(terminal, `${protection.context} (${protection.server}) is protected. Type its name to go on:`);
    return consentTo(protection, change, { typedName });
  }
  if (wanted !== undefined && confirmCluster === undefined) {
    throw new FaultlineError('refusedByProtection', {
      what: `${protection.context} (${protection.server}) is protected: nothing was changed`,
      remedy: `Give --confirm-cluster ${protection.context} when you mean it.`,
    });
  }
  if (question !== undefined && yes !== true && confirmCluster === undefined && isAsked) {
    if (!/^y(?:es)?$/i.test(await ask(terminal, `${question} [y/N]`))) return undefined;
  }
  return consentTo(protection, change, confirmCluster === undefined ? {} : { typedName: confirmCluster });
}

async function ask({ stdin, stderr, signal }: Terminal, question: string): Promise<string> {
  const lines = createInterface({ input: stdin, output: stderr });
  // It keeps Ctrl+C to itself.
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    return (await lines.question(`${question} `, { signal })).trim();
  } finally {
    lines.close();
  }
}

export function declined({ stderr }: Terminal): number {
  stderr.write('Nothing was changed.\n');
  return exitCodes.done;
}
