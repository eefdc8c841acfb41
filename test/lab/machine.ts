/** What of this machine a lab could leave behind: looked at before and after. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from '../workbench/cache.mjs';
import { processesIn } from './native/cgroups.ts';
import { labProcesses } from './native/processes.ts';

/** What is there of one kind, a line a thing: "links": ["lo", "eth0"]. */
export type Inventory = Readonly<Record<string, readonly string[]>>;

/** What of the machine other programs change all the time is looked at only where it carries the lab's name or an address of it. */
export function inventory(number: number): Inventory {
  const folder = join(cacheDir(), 'lab');
  const own = new RegExp(`fl${number}-n|state-${number}/|way-${number}/|10\\.89\\.${number}\\.`);
  // Labs of other numbers may come and go meanwhile.
  const others = `[${'0123456789'.replace(String(number), '')}]`;
  const foreign = new RegExp(`flbr${others}|fl${others}(v|-n)|state-${others}|10\\.89\\.${others}\\.|10\\.2[02]${others}\\.`);
  const notForeign = (line: string): boolean => !foreign.test(line);
  return {
    processes: processes(number, own),
    'network namespaces': listing('/run/netns').filter(notForeign),
    links: lines('ip', '-o', 'link')
      .map((line) => line.split(': ')[1]?.split('@')[0] ?? line)
      .filter(notForeign),
    routes: lines('ip', 'route', 'show', 'table', 'all').filter(notForeign),
    mounts: file('/proc/self/mountinfo')
      .map((line) => line.split(' ')[4] ?? line)
      .filter(notForeign),
    cgroups: cgroups('/sys/fs/cgroup', 3).filter((path) => own.test(path)),
    'unix sockets': file('/proc/net/unix')
      .map((line) => line.split(' ').at(-1) ?? '')
      .filter((path) => own.test(path)),
    ports: listening(number),
    'firewall rules': [...lines('iptables-save'), ...lines('ip6tables-save'), ...lines('nft', 'list', 'ruleset')]
      .map((line) => line.replaceAll(/counter packets \d+ bytes \d+|\[\d+:\d+\]/g, ''))
      .filter((line) => !line.startsWith('#') && notForeign(line)),
    files: listing(folder).filter((name) => new RegExp(`-${number}\\b`).test(name)),
    locks: listing(join(cacheDir(), 'locks')).filter((name) => new RegExp(`^lab-(way-)?${number}\\.lock$`).test(name)),
    'folders of containerd and kubelet': [
      '/run/containerd',
      '/var/lib/containerd',
      '/var/lib/kubelet',
      '/var/lib/cni',
      '/etc/cni/net.d',
      '/opt/cni',
    ]
      .flatMap((path) => listing(path).map((name) => join(path, name)))
      .sort(),
    settings: lines('sysctl', 'net.ipv4.ip_forward', 'net.bridge.bridge-nf-call-iptables', 'net.netfilter.nf_conntrack_max'),
  };
}

function processes(number: number, own: RegExp): string[] {
  const marked = new Set(labProcesses(number).map(({ pid }) => pid));
  return listing('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .flatMap((pid) => {
      const command = file(`/proc/${pid}/cmdline`).join(' ').replaceAll('\0', ' ');
      const groups = file(`/proc/${pid}/cgroup`).join('\n');
      return marked.has(Number(pid)) || own.test(command) || own.test(groups) ? [`${pid} ${command}`] : [];
    })
    .concat(
      cgroups('/sys/fs/cgroup', 2)
        .filter((path) => own.test(`${path}/`))
        .flatMap((path) => processesIn(path.split('/').at(-1) ?? '').map(String)),
    );
}

/** Those of the lab's addresses, and on the loopback those that follow from its number. */
function listening(number: number): string[] {
  const own = new RegExp(`^(10\\.89\\.${number}\\.\\d+:\\d+|127\\.0\\.0\\.1:(1644${number}|124${number}[01]))$`);
  return lines('ss', '-Hltnu').flatMap((line) => line.split(/\s+/).filter((word) => own.test(word)));
}

function cgroups(path: string, depth: number): string[] {
  if (depth === 0) return [];
  let names;
  try {
    names = readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
  return names.filter((entry) => entry.isDirectory()).flatMap(({ name }) => [join(path, name), ...cgroups(join(path, name), depth - 1)]);
}

function listing(path: string): string[] {
  try {
    return readdirSync(path).sort();
  } catch {
    return [];
  }
}

function file(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch {
    return [];
  }
}

function lines(command: string, ...args: string[]): string[] {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .split('\n')
      .filter((line) => line.trim() !== '');
  } catch {
    // Without the program or the setting there is nothing of it that could be left.
    return [];
  }
}
