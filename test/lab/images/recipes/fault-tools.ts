/** What breaks and loads things from inside a pod: traffic control, firewall, a proxy for latency, and load on processor, memory and disk. */
import { cacheName, program } from '../../build/programs.ts';
import { DEFAULT_MINOR } from '../../versions.ts';
import { linkIfFree } from '../base.ts';
import { BASE, debian } from '../debian.ts';
import { programAt } from '../layers.ts';
import type { ImageRecipe } from '../recipe.ts';

const PACKAGES = ['iproute2', 'iptables', 'nftables', 'stress-ng', 'util-linux', 'procps', 'iputils-ping', 'strace'];

/** The scripts of iptables choose between its two sets of commands; the kernel's newer interface is the one that nodes use. */
async function chooseIptables(folder: string): Promise<void> {
  for (const name of ['iptables', 'iptables-save', 'iptables-restore', 'ip6tables', 'ip6tables-save', 'ip6tables-restore'])
    await linkIfFree(folder, `usr/sbin/${name}`, name.replace('tables', 'tables-nft'));
}

export const FAULT_TOOLS: ImageRecipe = {
  short: 'fault-tools',
  name: 'lab.invalid/fault-tools:1',
  layers: [
    BASE,
    { ...debian(PACKAGES, { finish: chooseIptables }), title: 'fault tools' },
    programAt('usr/bin/toxiproxy-server', cacheName('toxiproxy-server', DEFAULT_MINOR), (progress) =>
      program('toxiproxy-server', DEFAULT_MINOR, progress),
    ),
  ],
  config: { entrypoint: ['/usr/bin/tini', '--'], cmd: ['sleep', 'infinity'] },
};
