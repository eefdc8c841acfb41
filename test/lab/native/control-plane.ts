/** The processes that run beside the nodes, on this machine: etcd, the API server and its controllers, DNS, metrics, images. */
import { join } from 'node:path';
import type { ProgramName } from '../build/programs.ts';
import { API_SERVER_GATE } from '../kwok/config.ts';
import type { Place } from './place.ts';
import type { ProcessPlan } from './processes.ts';

export type Programs = ReadonlyMap<ProgramName, string>;

export function path(programs: Programs, name: ProgramName): string {
  const found = programs.get(name);
  if (found === undefined) throw new Error(`The program ${name} was not asked for.`);
  return found;
}

/** Where the process of this name ("kubelet lab-2") writes. */
export function logOf(place: Place, name: string): string {
  return join(place.logs, `${name.replaceAll(' ', '-')}.log`);
}

export function plan(place: Place, name: string, command: string, args: readonly string[]): ProcessPlan {
  return { name, command, args, log: logOf(place, name) };
}

export function etcd(place: Place): ProcessPlan {
  const client = `http://127.0.0.1:${place.etcdPort}`;
  const peer = `http://127.0.0.1:${place.etcdPort + 1}`;
  return plan(place, 'etcd', 'etcd', [
    `--data-dir=${join(place.folder, 'etcd')}`,
    // What a crash of the machine loses, the next start makes anew.
    '--unsafe-no-fsync',
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--quota-backend-bytes=4294967296',
    '--auto-compaction-mode=periodic',
    '--auto-compaction-retention=5m',
    '--logger=zap',
    '--log-level=warn',
  ]);
}

export function apiServer(place: Place, programs: Programs): ProcessPlan {
  const pki = (name: string) => join(place.pki, name);
  return plan(place, 'kube-apiserver', path(programs, 'kube-apiserver'), [
    `--etcd-servers=http://127.0.0.1:${place.etcdPort}`,
    `--bind-address=${place.address}`,
    `--secure-port=${place.apiPort}`,
    // Keeps the endpoints of the Service `kubernetes`; a loopback address can't stand there.
    ...(place.profile === 'api' ? ['--endpoint-reconciler-type=none'] : [`--advertise-address=${place.address}`]),
    `--tls-cert-file=${pki('apiserver.crt')}`,
    `--tls-private-key-file=${pki('apiserver.key')}`,
    `--client-ca-file=${pki('ca.crt')}`,
    `--service-account-key-file=${pki('sa.pub')}`,
    `--service-account-signing-key-file=${pki('sa.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-cluster-ip-range=${place.serviceRange}`,
    '--authorization-mode=Node,RBAC',
    '--allow-privileged=true',
    '--kubelet-preferred-address-types=InternalIP',
    `--kubelet-client-certificate=${pki('admin.crt')}`,
    `--kubelet-client-key=${pki('admin.key')}`,
    `--kubelet-certificate-authority=${pki('ca.crt')}`,
    `--requestheader-client-ca-file=${pki('ca.crt')}`,
    '--requestheader-allowed-names=front-proxy',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--proxy-client-cert-file=${pki('front-proxy.crt')}`,
    `--proxy-client-key-file=${pki('front-proxy.key')}`,
    // This machine is no node: it reaches pods, but not the addresses of Services.
    '--enable-aggregator-routing=true',
    API_SERVER_GATE,
    '--profiling=false',
  ]);
}

export function controllerManager(place: Place, programs: Programs): ProcessPlan {
  return plan(place, 'kube-controller-manager', path(programs, 'kube-controller-manager'), [
    `--kubeconfig=${place.kubeconfig}`,
    `--service-account-private-key-file=${join(place.pki, 'sa.key')}`,
    `--root-ca-file=${join(place.pki, 'ca.crt')}`,
    '--use-service-account-credentials',
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    '--secure-port=0',
    // Its default is a folder of this machine, which it makes.
    `--flex-volume-plugin-dir=${join(place.folder, 'volume-plugins')}`,
    // Each node is given its range before it starts, so that routes and pod networks agree.
    '--allocate-node-cidrs=false',
    // Defaults are 40 s, 15 s and 5 min: shortened, so that tests see a lost node and an autoscaler at work within a minute.
    '--node-monitor-grace-period=16s',
    '--node-monitor-period=2s',
    '--horizontal-pod-autoscaler-sync-period=5s',
    '--horizontal-pod-autoscaler-initial-readiness-delay=5s',
    '--horizontal-pod-autoscaler-cpu-initialization-period=10s',
    '--kube-api-qps=200',
    '--kube-api-burst=400',
  ]);
}

export function scheduler(place: Place, programs: Programs): ProcessPlan {
  return plan(place, 'kube-scheduler', path(programs, 'kube-scheduler'), [
    `--kubeconfig=${place.kubeconfig}`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    '--secure-port=0',
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
  ]);
}

export function corefile(place: Place): string {
  // Blocks of their own: within one, `template` would answer before `kubernetes` is asked.
  return `cluster.local in-addr.arpa {
  bind ${place.address}
  errors
  kubernetes {
    kubeconfig ${place.kubeconfig}
    pods verified
    ttl 5
  }
}
. {
  bind ${place.address}
  errors
  template ANY ANY {
    rcode NXDOMAIN
  }
}
`;
}

export function dns(place: Place, programs: Programs): ProcessPlan {
  return plan(place, 'coredns', path(programs, 'coredns'), ['-conf', join(place.folder, 'Corefile')]);
}

export function metricsServer(place: Place, programs: Programs): ProcessPlan {
  return plan(place, 'metrics-server', path(programs, 'metrics-server'), [
    `--kubeconfig=${place.kubeconfig}`,
    `--authentication-kubeconfig=${place.kubeconfig}`,
    `--authorization-kubeconfig=${place.kubeconfig}`,
    '--kubelet-insecure-tls',
    '--kubelet-preferred-address-types=InternalIP',
    // The resolution must exceed the time-out.
    '--metric-resolution=10s',
    '--kubelet-request-timeout=5s',
    `--bind-address=${place.address}`,
    `--secure-port=${place.metricsPort}`,
    `--cert-dir=${join(place.folder, 'metrics-server')}`,
  ]);
}

export function imageServer(place: Place, imageFolder: string): ProcessPlan {
  const script = join(import.meta.dirname, '..', 'images', 'server.ts');
  const args = [script, '--folder', imageFolder, '--address', place.address, '--port', String(place.imagesPort)];
  return plan(place, 'images', process.execPath, args);
}
