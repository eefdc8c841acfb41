/** Calls of a page, wrapped with their schemas: a page may be anything, and shows one sentence of what fails. No `vscode` import. */
import * as v from 'valibot';
import { FaultlineError, invalid } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { Log } from '../log.ts';

type Call = (...args: readonly unknown[]) => Promise<unknown>;

/** `api` answers every call of `schemas`, whose tuples are its arguments. `page` names it in the log. */
export function checkedCalls<Api extends object>(
  api: Api,
  schemas: Readonly<Record<keyof Api & string, v.GenericSchema<unknown, readonly unknown[]>>>,
  page: string,
  log: Log,
): Api {
  const wrap = (name: keyof Api & string): Call => {
    const schema = schemas[name];
    const call = api[name] as Call;
    return async (...args) => {
      const parsed = v.safeParse(schema, args);
      if (!parsed.success) {
        const error = invalid(t('The page asked for something that makes no sense'));
        log.error(`${page}: ${name}(${v.summarize(parsed.issues)})`, error);
        throw error;
      }
      try {
        return await call(...parsed.output);
      } catch (error) {
        if (!FaultlineError.is(error, 'cancelled')) log.error(`${page}: ${name}`, error);
        throw error;
      }
    };
  };
  const names = Object.keys(schemas) as (keyof Api & string)[];
  return Object.fromEntries(names.map((name) => [name, wrap(name)])) as unknown as Api;
}
