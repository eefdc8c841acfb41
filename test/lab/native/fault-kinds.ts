/** What each kind of fault does to a node, and how it is undone. */
import { run, withLock } from '../../workbench/cache.mjs';
import type { NodeFault } from '../lab.ts';
import { hasCgroup, isFrozen, setFrozen } from './cgroups.ts';
import { isPlugged } from './network.ts';
import { logOf } from './control-plane.ts';
import { bootNode, nodeProcesses, nodeRuns, stopNode } from './nodes.ts';
import type { NodePlace, Place } from './place.ts';
import { waitUntil } from './processes.ts';

export type FaultKind = NodeFault['kind'];

const TABLE = 'inet faultline_lab';
const FROZEN_LIMIT_MS = 10_000;
const BOOT_LIMIT_MS = 60_000;

/** Only one at a time switches nodes of a lab on or off. It is held for moments, never for as long as a fault lasts. */
export function withNodes<T>(number: number, action: () => Promise<T>): Promise<T> {
  return withLock(`lab-${number}-nodes`, action);
}

export async function beginFault(place: Place, node: NodePlace, kind: FaultKind, forMs: number): Promise<void> {
  switch (kind) {
    case 'stop':
      return stopNode(place, node);
    case 'cut':
      await nft(node, cutRules(forMs));
      return;
    case 'freeze':
      setFrozen(node.namespace, true);
      await waitUntil(`The freezing of ${node.name}`, place.logs, FROZEN_LIMIT_MS, () => isFrozen(node.namespace));
  }
}

/** Gives the node back what the fault took, whatever of it was taken, and returns once it is seen to have it. */
export async function endFault(place: Place, node: NodePlace, kind: FaultKind): Promise<void> {
  switch (kind) {
    case 'stop': {
      const log = logOf(place, `init ${node.name}`);
      if (!nodeRuns(place, node) || !isPlugged(node)) {
        await stopNode(place, node);
        await bootNode(place, node);
      }
      const up = () => nodeProcesses(place, node).includes(`kubelet ${node.name}`);
      return waitUntil(`Node ${node.name}`, log, BOOT_LIMIT_MS, up, () => nodeRuns(place, node));
    }
    case 'cut':
      await nft(node, REMOVE);
      return;
    case 'freeze':
      if (!hasCgroup(node.namespace)) return;
      setFrozen(node.namespace, false);
      await waitUntil(`The thawing of ${node.name}`, place.logs, FROZEN_LIMIT_MS, () => !isFrozen(node.namespace));
  }
}

/** Adding what may be there already makes the deletion of what may not be there succeed. */
const REMOVE = `add table ${TABLE}\ndelete table ${TABLE}\n`;

/**
 * The network card leaves the set when its time is over, and no rule matches any more: the kernel needs nobody for that. Before the
 * connection table sees a packet, so established connections stall too.
 */
export function cutRules(forMs: number): string {
  const chain = (hook: string, match: string) =>
    `chain ${hook} { type filter hook ${hook} priority raw; policy accept; ${match} @cables counter drop; }`;
  return `${REMOVE}table ${TABLE} {
  set cables { type ifname; flags timeout; elements = { "eth0" timeout ${Math.floor(forMs / 1000)}s${forMs % 1000}ms } }
  ${chain('prerouting', 'iifname')}
  ${chain('postrouting', 'oifname')}
}
`;
}

/** Packets that the last cut has dropped, and whether it still drops: as the kernel tells it. undefined: there was none. */
export async function cutOf(node: NodePlace): Promise<{ readonly isCut: boolean; readonly dropped: number } | undefined> {
  if (!isPlugged(node)) return undefined;
  // Without the table nft fails, and says so.
  const rules = await run('nsenter', [`--net=/run/netns/${node.namespace}`, 'nft', 'list', 'table', TABLE]).catch(() => undefined);
  return rules === undefined ? undefined : readCut(rules);
}

export function readCut(rules: string): { readonly isCut: boolean; readonly dropped: number } {
  const dropped = [...rules.matchAll(/counter packets (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  // What its time is over for is no element any more.
  return { isCut: /elements = \{[^}]*"eth0"/.test(rules), dropped };
}

/** One transaction: all of it holds or nothing. */
async function nft(node: NodePlace, rules: string): Promise<void> {
  if (isPlugged(node)) await run('nsenter', [`--net=/run/netns/${node.namespace}`, 'nft', rules]);
}
