/** In which words two engines are asked the same, when their answers are compared. No `vscode` import. */
import { t } from '../../base/messages.ts';
import { engineNames } from '../../base/target.ts';
import type { EngineTarget } from '../../engine/engine.ts';
import { engineOf } from '../../engine/target.ts';
import type { Variants } from '../../workload/variants.ts';
import { bareText } from './statement.ts';

interface Entry {
  readonly title: string;
  readonly sql: string;
  readonly variants?: Variants;
}

export interface ComparedWords {
  readonly a: string;
  readonly b: string;
  /** A person has to know of it: an answer that is equal may not be their text's. Absent where both are asked what they wrote. */
  readonly otherWords?: string;
}

/** A statement that is a query of the library is asked in the words that it has for either engine. */
export function comparedWords(written: string, entries: readonly Entry[], a: EngineTarget, b: EngineTarget): ComparedWords {
  const bare = bareText(written);
  const entry = entries.find(({ sql, variants }) => [sql, ...Object.values(variants ?? {})].some((text) => bareText(text ?? '') === bare));
  const wordsFor = (of: EngineTarget): string => {
    const own = entry?.variants?.[engineOf(of)] ?? entry?.sql;
    return own === undefined || bareText(own) === bare ? written : own;
  };
  const words = { a: wordsFor(a), b: wordsFor(b) };
  const others = [...new Set([...(words.a === written ? [] : [a]), ...(words.b === written ? [] : [b])].map(engineOf))];
  if (entry === undefined || others.length === 0) return words;
  const names = others.map((engine) => engineNames[engine]).join(t(' and '));
  return {
    ...words,
    otherWords: t('{0} was asked the library’s own text of “{1}” for it, not the statement as it stands here.', names, entry.title),
  };
}
