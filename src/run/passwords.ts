/**
 * Passwords of a run's servers, on their way to its process: in one variable of its environment, which it takes out at once. Never in
 * its arguments, the plan or the journal.
 */
import * as v from 'valibot';
import { FaultlineError } from '../base/errors.ts';
import { t } from '../base/messages.ts';
import type { RunPlan } from '../journal/plan.ts';

const variable = 'FAULTLINE_RUN_PASSWORDS';
const schema = v.record(v.string(), v.string());

/** By the name of the secret. */
export type Passwords = Readonly<Record<string, string>>;

/** The variable of the process that is about to be started; none where no server has a password. */
export function passwordVariable(passwords: Passwords): Readonly<Record<string, string>> {
  return Object.keys(passwords).length === 0 ? {} : { [variable]: JSON.stringify(passwords) };
}

/** What the starter gave, and no child of this process sees. */
export function takePasswords(env: NodeJS.ProcessEnv): Passwords {
  const text = env[variable];
  delete env[variable];
  const read = v.safeParse(schema, text === undefined ? {} : JSON.parse(text));
  return read.success ? read.output : {};
}

/** The passwords that the plan's servers name. Fails with `unauthorised` when one of them is not known. */
export async function passwordsOf(
  plan: RunPlan,
  known: (secret: string) => string | undefined | Promise<string | undefined>,
): Promise<Passwords> {
  const found: Record<string, string> = {};
  for (const { target } of plan.arms) {
    if (target.kind !== 'server' || target.secret === undefined) continue;
    const password = await known(target.secret);
    if (password === undefined) {
      throw new FaultlineError('unauthorised', {
        what: t('There is no password for {0} at {1}', target.user, target.name),
        remedy: t('In the editor, edit the connection; in a terminal, set the variable {0}.', target.secret),
      });
    }
    found[target.secret] = password;
  }
  return found;
}
