/**
 * Faults that set one field of an object and set it back. What it was, and what it is now, stands on the object: whoever sweeps can put it
 * back when nobody is left who knows. Every write carries the version that was read, so nobody else's change is ever overwritten.
 */
import * as v from 'valibot';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';
import { statusOf } from '../../cluster/connect/failure.ts';
import type { ClusterConnection } from '../../cluster/connect/connection.ts';
import type { KubeObject } from '../../cluster/objects.ts';
import type { Healing } from '../injector.ts';
import { deadlineMark, deadlineText, fieldManager, runMark, undoMark } from '../marks.ts';

export interface Field<T extends KubeObject, V> {
  readonly path: string;
  /** "Deployment shop/web" */
  readonly title: string;
  readonly uid: string;
  /** "replicas" */
  readonly name: string;
  of(object: T): V;
  /** As a merge patch of the object. */
  patch(value: V): object;
}

/** What stands on the object while the fault lasts. */
export interface Undo {
  readonly run: string;
  readonly field: string;
  readonly original: number | boolean;
  readonly ours: number | boolean;
  /** From when it was written to its deadline: for whoever's clock is another than ours. */
  readonly forMs?: number | undefined;
}

/** Somebody who writes at the same time wins once or twice; more often something fights over the object. */
const TRIES = 5;

export class FieldEdit<T extends KubeObject, V extends number | boolean> {
  readonly #connection: ClusterConnection;
  readonly #field: Field<T, V>;
  readonly #run: string;
  readonly #ours: V;
  readonly original: V;
  /** Why the last heal left it as it was. */
  #left: string | undefined;
  /** As the API acknowledged it; undefined: not yet, and not any more once we have set it back. */
  #applied: { readonly generation: number | undefined } | undefined;

  private constructor(connection: ClusterConnection, field: Field<T, V>, run: string, original: V, ours: V) {
    this.#connection = connection;
    this.#field = field;
    this.#run = run;
    this.original = original;
    this.#ours = ours;
  }

  /** Fails: `refusedByProtection` (another object, one that is edited by a fault already), as a request does. */
  static async read<T extends KubeObject, V extends number | boolean>(
    connection: ClusterConnection,
    field: Field<T, V>,
    run: string,
    ours: V,
    signal: AbortSignal,
  ): Promise<FieldEdit<T, V>> {
    const object = await readSame(connection, field, signal);
    const undo = object.metadata.annotations?.[undoMark];
    if (undo !== undefined)
      throw new FaultlineError('refusedByProtection', {
        what: t('{0} still has the mark of an earlier fault', field.title),
        meaning: undo,
        remedy: t('Sweep the cluster first: faultline sweep'),
      });
    return new FieldEdit(connection, field, run, field.of(object), ours);
  }

  /** Of an object that has the mark of a fault whose run is gone: to heal it. undefined: the mark is none of ours. */
  static ofMark<T extends KubeObject, V extends number | boolean>(
    connection: ClusterConnection,
    field: Field<T, V>,
    object: T,
  ): FieldEdit<T, V> | undefined {
    const undo = undoOf(object);
    if (undo === undefined || undo.field !== field.name) return undefined;
    const now = field.of(object);
    if (typeof undo.original !== typeof now || typeof undo.ours !== typeof now) return undefined;
    return new FieldEdit(connection, field, undo.run, undo.original as V, undo.ours as V);
  }

  /** The very patch, without effect: what the API made of it. */
  async rehearse(signal: AbortSignal): Promise<{ readonly kept: boolean }> {
    const object = await readSame(this.#connection, this.#field, signal);
    const answer = await this.#write(object, this.#ours, this.#marks(0, 0), signal, { dryRun: 'All' });
    return { kept: this.#field.of(answer) === this.#ours && answer.metadata.annotations?.[undoMark] !== undefined };
  }

  /** Fails: `refusedByProtection` where the field is another since it was read. */
  async apply(deadlineMs: number, nowMs: () => number, signal: AbortSignal): Promise<void> {
    await this.#again(signal, async (object) => {
      if (this.#field.of(object) !== this.original)
        throw new FaultlineError('refusedByProtection', {
          what: t(
            '{0} was changed meanwhile: {1} is {2}, and was {3}',
            this.#field.title,
            this.#field.name,
            this.#field.of(object),
            this.original,
          ),
          remedy: t('Look at it again before you break it.'),
        });
      const answer = await this.#write(object, this.#ours, this.#marks(deadlineMs, deadlineMs - nowMs()), signal);
      if (this.#field.of(answer) === this.#ours) {
        this.#applied = { generation: answer.metadata.generation };
        return;
      }
      throw new FaultlineError('refusedByProtection', {
        what: t('{0} came back with another {1} than was sent: a webhook alters it', this.#field.title, this.#field.name),
      });
    });
  }

  get left(): string | undefined {
    return this.#left;
  }

  async heal(signal: AbortSignal): Promise<Healing> {
    const healing = await this.#heal(signal);
    this.#left = healing.kind === 'left' ? healing.text : undefined;
    return healing;
  }

  async #heal(signal: AbortSignal): Promise<Healing> {
    const { title, name } = this.#field;
    const gone: Healing = { kind: 'left', text: t('{0} is there no more', title) };
    let healing: Healing = { kind: 'sent' };
    try {
      await this.#again(signal, async (object) => {
        const value = this.#field.of(object);
        const mark = object.metadata.annotations?.[undoMark];
        const isMarked = undoOf(object)?.run === this.#run;
        if (mark !== undefined && !isMarked) {
          healing = { kind: 'left', text: t('{0} has the mark of another fault by now, and was left', title) };
          return;
        }
        const isOurs = value === this.#ours && value !== this.original && (isMarked || this.#isStillOurs(object));
        // It was never applied, or was set back before: by us, by the healer in the cluster, by a person.
        healing =
          value === this.original || isOurs
            ? { kind: 'sent' }
            : { kind: 'left', text: t('{0} is {1} by now, and was left: somebody else has set it', name, value) };
        let last = object;
        if (isOurs) {
          last = await this.#write(object, this.original, {}, signal);
          // Its mark stays: whoever sweeps finds it.
          if (this.#field.of(last) !== this.original)
            throw new FaultlineError('unsupported', {
              what: t('{0} was set back to {1} {2}, and is {3}: a webhook alters it', title, name, this.original, this.#field.of(last)),
            });
          this.#applied = undefined;
        }
        if (isMarked) await this.#write(last, this.#field.of(last), unmarked, signal);
      });
    } catch (error) {
      if (FaultlineError.is(error, 'notFound') || FaultlineError.is(error, 'refusedByProtection')) return gone;
      throw error;
    }
    return healing;
  }

  /**
   * Without its mark: of what was acknowledged somebody has taken only that away, as long as the object was not changed twice since, to
   * another value and to this one again. Fails: `unsupported` where it was, or is of a kind that does not count its changes (a node):
   * then nobody knows.
   */
  #isStillOurs({ metadata: { generation } }: T): boolean {
    if (this.#applied === undefined) return false;
    const { title, name } = this.#field;
    const before = this.#applied.generation;
    if (generation !== undefined && before !== undefined && generation - before < 2) return true;
    throw new FaultlineError('unsupported', {
      what: t('{0} has lost its mark and was changed since: whether its {1} is still ours can’t be told', title, name),
    });
  }

  read(signal: AbortSignal): Promise<T> {
    return readSame(this.#connection, this.#field, signal);
  }

  async #again(signal: AbortSignal, work: (object: T) => Promise<void>): Promise<void> {
    for (let left = TRIES - 1; ; left--) {
      try {
        return await work(await readSame(this.#connection, this.#field, signal));
      } catch (error) {
        if (statusOf(error) !== 409 || left === 0) throw error;
      }
    }
  }

  #marks(deadlineMs: number, forMs: number): Readonly<Record<string, string>> {
    const undo: Undo = { run: this.#run, field: this.#field.name, original: this.original, ours: this.#ours, forMs };
    return { [runMark]: this.#run, [deadlineMark]: deadlineText(this.#connection, deadlineMs), [undoMark]: JSON.stringify(undo) };
  }

  #write(
    { metadata: { uid, resourceVersion } }: T,
    value: V,
    annotations: Readonly<Record<string, string | null>>,
    signal: AbortSignal,
    query: Readonly<Record<string, string>> = {},
  ): Promise<T> {
    return this.#connection.request<T>({
      method: 'PATCH',
      path: this.#field.path,
      query: { fieldManager, ...query },
      contentType: 'application/merge-patch+json',
      body: { ...this.#field.patch(value), metadata: { uid, resourceVersion, annotations } },
      signal,
    });
  }
}

/** undefined: it has no mark, or one that can't be read. */
export function undoOf({ metadata }: KubeObject): Undo | undefined {
  try {
    const found = v.safeParse(undoShape, JSON.parse(metadata.annotations?.[undoMark] ?? 'null'));
    return found.success ? found.output : undefined;
  } catch {
    return undefined;
  }
}

const value = v.union([v.number(), v.boolean()]);
const undoShape = v.object({ run: v.string(), field: v.string(), original: value, ours: value, forMs: v.optional(v.number()) });

const unmarked = { [runMark]: null, [deadlineMark]: null, [undoMark]: null } as const;

async function readSame<T extends KubeObject, V>(connection: ClusterConnection, field: Field<T, V>, signal: AbortSignal): Promise<T> {
  const object = await connection.request<T>({ path: field.path, signal });
  if (object.metadata.uid === field.uid) return object;
  throw new FaultlineError('refusedByProtection', {
    what: t('{0} is another one by now', field.title),
    remedy: t('Look at it again before you break it.'),
  });
}
