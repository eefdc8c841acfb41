/** Streams of a pod as lines. */
import { StringDecoder } from 'node:string_decoder';

/** Whole lines out of pieces. */
export class WholeLines {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  of(bytes: Buffer): readonly string[] {
    const parts = (this.#rest + this.#decoder.write(bytes)).split('\n');
    this.#rest = parts.pop() ?? '';
    return parts;
  }
}
