/** The login of `faultline tree`: for one Kafka, from the command line and a variable, never kept. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { FaultlineError, invalid } from '../base/errors.ts';
import { isCertificate, saslMechanisms, type KafkaLogin, type SaslMechanism } from '../base/kafkaLogin.ts';
import type { KafkaInstance } from '../cluster/recognise/model.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface KafkaLoginOptions {
  /** Which Kafka: name, or namespace/name. */
  readonly kafka?: string;
  readonly kafkaUser?: string;
  readonly kafkaPasswordEnv?: string;
  readonly kafkaMechanism?: SaslMechanism;
  readonly kafkaCa?: string;
  readonly kafkaListener?: string;
}

const usualVariable = 'FAULTLINE_KAFKA_PASSWORD';

export function addKafkaLoginOptions(command: Command): Command {
  return command
    .option('--kafka <name>', 'the Kafka that the login is for (default: the only one); name, or namespace/name')
    .option('--kafka-user <name>', 'who logs in to it')
    .option('--kafka-password-env <name>', `variable with the password (default: ${usualVariable})`)
    .addOption(
      new Option('--kafka-mechanism <name>', 'how (default: the first that its listener names, else SCRAM-SHA-512)').choices(
        saslMechanisms,
      ),
    )
    .option('--kafka-ca <file>', 'PEM file of the authority that signed its certificates')
    .option('--kafka-listener <name>', 'the listener to ask (default: the first that takes the login)');
}

/** Undefined where none is given. Fails with `invalid`: what belongs together is not, a variable is not set, a file is none. */
export async function kafkaLoginOf(options: KafkaLoginOptions, env: Env): Promise<KafkaLogin | undefined> {
  const { kafka, kafkaUser: user, kafkaPasswordEnv, kafkaMechanism: mechanism, kafkaCa, kafkaListener: listener } = options;
  if (user === undefined && (kafkaPasswordEnv ?? mechanism) !== undefined)
    throw invalid(`${mechanism === undefined ? '--kafka-password-env' : '--kafka-mechanism'} is of a login`, 'Give --kafka-user too.');
  if (user === undefined && kafkaCa === undefined) {
    if ((kafka ?? listener) === undefined) return undefined;
    throw invalid(`--kafka${kafka === undefined ? '-listener' : ''} is of a login`, 'Give --kafka-user, or --kafka-ca for TLS alone.');
  }
  return {
    ...(listener === undefined ? {} : { listener }),
    ...(user === undefined
      ? {}
      : { sasl: { user, password: passwordIn(env, kafkaPasswordEnv), ...(mechanism === undefined ? {} : { mechanism }) } }),
    ...(kafkaCa === undefined ? {} : { caPem: await authorityIn(resolve(kafkaCa)) }),
  };
}

function passwordIn(env: Env, variable = usualVariable): string {
  const password = env[variable];
  if (password === undefined || password === '')
    throw invalid(
      `The password of the Kafka user is missing: ${variable} is not set`,
      'Set that variable, or name another with --kafka-password-env.',
    );
  return password;
}

async function authorityIn(file: string): Promise<string> {
  const pem = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new FaultlineError('invalid', { what: `--kafka-ca: ${file} can’t be read` }, error);
  });
  if (!isCertificate(pem)) throw invalid(`--kafka-ca: ${file} holds no certificate`, 'It has to be a PEM file with BEGIN CERTIFICATE.');
  return pem;
}

/** No password goes to another Kafka than the one that it is for. Fails: `notFound`, `invalid` (several it may be for). */
export function kafkaMeant(name: string | undefined, all: readonly KafkaInstance[]): KafkaInstance {
  const fitting = all.filter((one) => name === undefined || one.name === name || nameOf(one) === name);
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only;
  const names = all.map(nameOf).join(', ');
  if (fitting.length > 1)
    throw invalid(
      `The login is for one Kafka, and ${fitting.length} may be meant`,
      `Name it with --kafka: ${fitting.map(nameOf).join(', ')}.`,
    );
  throw new FaultlineError('notFound', {
    what: name === undefined ? 'The login is for a Kafka, and none is shown' : `No Kafka ${name} is shown`,
    ...(names === '' ? {} : { remedy: `There is ${names}.` }),
  });
}

/** For who sees that one is wanted: how to give it. Empty where none is. */
export function howToLogIn(all: readonly KafkaInstance[]): string {
  const wanting = all.find(({ login }) => login === 'wanted');
  if (wanting === undefined) return '';
  const which = all.length === 1 ? '' : ` --kafka ${nameOf(wanting)}`;
  return `To log in to Kafka ${wanting.name}:${which} --kafka-user NAME, with the password in ${usualVariable}; --kafka-ca FILE for TLS.\n`;
}

function nameOf({ namespace, name }: KafkaInstance): string {
  return `${namespace}/${name}`;
}
