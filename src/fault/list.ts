/** Lists of the API, whole. */
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { ClusterConnection } from '../cluster/connect/connection.ts';
import type { KubeObject, ObjectList } from '../cluster/objects.ts';

const PAGE = 500;

/** A list that ends in the middle would hide what is unwell. */
export async function listAll<T extends KubeObject>(
  connection: ClusterConnection,
  path: string,
  signal: AbortSignal,
  query: Readonly<Record<string, string>> = {},
): Promise<readonly T[]> {
  const items: T[] = [];
  let next: string | undefined;
  do {
    const page: ObjectList<T> = await connection.request<ObjectList<T>>({
      path,
      query: { ...query, limit: PAGE, ...(next === undefined ? {} : { continue: next }) },
      signal,
    });
    if (!Array.isArray(page.items)) throw new FaultlineError('invalid', { what: t('{0} is no list', path) });
    items.push(...page.items);
    next = page.metadata?.continue === '' ? undefined : page.metadata?.continue;
  } while (next !== undefined);
  return items;
}
