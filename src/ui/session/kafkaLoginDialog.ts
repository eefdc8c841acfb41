/** What a person is asked to be let in to a Kafka: only what its listeners and the Secrets of its release don't say. No `vscode` import. */
import { cancelled, FaultlineError, invalid } from '../../base/errors.ts';
import { isCertificate, saslMechanisms, type KafkaLogin, type SaslMechanism } from '../../base/kafkaLogin.ts';
import { t } from '../../base/messages.ts';
import { guardedListeners, wantsOf, type KafkaListener } from '../../cluster/kafkaListeners.ts';
import { authorityIn, loginsIn, type KafkaSecrets, type LoginSecret, type UserPassword } from '../../cluster/kafkaSecrets.ts';

export interface LoginChoice<T> {
  readonly label: string;
  readonly description?: string;
  readonly value: T;
}

/** Each answers undefined when the person went away. */
export interface LoginAsker {
  choose<T>(question: string, choices: readonly LoginChoice<T>[]): Promise<LoginChoice<T> | undefined>;
  /** `value`: what stands there at first. */
  text(question: string, value: string): Promise<string | undefined>;
  password(question: string): Promise<string | undefined>;
  /** What is in the file that was chosen. */
  file(question: string): Promise<string | undefined>;
}

export interface LoginFacts {
  /** Of the Kafka. */
  readonly name: string;
  readonly listeners: readonly KafkaListener[];
  readonly secrets: KafkaSecrets;
  /** What a Secret holds, in base64. */
  readonly read: (secret: string) => Promise<Readonly<Record<string, string>>>;
  /** What was given before. */
  readonly before?: KafkaLogin;
}

/** Fails: `cancelled`, `invalid` (nothing wants a login; a file or Secret holds none), `unsupported`, and as reading a Secret does. */
export async function askKafkaLogin(facts: LoginFacts, asker: LoginAsker): Promise<KafkaLogin> {
  const listener = await askListener(facts, asker);
  const sasl = await askSasl(listener, facts, asker);
  const tls = await askTls(listener, sasl === undefined, facts, asker);
  return { ...(listener.name === '' ? {} : { listener: listener.name }), ...(sasl === undefined ? {} : { sasl }), ...tls };
}

async function askListener({ name, listeners }: LoginFacts, asker: LoginAsker): Promise<KafkaListener> {
  const guarded = guardedListeners(listeners);
  const [only] = guarded;
  if (only === undefined) throw invalid(t('Kafka {0} wants no login', name), t('Every listener that it shows is in plaintext.'));
  if (guarded.length === 1) return only;
  const choices = guarded.map((value) => ({
    label: value.name,
    description: [t('port {0}', value.port), value.protocol, value.mechanisms?.join(', ')].filter(Boolean).join(' · '),
    value,
  }));
  return answered(await asker.choose(t('Which listener?'), choices)).value;
}

type Sasl = NonNullable<KafkaLogin['sasl']>;
type How = { readonly kind: 'typed' } | { readonly kind: 'none' } | { readonly kind: 'secret'; readonly secret: LoginSecret };

async function askSasl(listener: KafkaListener, facts: LoginFacts, asker: LoginAsker): Promise<Sasl | undefined> {
  const { login } = wantsOf(listener);
  if (login === 'no') return undefined;
  const typed: LoginChoice<How> = { label: t('User and password…'), value: { kind: 'typed' } };
  const choices: readonly LoginChoice<How>[] = [
    ...facts.secrets.logins.map((secret) => ({
      label: t('Secret {0}', secret.name),
      description: t('of this release'),
      value: { kind: 'secret', secret } as const,
    })),
    typed,
    ...(login === 'maybe' ? [{ label: t('No user: TLS alone'), value: { kind: 'none' } as const }] : []),
  ];
  const how = choices.length === 1 ? typed : answered(await asker.choose(t('Log in with what?'), choices));
  if (how.value.kind === 'none') return undefined;
  const known = how.value.kind === 'secret' ? how.value.secret : undefined;
  const who = known === undefined ? undefined : await askUserOf(known, facts, asker);
  const mechanism = await askMechanism(listener, known?.mechanism, asker);
  if (who !== undefined) return { mechanism, ...who };
  const user = answered(await asker.text(t('User'), facts.before?.sasl?.user ?? '')).trim();
  if (user === '') throw cancelled();
  const password = answered(await asker.password(t('Password of {0}. It is kept in the secret storage of VS Code.', user)));
  return { mechanism, user, password };
}

async function askUserOf(secret: LoginSecret, { read }: LoginFacts, asker: LoginAsker): Promise<UserPassword> {
  const found = loginsIn(secret, await read(secret.name));
  const [only] = found;
  if (only === undefined) throw invalid(t('Secret {0} holds no user and password', secret.name));
  if (found.length === 1) return only;
  const choices = found.map((value) => ({ label: value.user, value }));
  return answered(await asker.choose(t('Which user of Secret {0}?', secret.name), choices)).value;
}

async function askMechanism(
  { name, mechanisms = saslMechanisms }: KafkaListener,
  known: SaslMechanism | undefined,
  asker: LoginAsker,
): Promise<SaslMechanism> {
  const [first] = mechanisms;
  if (first === undefined)
    throw new FaultlineError('unsupported', {
      what: t('Listener {0} takes no login that Faultline knows', name),
      remedy: t('Faultline logs in by {0}.', saslMechanisms.join(', ')),
    });
  if (known !== undefined && mechanisms.includes(known)) return known;
  if (mechanisms.length === 1) return first;
  const choices = mechanisms.map((value) => ({
    label: value,
    description: value === 'PLAIN' ? t('the broker sees the password') : t('the password stays here'),
    value,
  }));
  return answered(await asker.choose(t('By which mechanism?'), choices)).value;
}

type Trust = { readonly kind: 'none' | 'machine' | 'file' } | { readonly kind: 'secret'; readonly name: string };

/** `only`: without a user, TLS is all there is. */
async function askTls(
  listener: KafkaListener,
  only: boolean,
  { secrets, read }: LoginFacts,
  asker: LoginAsker,
): Promise<Pick<KafkaLogin, 'isTls' | 'caPem'>> {
  const { tls } = wantsOf(listener);
  if (tls === 'no') return {};
  const none: LoginChoice<Trust> = { label: t('No TLS'), description: t('the listener does not say'), value: { kind: 'none' } };
  const choices: readonly LoginChoice<Trust>[] = [
    ...(tls === 'maybe' && !only ? [none] : []),
    ...secrets.authorities.map((name) => ({
      label: t('Secret {0}', name),
      description: t('its {0}', 'ca.crt'),
      value: { kind: 'secret', name } as const,
    })),
    { label: t('A PEM file…'), description: t('of the authority'), value: { kind: 'file' } },
    { label: t('Authorities that this machine knows'), value: { kind: 'machine' } },
  ];
  const { value } = answered(await asker.choose(t('Who signed its certificates?'), choices));
  switch (value.kind) {
    case 'none':
      return { isTls: false };
    case 'machine':
      return { isTls: true };
    case 'file': {
      const caPem = answered(await asker.file(t('Certificate of the authority')));
      if (!isCertificate(caPem)) throw invalid(t('The file holds no certificate'), t('It has to be a PEM file with BEGIN CERTIFICATE.'));
      return { isTls: true, caPem };
    }
    case 'secret':
      return { isTls: true, caPem: authorityIn(value.name, await read(value.name)) };
  }
}

function answered<T>(answer: T | undefined): T {
  if (answer === undefined) throw cancelled();
  return answer;
}
