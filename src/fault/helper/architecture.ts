/** Processors that there are helpers for. Pure. */

/** As Go names it, and Kubernetes. */
export type HelperArchitecture = 'amd64' | 'arm64';

/** Also by what `uname -m` says. */
export function architectureOf(machine: string): HelperArchitecture | undefined {
  if (machine === 'x86_64' || machine === 'amd64') return 'amd64';
  return machine === 'aarch64' || machine === 'arm64' ? 'arm64' : undefined;
}
