/**
 * What people gave to be let in to the Kafkas of one cluster: in VS Code's secret storage alone, by what the cluster is and what Kafka is
 * called in it. Loaded with the first cluster that is opened. No `vscode` import.
 */
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { saslMechanisms, type KafkaLogin } from '../../base/kafkaLogin.ts';
import type { ClusterConnection } from '../../cluster/connect/connection.ts';
import { clusterIdentity } from '../../cluster/connect/identity.ts';
import type { KafkaInstance } from '../../cluster/recognise/model.ts';
import type { GivenKafkaLogin, KafkaLogins } from '../../cluster/truth/kafka.ts';
import type { SecretStore } from './passwords.ts';

/** Which Kafka of the cluster. */
type Which = Pick<KafkaInstance, 'id'>;

const kept = v.object({
  login: v.object({
    listener: v.exactOptional(v.string()),
    sasl: v.exactOptional(v.object({ mechanism: v.exactOptional(v.picklist(saslMechanisms)), user: v.string(), password: v.string() })),
    isTls: v.exactOptional(v.boolean()),
    caPem: v.exactOptional(v.string()),
  }),
  isRefused: v.exactOptional(v.boolean()),
});

export class KeptKafkaLogins implements KafkaLogins {
  readonly #store: SecretStore;
  readonly #connection: ClusterConnection;
  #cluster: Promise<string> | undefined;

  constructor(store: SecretStore, connection: ClusterConnection) {
    this.#store = store;
    this.#connection = connection;
  }

  async of(instance: Which): Promise<GivenKafkaLogin | undefined> {
    const text = await this.#store.get(await this.#keyOf(instance));
    const read = v.safeParse(kept, text === undefined ? undefined : parsed(text));
    return read.success ? read.output : undefined;
  }

  async keep(instance: Which, login: KafkaLogin): Promise<void> {
    await this.#store.store(await this.#keyOf(instance), JSON.stringify({ login } satisfies GivenKafkaLogin));
  }

  /** Other windows heed it too. One that a person gave in the meantime stays. */
  async refused(instance: Which, login: KafkaLogin): Promise<void> {
    const now = await this.of(instance);
    if (now === undefined || JSON.stringify(now.login) !== JSON.stringify(login)) return;
    await this.#store.store(await this.#keyOf(instance), JSON.stringify({ login, isRefused: true } satisfies GivenKafkaLogin));
  }

  async forget(instance: Which): Promise<void> {
    await this.#store.delete(await this.#keyOf(instance));
  }

  async #keyOf({ id }: Which): Promise<string> {
    this.#cluster ??= identityOf(this.#connection).catch((error: unknown) => {
      this.#cluster = undefined;
      throw error;
    });
    const hash = createHash('sha256').update(JSON.stringify([await this.#cluster, id]));
    return `FAULTLINE_KAFKA_LOGIN_${hash.digest('hex').slice(0, 24).toUpperCase()}`;
  }
}

/** The cluster itself, whatever its context is called; its address where it does not say what it is. */
async function identityOf(connection: ClusterConnection): Promise<string> {
  const { uid, caHash } = await clusterIdentity(connection);
  return uid ?? caHash ?? connection.server;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
