/** In which words two engines are asked the same, when their answers are compared. No `vscode` import. */
import { t } from '../../base/messages.ts';
import { engineNames } from '../../base/target.ts';
import type { KubeContext } from '../../cluster/connect/kubeconfig.ts';
import type { ClusterModel, EngineInstance } from '../../cluster/recognise/model.ts';
import type { EngineTarget } from '../../engine/engine.ts';
import { engineOf } from '../../engine/target.ts';
import type { Variants } from '../../workload/variants.ts';
import { bareText } from './statement.ts';

export interface EngineOfCluster {
  readonly context: KubeContext;
  readonly instance: EngineInstance;
}

/** Engines of the open clusters that take SQL and are no target yet. */
export function furtherEngines(
  open: readonly { readonly context: KubeContext; readonly live: { model(): Pick<ClusterModel, 'engines'> } }[],
  known: readonly EngineTarget[],
): readonly EngineOfCluster[] {
  const places = new Set(
    known.flatMap((target) =>
      target.kind === 'server' && target.at.kind === 'kubernetes'
        ? [placeOf(target.at.kubeconfig, target.at.context, target.at.namespace, target.at.service)]
        : [],
    ),
  );
  return open.flatMap(({ context, live }) =>
    live.model().engines.items.flatMap((instance): EngineOfCluster[] => {
      const { engine, namespace, service } = instance;
      if (!Object.hasOwn(engineNames, engine) || service === undefined || service.scheme === 'tcp') return [];
      return places.has(placeOf(context.file, context.name, namespace, service.name)) ? [] : [{ context, instance }];
    }),
  );
}

function placeOf(...names: readonly string[]): string {
  return JSON.stringify(names);
}

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
