/**
 * Which lines of one log were given already. A log is resumed by `sinceTime`, which Kubernetes cuts to whole seconds: what was written
 * in that second comes once more.
 */

/** Lines of the last two seconds are remembered, but no more than so many. */
const MAX_REMEMBERED = 50_000;
const REMEMBERED_MS = 2000;

export class SeenLines {
  /** By time: how many lines of this very nanosecond were given. In the order of their coming. */
  readonly #given = new Map<string, number>();
  /** The same of the present connection. */
  #here = new Map<string, number>();
  /** In what a new connection repeats, all that is older was given. */
  #from = '';
  #latest = '';
  #repeatedUntil = '';

  /** Whether this line was not given before. `time` as `comparable` makes it. */
  isNew(time: string): boolean {
    if (time < this.#from && time <= this.#repeatedUntil) return false;
    const count = (this.#here.get(time) ?? 0) + 1;
    this.#here.set(time, count);
    if (count <= (this.#given.get(time) ?? 0)) return false;
    this.#given.set(time, count);
    if (time > this.#latest) this.#latest = time;
    if (this.#given.size > MAX_REMEMBERED) this.#forget();
    return true;
  }

  /** A new connection begins: where it has to begin, undefined as long as there was no line. */
  resume(): string | undefined {
    this.#here = new Map();
    this.#repeatedUntil = this.#latest;
    if (this.#latest === '') return undefined;
    // One second more than needed: two outputs of a container are written by two hands, and not always in the order of their times.
    return new Date(Math.floor(msOf(this.#latest) / 1000) * 1000 - 1000).toISOString();
  }

  #forget(): void {
    const from = msOf(this.#latest) - REMEMBERED_MS;
    for (const time of this.#given.keys()) {
      if (msOf(time) >= from && this.#given.size <= MAX_REMEMBERED / 2) break;
      this.#given.delete(time);
      this.#here.delete(time);
      if (time > this.#from) this.#from = time;
    }
    // Itself it was given.
    this.#from = `${this.#from}!`;
  }
}

/** A time that compares as text: `1763740000123456789` in nanoseconds; undefined where the text is no RFC 3339 time. */
export function comparable(time: string): string | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(time);
  if (match === null) return undefined;
  const [, base = '', fraction = '', zone = ''] = match;
  return `${Date.parse(`${base}${zone}`) / 1000}${fraction.padEnd(9, '0')}`;
}

function msOf(time: string): number {
  return Number(time.slice(0, -6));
}
