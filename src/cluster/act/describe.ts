/** All about one object in one text, as `kubectl describe` gives it. */
import { FaultlineError } from '../../base/errors.ts';
import type { ClusterConnection } from '../connect/connection.ts';
import type { AnyObject, KubeEvent } from '../objects.ts';

/** As `ObjectRef` of the tree's model. */
export interface Described {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** `events`: those of the object, in any order. No value of a secret is in the text, nor of an environment variable that looks like one. */
export function describeObject(object: AnyObject, events: readonly KubeEvent[], nowMs: number): string {
  throw new FaultlineError('unsupported', { what: `${object.metadata.name}${events.length}${nowMs}` });
}

/** Asks for both. Events that may not be read are said to be missing. Fails as a request does. */
export async function describe(connection: ClusterConnection, described: Described, signal?: AbortSignal): Promise<string> {
  throw new FaultlineError('unsupported', { what: `${connection.server}${described.name}${String(signal)}` });
}
