/**
 * Protected clusters: whatever changes one takes a `Consent`, and a consent is only made here. So no command can forget to ask.
 * A cluster that nobody has said anything about is protected.
 */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';

/** `open`: a click is enough. `confirm`: the context's name has to be typed. `readOnly`: nothing changes it from here. */
export type ProtectionLevel = 'open' | 'confirm' | 'readOnly';

export interface Protection {
  /** Name of the context: what a person types. */
  readonly context: string;
  /** `https://host:port`. */
  readonly server: string;
  readonly level: ProtectionLevel;
  /** By what the cluster was told from others. `address`: its identity may not be read; `nothing`: it was not read yet. */
  readonly knownBy: 'identity' | 'address' | 'nothing';
  /** Why it is not open although a person opened it: only its `name` was written then, it was an `otherCluster`, or it had another `authority`. */
  readonly lapsed?: 'name' | 'otherCluster' | 'authority';
  /** It is open because the lab made it. */
  readonly isLab?: true;
}

/** The cluster that something is done to: a connection is one. */
export interface ChangedCluster {
  readonly context: { readonly name: string };
  readonly server: string;
}

export type ClusterChange =
  'restart' | 'deletePod' | 'cordon' | 'uncordon' | 'drainNode' | 'drainTrino' | 'shell' | 'install' | 'rollback' | 'uninstall' | 'fault';

/** What a person gave when asked. */
export interface Given {
  readonly typedName?: string;
}

/** Whether a menu may offer changes of this cluster at all. */
export function mayChange({ level }: Protection): boolean {
  return level !== 'readOnly';
}

/** What has to be typed before this cluster is changed; undefined: nothing. */
export function nameToType({ level, context }: Protection): string | undefined {
  return level === 'confirm' ? context : undefined;
}

/** What a person has to know about how the cluster is protected, a sentence each; most have nothing. */
export function protectionNotes({ context, server, knownBy, lapsed, isLab }: Protection): readonly string[] {
  return [
    ...(isLab === true ? [t('It is a cluster of the lab, known by its certificate authority: a click is enough to change it.')] : []),
    ...(knownBy === 'address'
      ? [
          t(
            'Which cluster this is may not be read (namespace kube-system): the name {0} and the address {1} stand in for it.',
            context,
            server,
          ),
        ]
      : []),
    ...(lapsed === 'name'
      ? [t('Changes by a click were allowed for the name {0} alone. Protection goes by the cluster itself: set it once more.', context)]
      : []),
    ...(lapsed === 'otherCluster' ? [t('{0} led to another cluster when changes by a click were allowed.', context)] : []),
    ...(lapsed === 'authority' ? [t('The certificate authority is another one than when changes by a click were allowed.')] : []),
  ];
}

/** For one change of one cluster. Making one is being asked: the constructor throws what `consentTo` throws. */
export class Consent {
  readonly change: ClusterChange;
  readonly context: string;
  readonly server: string;
  /** Makes the type nominal: an object of the same shape is no consent. */
  readonly #made = true;

  constructor(protection: Protection, change: ClusterChange, given: Given) {
    refuse(protection, change, given);
    this.change = change;
    this.context = protection.context;
    this.server = protection.server;
  }

  /** Called first by everything that changes a cluster. Fails: `refusedByProtection`. */
  static check(consent: Consent, { context: { name }, server }: ChangedCluster, change: ClusterChange): void {
    // A caller without types may hand in anything.
    const isReal = #made in consent && consent.#made;
    if (isReal && consent.context === name && consent.server === server && consent.change === change) return;
    throw new FaultlineError('refusedByProtection', {
      what: t('Nothing was changed in {0}', name),
      meaning: t(
        'What was confirmed was “{0}” in {1}, and this is “{2}” in {3}.',
        wordFor(consent.change),
        `${consent.context} (${consent.server})`,
        wordFor(change),
        `${name} (${server})`,
      ),
      remedy: t('Give the command again.'),
    });
  }
}

/** Fails: `refusedByProtection`, with what has to be typed or why it can't be. */
export function consentTo(protection: Protection, change: ClusterChange, given: Given = {}): Consent {
  return new Consent(protection, change, given);
}

function refuse({ level, context }: Protection, change: ClusterChange, { typedName }: Given): void {
  if (level === 'readOnly')
    throw new FaultlineError('refusedByProtection', {
      what: t('“{0}” was refused: {1} is protected as read-only', wordFor(change), context),
      remedy: t('Change the protection of {0} if you are responsible for it.', context),
    });
  if (level === 'confirm' && typedName !== context)
    throw new FaultlineError('refusedByProtection', {
      what:
        typedName === undefined
          ? t('“{0}” was refused: {1} is protected', wordFor(change), context)
          : t('“{0}” was refused: “{2}” is not the name of {1}', wordFor(change), context, typedName),
      remedy: t('Type {0} to confirm.', context),
    });
}

/** The namespaces that a cluster itself lives in. */
const SYSTEM = new Set(['kube-system', 'kube-public', 'kube-node-lease']);

export function isSystem(namespace: string): boolean {
  return SYSTEM.has(namespace);
}

/** Fails: `refusedByProtection` for what belongs to the cluster itself, whatever a person confirms. */
export function refuseSystem(namespace: string, change: ClusterChange): void {
  if (!isSystem(namespace)) return;
  throw new FaultlineError('refusedByProtection', {
    what: t('“{0}” was refused: {1} belongs to the cluster itself', wordFor(change), namespace),
    remedy: t('Use kubectl if you really mean it.'),
  });
}

/** Labels and taints by which distributions mark the nodes that run the control plane. */
const CONTROL_PLANE = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master', 'node-role.kubernetes.io/etcd'];

export function isControlPlane(node: {
  readonly metadata?: { readonly name?: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: { readonly taints?: readonly { readonly key?: string }[] };
}): boolean {
  const { labels = {} } = node.metadata ?? {};
  const { taints = [] } = node.spec ?? {};
  return CONTROL_PLANE.some((mark) => mark in labels || taints.some(({ key }) => key === mark));
}

/** Fails: `refusedByProtection`. */
export function refuseControlPlane(node: Parameters<typeof isControlPlane>[0] & { readonly metadata: { readonly name: string } }): void {
  if (!isControlPlane(node)) return;
  throw new FaultlineError('refusedByProtection', {
    what: t('Node {0} was not drained: it runs the control plane', node.metadata.name),
    meaning: t('Without it nothing could be scheduled or healed.'),
    remedy: t('Use kubectl if you really mean it.'),
  });
}

function wordFor(change: ClusterChange): string {
  switch (change) {
    case 'restart':
      return t('Restart');
    case 'deletePod':
      return t('Delete pod');
    case 'cordon':
      return t('Cordon');
    case 'uncordon':
      return t('Uncordon');
    case 'drainNode':
      return t('Drain node');
    case 'drainTrino':
      return t('Drain Trino worker');
    case 'shell':
      return t('Shell');
    case 'install':
      return t('Deploy');
    case 'rollback':
      return t('Roll back');
    case 'uninstall':
      return t('Uninstall');
    case 'fault':
      return t('Break');
  }
}
