/** One statement over HTTP, judged by its rows: what Trino and ClickHouse have in common. */
import type { ProgramProbe } from '../../protocol.ts';
import { gaveUp, isRead, type Answered, type Asker } from './asker.ts';
import { Expected } from './expected.ts';
import { Lost, lostError, openWire, type Wire } from './line.ts';

/** What an engine made of it: rows as text, or its error. `refused`: it took no effect for sure. */
export type Replied = { readonly rows: string } | { readonly error: NonNullable<Answered['error']>; readonly refused: boolean };

/** Fails with `Lost`. */
export type AskSql = (sql: string, wire: Wire, signal: AbortSignal) => Promise<Replied>;

export function sqlAsker({ address, connection, asks }: ProgramProbe, ask: AskSql, note: (text: string) => void, varies: string): Asker {
  const expected = new Expected(asks, () => note(varies));
  const writes = !isRead(asks);
  const kept = connection === 'pooled' ? openWire(address, 'pooled') : undefined;
  return {
    async ask(_number, signal) {
      const wire = kept ?? openWire(address, 'fresh');
      try {
        const replied = await ask(asks, wire, signal);
        if ('rows' in replied) return expected.judge(replied.rows);
        return { outcome: writes && !replied.refused ? 'unknown' : 'failed', error: replied.error };
      } catch (error) {
        if (signal.aborted) return gaveUp(writes && !(error instanceof Lost && error.unsent));
        const lost = error instanceof Lost ? error : new Lost(error instanceof Error ? error : new Error(String(error)), false);
        return { outcome: writes && !lost.unsent ? 'unknown' : 'failed', error: lostError(lost, address) };
      } finally {
        if (wire !== kept) wire.close();
      }
    },
    limit: () => undefined,
    close: async () => kept?.close(),
  };
}
