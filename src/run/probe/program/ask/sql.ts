/** One statement over HTTP, judged by its rows: what Trino and ClickHouse have in common. */
import { FaultlineError } from '../../../../base/errors.ts';
import { t } from '../../../../base/messages.ts';
import { loginCodes } from '../../../../engine/clickhouse/loginCodes.ts';
import { authorityVariable, type ProgramProbe } from '../../protocol.ts';
import { gaveUp, isRead, type Answered, type Asker } from './asker.ts';
import { Expected } from './expected.ts';
import { Lost, lostError, openWire, type Wire } from './line.ts';

/** What an engine made of it: rows as text, or its error. `refused`: it took no effect for sure. */
export type Replied = { readonly rows: string } | { readonly error: NonNullable<Answered['error']>; readonly refused: boolean };

/** Fails with `Lost`. */
export type AskSql = (sql: string, wire: Wire, signal: AbortSignal) => Promise<Replied>;

/** 497: ACCESS_DENIED. */
const refusedCodes: ReadonlySet<string> = new Set(['HTTP 401', 'HTTP 403', '497', ...loginCodes]);

export function sqlAsker(probe: ProgramProbe, ask: AskSql, note: (text: string) => void, varies: string): Asker {
  const { address, connection, asks, user } = probe;
  const caPem = process.env[authorityVariable];
  const expected = new Expected(asks, () => note(varies));
  const writes = !isRead(asks);
  const kept = connection === 'pooled' ? openWire(address, 'pooled', caPem) : undefined;
  return {
    /** A login that is refused is known before anything is broken. Whatever else is wrong is what it is there to tell. */
    async prepare(signal) {
      if (user === undefined && !address.startsWith('https:')) return;
      const wire = openWire(address, 'fresh', caPem);
      try {
        const replied = await ask('select 1', wire, signal);
        if ('rows' in replied || !refusedCodes.has(replied.error.code ?? '')) return;
        throw new FaultlineError('unauthorised', {
          what: t('{0} refused the login of {1}', address, user ?? t('nobody in particular')),
          meaning: replied.error.text,
          remedy: t('Check {0} of the probe. Trino takes a password only over https.', 'user, secret'),
          code: replied.error.code ?? '',
        });
      } catch (error) {
        if (FaultlineError.is(error)) throw error;
      } finally {
        wire.close();
      }
    },
    async ask(_number, signal) {
      const wire = kept ?? openWire(address, 'fresh', caPem);
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
    limit: () => expected.fix(),
    close: async () => kept?.close(),
  };
}
