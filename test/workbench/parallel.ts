/** Many things at once, but never more than a server or this machine likes. */

/** The first failure ends it: no further item is begun, and it is thrown when those under way have ended. */
export async function eachOf<T>(
  items: readonly T[],
  atOnce: number,
  action: (item: T) => Promise<unknown>,
  signal?: AbortSignal,
): Promise<void> {
  let next = 0;
  let failure: { readonly error: unknown } | undefined;
  const worker = async (): Promise<void> => {
    while (next < items.length && failure === undefined) {
      signal?.throwIfAborted();
      const item = items[next++];
      // `next` was below the length.
      if (item === undefined) return;
      try {
        await action(item);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  if (failure !== undefined) throw failure.error;
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
