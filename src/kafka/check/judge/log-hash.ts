/** A hash over records in the order of the log: of offset, sequence, and what else tells a record from others. Two lanes of 32 bits. */
export class LogHash {
  a = 0;
  b = 0;

  constructor() {
    this.reset();
  }

  reset(): void {
    this.a = SEED_A;
    this.b = SEED_B;
  }

  add(offset: number, sequence: number, content: number): void {
    this.a = mixA(this.a, offset, sequence, content);
    this.b = mixB(this.b, offset, sequence, content);
  }
}

export const SEED_A = 0x811c9dc5;
export const SEED_B = 0x9747b28c;

export function mixA(hash: number, offset: number, sequence: number, content: number): number {
  const mixed = Math.imul(Math.imul(hash ^ (offset | 0), 0x85ebca6b) ^ sequence, 0xc2b2ae35) ^ content;
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

export function mixB(hash: number, offset: number, sequence: number, content: number): number {
  const mixed = Math.imul(((hash << 5) | (hash >>> 27)) + sequence, 0x9e3779b1) + Math.imul(content ^ (offset | 0), 0xcc9e2d51);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}
