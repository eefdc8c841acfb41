/**
 * How a person protected which cluster, as the setting `faultline.clusters.protection` keeps it. A cluster goes by what it is: the UID of
 * its kube-system and the hash of its authority. A context's name says nothing, since it may lead somewhere else tomorrow; where the UID
 * can't be read, name, address and authority together stand in for it.
 *
 * A key is `NAME SERVER UID/AUTHORITY`, with `-` for what is not known; NAME is only for who reads it, unless the UID is missing. Keys
 * of before are a context's name, or its file and name: `readOnly` still holds for these, while what they opened is protected again. A lab's cluster is
 * open as long as nobody said anything else: it is there to be tried on.
 */
import type { ClusterIdentity } from '../connect/identity.ts';
import type { KubeContext } from '../connect/kubeconfig.ts';
import type { Protection, ProtectionLevel } from './protection.ts';

export type ProtectionLevels = Readonly<Record<string, ProtectionLevel>>;

/** A connection is one. */
export interface ProtectedCluster {
  readonly context: Pick<KubeContext, 'name' | 'file'>;
  /** `https://host:port`, without a slash at its end. */
  readonly server: string;
}

interface Mark {
  readonly key: string;
  readonly level: ProtectionLevel;
  readonly name: string;
  /** Missing: of before, when only a name was written. */
  readonly place?: { readonly server: string; readonly uid: string; readonly authority: string };
}

const UNKNOWN = '-';
const AUTHORITY_LENGTH = 32;
const KEY = /^(?<name>.*) (?<server>https?:\/\/\S+) (?<uid>[^\s/]+)\/(?<authority>-|[0-9a-f]{32})$/s;

/** `identity`: undefined as long as it was not read; nothing is open before. */
export function protectionOf(cluster: ProtectedCluster, identity: ClusterIdentity | undefined, levels: ProtectionLevels): Protection {
  const { context, server } = cluster;
  const marks = marksOf(levels);
  const own = marks.filter((mark) => isOwn(mark, cluster, identity));
  const ofCluster = marks.filter((mark) => own.includes(mark) || isSameUid(mark, identity));
  const isReadOnly =
    marks.some((mark) => mark.level === 'readOnly' && mayBe(mark, cluster, identity)) ||
    (own.length === 0 && marks.some((mark) => mark.level === 'readOnly' && isByName(mark, cluster)));
  const isLab = identity?.isLab === true && own.length === 0;
  const isOpen = (own.length > 0 || isLab) && ofCluster.every(({ level }) => level === 'open');
  const lapsed = identity === undefined || own.length > 0 || isLab ? undefined : lapsedOf(marks, cluster, identity);
  return {
    context: context.name,
    server,
    level: isReadOnly ? 'readOnly' : isOpen ? 'open' : 'confirm',
    knownBy: identity === undefined ? 'nothing' : identity.uid === undefined ? 'address' : 'identity',
    ...(lapsed === undefined ? {} : { lapsed }),
    ...(isLab && isOpen && !isReadOnly ? { isLab } : {}),
  };
}

/** With this level for this cluster, in place of whatever was said of it before. */
export function withLevel(
  cluster: ProtectedCluster,
  identity: ClusterIdentity,
  levels: ProtectionLevels,
  level: ProtectionLevel,
): ProtectionLevels {
  const isReplaced = (mark: Mark): boolean => {
    // What a name alone opened opens nothing any more; what it closed may be another cluster of that name.
    if (mark.place === undefined) return mark.level !== 'readOnly' && isByName(mark, cluster);
    if (isOwn(mark, cluster, identity)) return true;
    // Another kubeconfig of this cluster may name another authority: what it says of it goes on, unless it is stricter.
    if (isSameUid(mark, identity)) return mark.level !== 'open' || level !== 'open';
    return mark.level === 'readOnly' && mayBe(mark, cluster, identity);
  };
  const kept = marksOf(levels).filter((mark) => !isReplaced(mark));
  return { ...Object.fromEntries(kept.map(({ key, level: of }) => [key, of])), [keyOf(cluster, identity)]: level };
}

function keyOf({ context, server }: ProtectedCluster, identity: ClusterIdentity): string {
  return `${context.name} ${server} ${identity.uid ?? UNKNOWN}/${authorityOf(identity)}`;
}

function authorityOf({ caHash }: ClusterIdentity): string {
  return caHash === undefined ? UNKNOWN : caHash.slice(0, AUTHORITY_LENGTH);
}

function marksOf(levels: ProtectionLevels): readonly Mark[] {
  return Object.entries(levels).map(([key, level]) => {
    const { name = key, server, uid, authority } = KEY.exec(key)?.groups ?? {};
    if (server === undefined || uid === undefined || authority === undefined) return { key, level, name };
    return { key, level, name, place: { server, uid, authority } };
  });
}

/** It was said of this very cluster, with this authority. */
function isOwn({ name, place }: Mark, { context, server }: ProtectedCluster, identity: ClusterIdentity | undefined): boolean {
  if (place === undefined || identity === undefined || place.authority !== authorityOf(identity)) return false;
  if (identity.uid !== undefined) return place.uid === identity.uid;
  return place.uid === UNKNOWN && name === context.name && place.server === server;
}

function isSameUid({ place }: Mark, identity: ClusterIdentity | undefined): boolean {
  return place !== undefined && identity?.uid !== undefined && place.uid === identity.uid;
}

/** Strictness needs less than certainty: where one of both UIDs is not known, the address is enough. */
function mayBe(mark: Mark, { server }: ProtectedCluster, identity: ClusterIdentity | undefined): boolean {
  if (mark.place === undefined) return false;
  if (identity?.uid !== undefined && mark.place.uid !== UNKNOWN) return isSameUid(mark, identity);
  return mark.place.server === server;
}

function isByName({ key, place }: Mark, { context }: ProtectedCluster): boolean {
  return place === undefined && (key === context.name || key === `${context.file}:${context.name}`);
}

/** Why what a person opened under this name is not open now. */
function lapsedOf(marks: readonly Mark[], cluster: ProtectedCluster, identity: ClusterIdentity): Protection['lapsed'] {
  const opened = marks.filter(({ level }) => level === 'open');
  if (opened.some((mark) => isSameUid(mark, identity))) return 'authority';
  if (opened.some(({ name, place }) => place !== undefined && name === cluster.context.name)) return 'otherCluster';
  return opened.some((mark) => isByName(mark, cluster)) ? 'name' : undefined;
}
