/**
 * The one place where code of `@kubernetes/client-node` is loaded for connections: credentials alone, half of what its index loads.
 * The deep paths are not a promise of the package, so its version is pinned.
 */
export type { Authenticator } from '@kubernetes/client-node/dist/auth.js';
export { KubeConfig } from '@kubernetes/client-node/dist/config.js';
