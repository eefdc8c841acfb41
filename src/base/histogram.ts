/**
 * Counts of durations in whole microseconds, three significant digits: HdrHistogram. Browser-safe; nothing else imports the library.
 *
 * The library counts, grows and writes its numbers. Its own V2 encoding is in a file that evaluates text at its start (a page's content
 * policy forbids that) and brings WebAssembly, so the envelope is written here, after the format's description in the Java original
 * (AbstractHistogram.encodeIntoCompressedByteBuffer, public domain); the tests hold it against the library's and others' encodings.
 */
import { unzlibSync, zlibSync } from 'fflate';
import byteBuffer from 'hdr-histogram-js/dist/ByteBuffer.js';
import float64Histogram from 'hdr-histogram-js/dist/Float64Histogram.js';
import zigZag from 'hdr-histogram-js/dist/ZigZagEncoding.js';
import { FaultlineError } from './errors.ts';
import { t } from './messages.ts';

export interface Histogram {
  /** Rounded to whole microseconds. A negative value and NaN count as 0; what is above 2^53 - 1 counts as that (285 years). */
  record(valueUs: number, count?: number): void;
  readonly count: number;
  /** HdrHistogram V2, compressed, base64. */
  encode(): string;
  /** Empty again; it keeps its memory. */
  reset(): void;
}

export interface DecodedHistogram {
  readonly count: number;
  /** Ascending; only buckets that hold something. A bucket's value is the highest that it stands for, as HdrHistogram reports values. */
  forEachBucket(visit: (valueUs: number, count: number) => void): void;
}

export function newHistogram(): Histogram {
  return new Recorder();
}

const significantDigits = 3;
/** With its number of bits, a base of V2; the second is the envelope around the deflated first. */
const cookie = 0x1c849303;
const compressedCookie = 0x1c849304;
const tightlyPacked = 0x10;
const headerBytes = 40;

/** Below this many bytes deflating saves next to nothing, and takes twenty times as long: the block is stored as it is. */
const storedBytes = 512;

/** The library's index of a value without a logarithm and a power: those are most of the time that it takes to record one. */
class Counts extends float64Histogram.default {
  override countsArrayIndex(value: number): number {
    if (value >= 2 ** 31) return super.countsArrayIndex(value);
    if (value < this.subBucketCount) return value;
    const doubling = 31 - Math.clz32(value) - this.subBucketHalfCountMagnitude;
    return doubling * this.subBucketHalfCount + (value >> doubling);
  }
}

class Recorder implements Histogram {
  // As many doubles as the largest value needs: 16 kB below 2 ms, 90 kB at one second, 140 kB at one minute.
  readonly #counts = new Counts(1, 2, significantDigits);

  constructor() {
    this.#counts.autoResize = true;
  }

  record(valueUs: number, count = 1): void {
    const whole = valueUs > 0 ? Math.min(Math.round(valueUs), Number.MAX_SAFE_INTEGER) : 0;
    if (count === 1) this.#counts.recordValue(whole);
    else if (count > 0) this.#counts.recordValueWithCount(whole, count);
  }

  get count(): number {
    return this.#counts.totalCount;
  }

  encode(): string {
    const counts = this.#counts;
    const packed = byteBuffer.default.allocate(256);
    packed.position = headerBytes;
    const limit = counts.countsArrayIndex(counts.maxValue) + 1;
    let index = 0;
    if (counts.getCountAtIndex(0) === 0 && limit > 1) {
      index = counts.countsArrayIndex(counts.minNonZeroValue);
      zigZag.default.encode(packed, index === 1 ? 0 : -index);
    }
    while (index < limit) {
      const count = counts.getCountAtIndex(index++);
      if (count > 0) {
        zigZag.default.encode(packed, count);
        continue;
      }
      let zeros = 1;
      while (index < limit && counts.getCountAtIndex(index) === 0) {
        zeros++;
        index++;
      }
      // A run of zeros is its negative length; a single one is itself.
      zigZag.default.encode(packed, zeros === 1 ? 0 : -zeros);
    }
    const bytes = packed.data.subarray(0, packed.position);
    const header = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
    header.setUint32(0, cookie | tightlyPacked);
    header.setUint32(4, bytes.length - headerBytes);
    header.setInt32(8, 0);
    header.setInt32(12, significantDigits);
    header.setBigInt64(16, 1n);
    header.setBigInt64(24, BigInt(counts.highestTrackableValue));
    header.setFloat64(32, 1);
    const deflated = zlibSync(bytes, { level: bytes.length < storedBytes ? 0 : 6 });
    const whole = new Uint8Array(8 + deflated.length);
    const envelope = new DataView(whole.buffer);
    envelope.setUint32(0, compressedCookie | tightlyPacked);
    envelope.setUint32(4, deflated.length);
    whole.set(deflated, 8);
    return toBase64(whole);
  }

  reset(): void {
    this.#counts.reset();
  }
}

/** Of any precision, as another writer may have chosen. Fails with `invalid` when it is no V2 histogram. */
export function decodeHistogram(base64: string): DecodedHistogram {
  try {
    return new Decoded(base64);
  } catch (error) {
    if (FaultlineError.is(error)) throw error;
    throw notAHistogram(error);
  }
}

class Decoded implements DecodedHistogram {
  readonly count: number;
  readonly #values: readonly number[];
  readonly #counts: readonly number[];

  constructor(base64: string) {
    const whole = fromBase64(base64.trim());
    const envelope = viewOf(whole);
    if ((envelope.getUint32(0) & ~0xf0) >>> 0 !== compressedCookie) throw notAHistogram();
    const bytes = inflate(whole.subarray(8, 8 + envelope.getUint32(4)));
    const header = viewOf(bytes);
    if ((header.getUint32(0) & ~0xf0) >>> 0 !== cookie) throw notAHistogram();
    // Some writers count the header in: what is there decides.
    const end = Math.min(headerBytes + header.getUint32(4), bytes.length);
    const upper = upperEnds(header.getInt32(12), Number(header.getBigInt64(16)));
    const values: number[] = [];
    const counts: number[] = [];
    const packed = new byteBuffer.default(bytes);
    packed.position = headerBytes;
    let total = 0;
    for (let index = 0; packed.position < end;) {
      const count = zigZag.default.decode(packed);
      if (count < 0) {
        index -= count;
        continue;
      }
      if (count > 0) {
        values.push(upper(index));
        counts.push(count);
        total += count;
      }
      index++;
    }
    this.count = total;
    this.#values = values;
    this.#counts = counts;
  }

  forEachBucket(visit: (valueUs: number, count: number) => void): void {
    for (const [i, value] of this.#values.entries()) visit(value, this.#counts[i] ?? 0);
  }
}

/** With room given beforehand: without, the library takes 128 kB and twenty times as long for each. */
function inflate(deflated: Uint8Array): Uint8Array {
  for (let size = Math.max(1024, deflated.length * 4); ; size *= 8) {
    const bytes = unzlibSync(deflated, { out: new Uint8Array(size) });
    // It writes no further than the room goes, and does not say so.
    if (bytes.length < size) return bytes;
  }
}

/**
 * A bucket's highest value. Buckets are linear up to 2 · 10^digits, and from there on half of as many for each doubling; `lowest` is the
 * unit, rounded down to a power of two.
 */
function upperEnds(digits: number, lowest: number): (index: number) => number {
  if (digits < 0 || digits > 5 || lowest < 1) throw notAHistogram();
  const half = 2 ** Math.max(0, Math.ceil(Math.log2(2 * 10 ** digits)) - 1);
  const unit = 2 ** Math.floor(Math.log2(lowest));
  return (index) => {
    const doubling = Math.max(0, Math.floor(index / half) - 1);
    const width = unit * 2 ** doubling;
    return (index - doubling * half + 1) * width - 1;
  };
}

function notAHistogram(cause?: unknown): FaultlineError {
  return new FaultlineError('invalid', { what: t('This is not a histogram of HdrHistogram’s second version') }, cause);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

function fromBase64(base64: string): Uint8Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
