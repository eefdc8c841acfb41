/** Why a fault is not injected: what is wrong, what to do, and the flag that a person may name where it is theirs to decide. */
import type { FaultlineError } from '../../base/errors.ts';
import type { FaultFlag } from '../draft.ts';

export type RefusalReason =
  /** No target, or which one is meant can't be told. */
  | 'target'
  /** kube-system, the control plane. */
  | 'system'
  /** A pod or a node that this kind does not fit. */
  | 'unfit'
  /** More targets than allowed, or a quorum's majority. */
  | 'blast'
  | 'budget'
  | 'unwell'
  | 'otherFault'
  /** What has to be looked at could not be read. */
  | 'unread'
  | 'tooLong'
  | 'consent'
  | 'permission'
  /** The API, a policy or a webhook refuses the very request. */
  | 'mechanism'
  | 'cluster';

export interface Refusal {
  readonly reason: RefusalReason;
  /** One sentence without a full stop. */
  readonly text: string;
  /** A whole sentence. */
  readonly remedy?: string;
  /** Allowed by this name. */
  readonly flag?: FaultFlag;
}

export function refusal(reason: RefusalReason, text: string, more: { readonly remedy?: string; readonly flag?: FaultFlag } = {}): Refusal {
  return { reason, text, ...more };
}

export function refusalOf(reason: RefusalReason, { facts }: FaultlineError): Refusal {
  const text = facts.meaning === undefined ? facts.what : `${facts.what}: ${facts.meaning.replace(/\.$/, '')}`;
  return refusal(reason, text, facts.remedy === undefined ? {} : { remedy: facts.remedy });
}
