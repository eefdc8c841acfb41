/** Starting and losing a real node. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCgroup, processesIn, removeCgroup } from './cgroups.ts';
import type { Programs } from './control-plane.ts';
import { plan } from './control-plane.ts';
import { isPlugged, plugIn, pullCable, removeNamespace } from './network.ts';
import { containerdConfig, DISK, initScript, kubeletConfig, podNetwork, registryHosts } from './node-script.ts';
import type { NodePlace, Place } from './place.ts';
import { killAll, labProcesses, startProcess, waitUntil } from './processes.ts';
import { quote } from './shell.ts';

/** What the lab runs on each node; `init` is the parent of the others. */
export const NODE_PROCESSES = ['init', 'containerd', 'kubelet', 'kube-proxy', 'kube-network-policies'] as const;

/** Sets the node up and switches it on. Its disk is kept from the time before. */
export async function startNode(place: Place, node: NodePlace, programs: Programs): Promise<void> {
  const etc = join(node.folder, 'etc', 'upper');
  const registry = join(etc, 'containerd', 'certs.d', '_default');
  const podNetworks = join(etc, 'cni', 'net.d');
  for (const folder of [...DISK.map((name) => join(node.folder, name)), registry, podNetworks]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(registry, 'hosts.toml'), registryHosts(place));
  writeFileSync(join(podNetworks, '10-lab.conflist'), podNetwork(node));
  writeFileSync(join(node.folder, 'containerd.toml'), containerdConfig());
  writeFileSync(join(node.folder, 'kubelet.yaml'), kubeletConfig(place, node));
  writeFileSync(join(node.folder, 'init.sh'), initScript(place, node, programs));
  await bootNode(place, node);
}

/** Switches a node on that was set up before; what was only in its memory is gone. */
export async function bootNode(place: Place, node: NodePlace): Promise<void> {
  if (!isPlugged(node)) await plugIn(place, node);
  // Addresses of pods that ended with the power.
  rmSync(join(node.folder, 'var', 'upper', 'lib', 'cni'), { recursive: true, force: true });

  const joinings = makeCgroup(node.namespace).map((file) => `echo $$ > ${quote(file)}`);
  const namespaces = ['--mount', '--uts', '--pid', '--cgroup', '--fork', '--kill-child'];
  // Not `ip netns exec`: that mounts /sys anew and hides the cgroups.
  const words = ['nsenter', `--net=/run/netns/${node.namespace}`, 'unshare', ...namespaces, 'sh', quote(join(node.folder, 'init.sh'))];
  startProcess(place.number, plan(place, `init ${node.name}`, 'sh', ['-c', [...joinings, `exec ${words.join(' ')}`].join('\n')]));
}

export function nodeRuns(place: Place, node: NodePlace): boolean {
  return labProcesses(place.number).some(({ name }) => name === `init ${node.name}`);
}

/** Names of the processes that the lab itself started on the node: "kubelet lab-1". */
export function nodeProcesses(place: Place, node: NodePlace): readonly string[] {
  const all = new Set(NODE_PROCESSES.map((name) => `${name} ${node.name}`));
  return labProcesses(place.number).flatMap(({ name }) => (all.has(name) ? [name] : []));
}

/** Power is lost: nothing says goodbye, and from then on nothing answers at the node's address, not even with a refusal. */
export async function stopNode(place: Place, node: NodePlace): Promise<void> {
  const init = () => labProcesses(place.number).filter(({ name }) => name === `init ${node.name}`);
  pullCable(node);
  await killAll(() => [...new Set([...processesIn(node.namespace), ...init().map(({ pid }) => pid)])]);
  // The kernel holds a cgroup for a moment after its last process.
  await waitUntil(`The cgroup of ${node.name}`, place.logs, 10_000, () => removeCgroup(node.namespace).length === 0);
  removeNamespace(node.namespace);
}
