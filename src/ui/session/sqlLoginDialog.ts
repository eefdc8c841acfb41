/** What a person is asked to be let in to a SQL server: nothing that a Secret of its release says. No `vscode` import. */
import { cancelled } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import type { PasswordSecret } from '../../cluster/sqlLogin.ts';
import type { LoginAsker, LoginChoice } from './kafkaLoginDialog.ts';

export interface SqlLogin {
  readonly user: string;
  readonly password: string;
}

export interface SqlLoginFacts {
  /** Of the server. */
  readonly user: string;
  /** Where its own pods have it from. */
  readonly secret?: PasswordSecret;
  readonly read: (secret: PasswordSecret) => Promise<string>;
}

/** Fails: `cancelled`, and as reading the Secret does. */
export async function askSqlLogin(
  { user, secret, read }: SqlLoginFacts,
  asker: Pick<LoginAsker, 'choose' | 'text' | 'password'>,
): Promise<SqlLogin> {
  const typed: LoginChoice<'typed' | 'secret'> = { label: t('User and password…'), value: 'typed' };
  if (secret !== undefined) {
    const description = t('key {0}, user {1}', secret.key, secret.user);
    const ofRelease: LoginChoice<'typed' | 'secret'> = { label: t('Secret {0}', secret.secret), description, value: 'secret' };
    const chosen = answered(await asker.choose(t('Log in with what?'), [ofRelease, typed]));
    if (chosen.value === 'secret') return { user: secret.user, password: await read(secret) };
  }
  const name = answered(await asker.text(t('User'), user)).trim() || user;
  const password = answered(await asker.password(t('Password of {0}. It is kept in the secret storage of VS Code.', name)));
  return { user: name, password };
}

function answered<T>(answer: T | undefined): T {
  if (answer === undefined) throw cancelled();
  return answer;
}
