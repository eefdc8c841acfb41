/**
 * The lab's network: a bridge on this machine, and a network namespace a node, plugged into it. Pods of two nodes reach each other
 * over routes on the nodes; this machine reaches all of them, and forwards nothing for them to anywhere else.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../workbench/cache.mjs';
import type { NodePlace, Place } from './place.ts';

export async function makeNetwork(place: Place): Promise<void> {
  await ip('link', 'add', place.bridge, 'type', 'bridge');
  await ip('addr', 'add', `${place.address}/24`, 'dev', place.bridge);
  await ip('link', 'set', place.bridge, 'up');
  await allowForwarding(place.bridge);
  for (const node of place.nodes) await plugIn(place, node);
}

/** A network namespace for the node, and its cable into the bridge. */
export async function plugIn(place: Place, node: NodePlace): Promise<void> {
  const inside = (...args: string[]) => ip('-n', node.namespace, ...args);
  await ip('netns', 'add', node.namespace);
  await ip('link', 'add', node.cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', node.namespace);
  await ip('link', 'set', node.cable, 'master', place.bridge, 'up');
  await inside('addr', 'add', `${node.address}/24`, 'dev', 'eth0');
  await inside('link', 'set', 'eth0', 'up');
  await inside('link', 'set', 'lo', 'up');
  await inside('route', 'add', 'default', 'via', place.address);
  for (const other of place.nodes) {
    if (other !== node) await inside('route', 'add', other.podRange, 'via', other.address);
  }
  await run('ip', ['netns', 'exec', node.namespace, 'sysctl', '-qw', 'net.ipv4.ip_forward=1']);
  // There already when the node had lost its power.
  await ip('route', 'replace', node.podRange, 'via', node.address);
}

/** From then on nothing reaches the node, nor comes from it. */
export function pullCable(node: NodePlace): void {
  quiet('ip', ['link', 'delete', node.cable]);
}

export function isPlugged(node: NodePlace): boolean {
  return existsSync(join('/sys/class/net', node.cable));
}

/** With all that the kernel held for it: addresses, rules, connections. */
export function removeNamespace(name: string): void {
  quiet('ip', ['netns', 'delete', name]);
}

/** Takes away all that `makeNetwork` made, or the part of it that an interrupted start left. */
export function removeNetwork(number: number): void {
  const cable = new RegExp(`\\bfl${number}v\\d\\b`, 'g');
  for (const name of namespacesOf(number)) removeNamespace(name);
  for (const name of new Set(text('ip', ['-o', 'link']).match(cable) ?? [])) quiet('ip', ['link', 'delete', name]);
  denyForwarding(`flbr${number}`);
  // Its address and the routes through it go with it.
  if (text('ip', ['-o', 'link']).includes(` flbr${number}:`)) quiet('ip', ['link', 'delete', `flbr${number}`]);
}

export function namespacesOf(number: number): readonly string[] {
  return text('ip', ['netns', 'list']).match(new RegExp(`^fl${number}-n\\d\\b`, 'gm')) ?? [];
}

/** A machine with Docker drops what crosses a bridge that is not Docker's own. */
async function allowForwarding(bridge: string): Promise<void> {
  if (/^-P FORWARD DROP/m.test(text('iptables', ['-S', 'FORWARD']))) await run('iptables', ['-I', 'FORWARD', ...rule(bridge)]);
}

function denyForwarding(bridge: string): void {
  while (spawnSync('iptables', ['-D', 'FORWARD', ...rule(bridge)]).status === 0);
}

function rule(bridge: string): string[] {
  return ['-i', bridge, '-o', bridge, '-j', 'ACCEPT'];
}

function ip(...args: string[]): Promise<string> {
  return run('ip', args);
}

/** For what may be gone already. */
function quiet(command: string, args: readonly string[]): void {
  spawnSync(command, args);
}

function text(command: string, args: readonly string[]): string {
  return spawnSync(command, args, { encoding: 'utf8' }).stdout ?? '';
}
