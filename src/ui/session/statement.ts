/** A statement on its way to an engine, and how it is named. No `vscode` import. */

import type { EngineTarget } from '../../engine/engine.ts';

/** Where a statement stood in its document when it was started. Offsets are UTF-16 units, lines begin at 0. */
export interface StatementSource {
  readonly uri: string;
  readonly start: number;
  readonly end: number;
  readonly firstLine: number;
}

export interface Against {
  readonly target: EngineTarget;
  /** Where that engine takes other words for the same question. */
  readonly sql?: string;
  /** Said with the answer: which engine was asked another text than the one in the editor. */
  readonly otherWords?: string;
}

export interface StatementToRun {
  readonly sql: string;
  /** Short name for tab and status bar. */
  readonly title: string;
  /** Absent when it comes from history, or its document is gone. */
  readonly source?: StatementSource;
  /** `plan` runs it with the engine's profiler. */
  readonly opens: 'rows' | 'plan';
  /** Runs on a second target too, and shows how the two answers differ. */
  readonly against?: Against;
}

/**
 * What copies of the library and the history are called in tabs, for as long as their statement is the one that was named: whoever
 * writes another one into the copy reads its own first words.
 */
export class StatementTitles {
  readonly #named = new Map<string, { readonly title: string; readonly bare: string }>();

  name(uri: string, title: string, text: string): void {
    this.#named.set(uri, { title, bare: bareText(text) });
  }

  of(uri: string, text: string): string | undefined {
    const named = this.#named.get(uri);
    return named?.bare === bareText(text) ? named.title : undefined;
  }

  forget(uri: string): void {
    this.#named.delete(uri);
  }
}

/** Without comments, blanks and the last semicolon: a copy from the library is the same query however it is laid out. */
export function bareText(sql: string): string {
  return sql
    .replace(/--[^\n]*/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/\s*;\s*$/, '')
    .trim();
}

/** The first words of a statement, without comments: at most `most` characters. */
export function firstWords(sql: string, most = 36): string {
  const bare = sql
    .replace(/--[^\n]*/g, ' ')
    .replace(/\/\*[\s\S]*?(?:\*\/|$)/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/;\s*$/, '')
    .trim();
  if (bare.length <= most) return bare;
  const cut = bare.slice(0, most);
  const space = cut.lastIndexOf(' ');
  return `${cut.slice(0, space > most / 2 ? space : most)}…`;
}

/** The file's name without its folder and extension, for the title of a tab; nothing for an unnamed document. */
export function documentName(uriPath: string): string | undefined {
  const name = uriPath.split('/').pop() ?? '';
  if (name === '' || /^Untitled-\d+$/.test(name)) return undefined;
  return name.replace(/\.sql$/i, '');
}
