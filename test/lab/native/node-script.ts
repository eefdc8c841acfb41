/**
 * A node as a machine of its own: the shell script below is its init process, in a network, mount, process and cgroup namespace.
 * Standard paths (/var/lib/kubelet, /var/log, /run, …) are the node's own, so what charts mount from the host is too; when init is
 * killed, the kernel ends everything that ran on the node and takes all its mounts away, as a loss of power does.
 */
import { join } from 'node:path';
import { stringify } from 'yaml';
import { hierarchies } from './cgroups.ts';
import { path } from './control-plane.ts';
import type { Programs } from './control-plane.ts';
import { nodeKubeconfig, policyToken } from './pki.ts';
import type { NodePlace, Place } from './place.ts';
import { LAB_MARK } from './processes.ts';
import { quote } from './shell.ts';

/** Folders of a node's disk that hide this machine's own: what is needed there needs no layer between. */
const OWN: Readonly<Record<string, string>> = { kubelet: '/var/lib/kubelet', containerd: '/var/lib/containerd' };

/** The node sees this machine's, and keeps what it writes there to itself. */
const LAYERED = ['etc', 'var'] as const;

/** Folders of a node's disk, made before it starts. */
export const DISK: readonly string[] = [...Object.keys(OWN), ...LAYERED.flatMap((name) => [`${name}/upper`, `${name}/work`])];

export function initScript(place: Place, node: NodePlace, programs: Programs): string {
  return `set -eu
# Nothing that is mounted here is seen outside.
mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/lab
mount --bind ${quote(place.folder)} /run/lab
${LAYERED.map((name) => layer(name, join(node.folder, name))).join('\n')}
mount --bind /run/lab ${quote(place.folder)}
${Object.entries(OWN)
  .map(([folder, target]) => `mkdir -p ${target} && mount --bind ${quote(join(node.folder, folder))} ${target}`)
  .join('\n')}
${cgroupMounts()}
hostname ${node.name}
# Ends with the node; started again, as an init system would, when it dies alone.
supervise() {
  name=$1; shift
  while :; do
    env ${LAB_MARK}="${place.number}:$name ${node.name}" "$@" >> ${quote(place.logs)}/$name-${node.name}.log 2>&1 || true
    echo "$(date -Is) $name has ended and is started again" >> ${quote(place.logs)}/init-${node.name}.log
    sleep 1
  done
}
supervise containerd containerd --config ${quote(join(node.folder, 'containerd.toml'))} &
until [ -S /run/containerd/containerd.sock ]; do sleep 0.05; done
supervise kubelet ${command(kubelet(place, node, programs))} &
supervise kube-proxy ${command(kubeProxy(place, node, programs))} &
# It knows only how to be a pod: this is what a pod finds.
mkdir -p /run/secrets/kubernetes.io/serviceaccount
cp ${quote(policyToken(place))} /run/secrets/kubernetes.io/serviceaccount/token
cp ${quote(join(place.pki, 'ca.crt'))} /run/secrets/kubernetes.io/serviceaccount/ca.crt
supervise kube-network-policies env KUBERNETES_SERVICE_HOST=${place.address} KUBERNETES_SERVICE_PORT=${place.apiPort} ${command(networkPolicies(node, programs))} &
# Its own rules need the queue of nftables, which some kernels leave out: they have this older one. Nobody there to judge: let it pass.
iptables -w -I FORWARD 1 -m conntrack --ctstate NEW -j NFQUEUE --queue-num 100 --queue-bypass
# A Service that this node has not heard of yet: refused, so that whoever asks again finds it. A packet that went on unchanged would leave
# an entry in the connection table, and every further try of that connection would follow it into nowhere.
iptables -w -I FORWARD 1 -d ${place.serviceRange} -m conntrack --ctstate NEW -j REJECT
# Waits for its own children and for every orphan of the node.
while :; do wait; done
`;
}

function layer(name: string, folder: string): string {
  return `mount -t overlay -o ${quote(`lowerdir=/${name},upperdir=${folder}/upper,workdir=${folder}/work`)} overlay /${name}`;
}

/** The node's cgroup becomes the root that it sees. Version 2 wants processes in leaves only. */
function cgroupMounts(): string {
  const all = hierarchies();
  if (all.some(({ options }) => options === undefined)) {
    return `mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p /sys/fs/cgroup/init
for pid in $(cat /sys/fs/cgroup/cgroup.procs); do echo "$pid" > /sys/fs/cgroup/init/cgroup.procs || true; done
for name in $(cat /sys/fs/cgroup/cgroup.controllers); do echo "+$name" > /sys/fs/cgroup/cgroup.subtree_control || true; done`;
  }
  const lines = all.map((one) => `mkdir -p ${quote(one.path)} && mount -t cgroup -o ${quote(one.options ?? '')} cgroup ${quote(one.path)}`);
  return ['mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup', ...lines].join('\n');
}

function kubelet(place: Place, node: NodePlace, programs: Programs): string[] {
  return [
    path(programs, 'kubelet'),
    `--config=${join(node.folder, 'kubelet.yaml')}`,
    `--kubeconfig=${nodeKubeconfig(place, node)}`,
    `--hostname-override=${node.name}`,
    `--node-ip=${node.address}`,
  ];
}

function kubeProxy(place: Place, node: NodePlace, programs: Programs): string[] {
  return [
    path(programs, 'kube-proxy'),
    `--kubeconfig=${place.kubeconfig}`,
    `--hostname-override=${node.name}`,
    `--cluster-cidr=${place.podRange}`,
    '--proxy-mode=iptables',
    // Default 1 s: a Service is known to every node sooner.
    '--iptables-min-sync-period=200ms',
    // Settings of the whole machine's connection table, not of the node's.
    '--conntrack-max-per-core=0',
    '--conntrack-tcp-timeout-established=0',
    '--conntrack-tcp-timeout-close-wait=0',
  ];
}

function networkPolicies(node: NodePlace, programs: Programs): string[] {
  return [
    path(programs, 'kube-network-policies'),
    `--hostname-override=${node.name}`,
    // Debian's containerd is older than that interface.
    '--disable-nri',
    '--metrics-bind-address=127.0.0.1:9080',
    '--v=1',
  ];
}

export function kubeletConfig(place: Place, node: NodePlace): string {
  return stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: node.address,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: join(place.pki, 'ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: join(place.pki, `kubelet-${node.name}.crt`),
    tlsPrivateKeyFile: join(place.pki, `kubelet-${node.name}.key`),
    cgroupDriver: 'cgroupfs',
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    failSwapOn: false,
    failCgroupV1: false,
    volumePluginDir: '/var/lib/kubelet/volume-plugins',
    clusterDNS: [place.address],
    clusterDomain: 'cluster.local',
    serializeImagePulls: false,
    registryPullQPS: 0,
    // The nodes share one disk and one memory, which are the person's.
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    // Default 10 s (status) and 5 min (report): with a grace period of 16 s a living node must be heard three times.
    nodeStatusUpdateFrequency: '4s',
    nodeStatusReportFrequency: '20s',
    nodeLeaseDurationSeconds: 16,
    syncFrequency: '20s',
    shutdownGracePeriod: '0s',
    protectKernelDefaults: false,
  });
}

export function containerdConfig(): string {
  return `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  # Without CAP_SYS_RESOURCE runc can't lower the score that containers are killed by, and fails.
  restrict_oom_score_adj = true
  sandbox_image = "lab.invalid/pause:1"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "/etc/containerd/certs.d"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "/etc/cni/net.d"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
`;
}

/** Every image comes from the lab's own server, whatever registry its name speaks of. */
export function registryHosts(place: Place): string {
  const server = `http://${place.address}:${place.imagesPort}`;
  return `server = "${server}"

[host."${server}"]
  capabilities = ["pull", "resolve"]
`;
}

export function podNetwork(node: NodePlace): string {
  return JSON.stringify(
    {
      cniVersion: '0.4.0',
      name: 'lab',
      plugins: [
        {
          type: 'bridge',
          bridge: 'cni0',
          isGateway: true,
          ipMasq: false,
          hairpinMode: true,
          ipam: { type: 'host-local', ranges: [[{ subnet: node.podRange }]], routes: [{ dst: '0.0.0.0/0' }] },
        },
        { type: 'portmap', capabilities: { portMappings: true } },
      ],
    },
    null,
    2,
  );
}

function command(words: readonly string[]): string {
  return words.map(quote).join(' ');
}
