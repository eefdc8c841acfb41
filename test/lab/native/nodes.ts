/** Starting and losing a real node. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCgroup, processesIn, removeCgroup, setFrozen } from './cgroups.ts';
import type { Programs } from './control-plane.ts';
import { plan } from './control-plane.ts';
import { containerdConfig, DISK, initScript, kubeletConfig, podNetwork, registryHosts } from './node-script.ts';
import type { NodePlace, Place } from './place.ts';
import { killAll, labProcesses, startProcess } from './processes.ts';

/** Switches the node on. Its disk is kept from the time before; what was only in memory is gone. */
export function startNode(place: Place, node: NodePlace, programs: Programs): void {
  const etc = join(node.folder, 'etc', 'upper');
  const registry = join(etc, 'containerd', 'certs.d', '_default');
  const podNetworks = join(etc, 'cni', 'net.d');
  for (const folder of [...DISK.map((name) => join(node.folder, name)), registry, podNetworks]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(registry, 'hosts.toml'), registryHosts(place));
  writeFileSync(join(podNetworks, '10-lab.conflist'), podNetwork(node));
  writeFileSync(join(node.folder, 'containerd.toml'), containerdConfig());
  writeFileSync(join(node.folder, 'kubelet.yaml'), kubeletConfig(place, node));
  writeFileSync(join(node.folder, 'init.sh'), initScript(place, node, programs));
  // Addresses of pods that ended with the power.
  rmSync(join(node.folder, 'var', 'upper', 'lib', 'cni'), { recursive: true, force: true });

  const join_ = makeCgroup(node.namespace).map((file) => `echo $$ > '${file}'`);
  const namespaces = ['--mount', '--uts', '--pid', '--cgroup', '--fork', '--kill-child'];
  // Not `ip netns exec`: that mounts /sys anew and hides the cgroups.
  const words = ['nsenter', `--net=/run/netns/${node.namespace}`, 'unshare', ...namespaces, 'sh', `'${join(node.folder, 'init.sh')}'`];
  startProcess(place.number, plan(place, `init ${node.name}`, 'sh', ['-c', [...join_, `exec ${words.join(' ')}`].join('\n')]));
}

export function nodeRuns(place: Place, node: NodePlace): boolean {
  return labProcesses(place.number).some(({ name }) => name === `init ${node.name}`);
}

/** Pulls the plug. */
export async function stopNode(node: NodePlace): Promise<void> {
  await killAll(() => processesIn(node.namespace));
  removeCgroup(node.namespace);
}

export { setFrozen };
