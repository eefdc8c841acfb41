/** Dates and times in DuckDB's own text form, exactly; each is compared with the engine's own cast in the tests. */

const dayUs = 86_400_000_000n;
const maxSafe = BigInt(Number.MAX_SAFE_INTEGER);
const infinity64 = 9_223_372_036_854_775_807n;
const infinityDays = 2_147_483_647;

/** Days since 1970-01-01. */
export function dateText(days: number): string {
  if (days === infinityDays) return 'infinity';
  if (days === -infinityDays) return '-infinity';
  // Civil date from a day count: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const shown = year > 0 ? year : 1 - year;
  return `${String(shown).padStart(4, '0')}-${two(month)}-${two(day)}${year > 0 ? '' : ' (BC)'}`;
}

/** Microseconds since midnight. */
export function timeText(us: number): string {
  const seconds = Math.floor(us / 1e6);
  const fraction = us - seconds * 1e6;
  const text = `${two(Math.floor(seconds / 3600))}:${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`;
  return fraction === 0 ? text : `${text}.${trimZeros(String(fraction).padStart(6, '0'))}`;
}

/** Microseconds since 1970-01-01 00:00. */
export function timestampText(us: bigint): string {
  if (us === infinity64) return 'infinity';
  if (us === -infinity64) return '-infinity';
  const [days, rest] = splitDays(us);
  return `${dateText(days)} ${timeText(rest)}`;
}

/** Nanoseconds since 1970-01-01 00:00. */
export function timestampNsText(ns: bigint): string {
  if (ns === infinity64) return 'infinity';
  if (ns === -infinity64) return '-infinity';
  const us = floorDiv(ns, 1000n);
  const [days, rest] = splitDays(us);
  return `${dateText(days)} ${withNanoseconds(timeText(rest - (rest % 1e6)), (rest % 1e6) * 1000 + Number(ns - us * 1000n))}`;
}

/** Nanoseconds since midnight. */
export function timeNsText(ns: bigint): string {
  const seconds = ns / 1_000_000_000n;
  return withNanoseconds(timeText(Number(seconds) * 1e6), Number(ns - seconds * 1_000_000_000n));
}

/** `us` since midnight, `offsetSeconds` east of UTC. */
export function timeTzText(us: number, offsetSeconds: number): string {
  return `${timeText(us)}${offsetText(offsetSeconds)}`;
}

export function intervalText(months: number, days: number, us: bigint): string {
  const parts: string[] = [];
  const years = Math.trunc(months / 12);
  const restMonths = months - years * 12;
  if (years !== 0) parts.push(plural(years, 'year'));
  if (restMonths !== 0) parts.push(plural(restMonths, 'month'));
  if (days !== 0) parts.push(plural(days, 'day'));
  if (us !== 0n || parts.length === 0) {
    const absolute = us < 0n ? -us : us;
    const seconds = absolute / 1_000_000n;
    const hours = seconds / 3600n;
    const time = timeText(Number(absolute - hours * 3_600_000_000n)).slice(2);
    parts.push(`${us < 0n ? '-' : ''}${String(hours).padStart(2, '0')}${time}`);
  }
  return parts.join(' ');
}

/** Text of instants in one time zone. Offsets come from the JavaScript engine's zone data. */
export class ZonedTimes {
  /** As the session names it: `Europe/Berlin`. */
  readonly timeZone: string;
  readonly #format: Intl.DateTimeFormat | undefined;
  /** Offset by quarter of an hour: no zone has ever changed its offset off that grid since standard time. */
  readonly #offsets = new Map<number, number>();

  /** A zone that JavaScript does not know is shown in UTC: the instant stays exact. */
  constructor(timeZone: string) {
    this.timeZone = timeZone;
    this.#format = isUtc(timeZone) ? undefined : formatOf(timeZone);
  }

  /** Microseconds since 1970-01-01 00:00 UTC. DuckDB leaves the seconds of an old offset (+00:53:28) out, and so the instant open. */
  text(us: bigint): string {
    if (us === infinity64 || us === -infinity64) return timestampText(us);
    const offset = this.#offsetSeconds(us);
    const [days, rest] = splitDays(us + BigInt(offset) * 1_000_000n);
    return `${dateText(days)} ${timeText(rest)}${offsetText(offset)}`;
  }

  #offsetSeconds(us: bigint): number {
    if (this.#format === undefined) return 0;
    const quarter = Number(floorDiv(us, 900_000_000n));
    const known = this.#offsets.get(quarter);
    if (known !== undefined) return known;
    // Beyond what a JavaScript date can hold, the rules of its first and last year hold on.
    const ms = Math.max(-8.64e15, Math.min(8.64e15, quarter * 900_000));
    const offset = offsetIn(this.#format, ms);
    if (this.#offsets.size > 100_000) this.#offsets.clear();
    this.#offsets.set(quarter, offset);
    return offset;
  }
}

function isUtc(timeZone: string): boolean {
  return /^(etc\/)?(utc|gmt|uct|zulu|universal)$/i.test(timeZone);
}

function formatOf(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset', year: 'numeric' });
  } catch {
    return undefined;
  }
}

function offsetIn(format: Intl.DateTimeFormat, ms: number): number {
  const name = format.formatToParts(ms).find((part) => part.type === 'timeZoneName')?.value ?? '';
  const match = /GMT([+\u2212-])(\d{1,2}):?(\d{2})?:?(\d{2})?/.exec(name);
  if (match === null) return 0;
  const [, sign, hours, minutes, seconds] = match;
  const absolute = Number(hours) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
  return sign === '+' ? absolute : -absolute;
}

/** +00, +05:30, -00:01:15 */
function offsetText(offsetSeconds: number): string {
  const absolute = Math.abs(offsetSeconds);
  const [hours, minutes, seconds] = [Math.floor(absolute / 3600), Math.floor((absolute % 3600) / 60), absolute % 60];
  const tail = seconds !== 0 ? `:${two(minutes)}:${two(seconds)}` : minutes !== 0 ? `:${two(minutes)}` : '';
  return `${offsetSeconds < 0 ? '-' : '+'}${two(hours)}${tail}`;
}

/** Whole days and the microseconds of the day. Plain numbers where they are exact: ten times as fast. */
function splitDays(us: bigint): [number, number] {
  if (us <= maxSafe && us >= -maxSafe) {
    const exact = Number(us);
    const days = Math.floor(exact / 86_400_000_000);
    return [days, exact - days * 86_400_000_000];
  }
  const days = floorDiv(us, dayUs);
  return [Number(days), Number(us - days * dayUs)];
}

function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

function withNanoseconds(text: string, ns: number): string {
  return ns === 0 ? text : `${text}.${trimZeros(String(ns).padStart(9, '0'))}`;
}

function trimZeros(digits: string): string {
  return digits.replace(/0+$/, '');
}

function two(n: number): string {
  return n < 10 ? `0${n}` : String(n);
}

function plural(n: number, unit: string): string {
  return `${n} ${unit}${n === 1 || n === -1 ? '' : 's'}`;
}
