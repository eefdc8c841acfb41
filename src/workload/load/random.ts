/** Random choices of a plan: each use has a stream of its own, so that one more choice here moves none there. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

export type Generator = ReturnType<typeof xoroshiro128plus>;

/** The same arguments give the same stream, on every machine. */
export function generator(seed: number, use: string, client = 0, pass = 0): Generator {
  return xoroshiro128plus(hash(`${seed} ${use} ${client} ${pass}`));
}

/** FNV-1a (Fowler, Noll, Vo) and MurmurHash3's last mix (Appleby): neighbouring seeds and passes get streams that share nothing. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
