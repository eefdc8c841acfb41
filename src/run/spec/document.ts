/** A spec's text as YAML 1.2: its plain value, and where each part of it stands. Bounded; never throws. */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
  type Document,
  type Node,
  type ParsedNode,
  type YAMLError,
} from 'yaml';
import { t } from '../../base/messages.ts';
import { formatCount } from '../../base/units.ts';
import { specFormat, specLimits } from './limits.ts';

/** 0-based lines and columns (UTF-16 units) of the text without its byte order mark, as editors count. The end is exclusive. */
export interface SpecRange {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

export interface SpecProblem extends SpecRange {
  /** One sentence without a full stop. */
  readonly message: string;
  /** What to write instead: a whole sentence. */
  readonly remedy?: string;
  readonly severity: 'error' | 'warning';
}

export type SpecPath = readonly (string | number)[];

export class SpecDocument {
  /** Undefined when the text is no YAML, or not one document. */
  readonly value: unknown;
  readonly problems: readonly SpecProblem[];
  readonly #lines = new LineCounter();
  readonly #text: string;
  readonly #document: Document.Parsed | undefined;

  constructor(text: string) {
    this.#text = text.replace(/^\uFEFF/, '');
    const problems: SpecProblem[] = [];
    const add = (start: number, end: number, message: string, remedy?: string): void => {
      problems.push({ message, severity: 'error', ...(remedy === undefined ? {} : { remedy }), ...this.#range(start, end) });
    };
    this.problems = problems;
    if (this.#text.length > specLimits.maxSpecCharacters) {
      const most = t('The spec is longer than {0} characters', formatCount(specLimits.maxSpecCharacters));
      add(0, 1, most, t('Keep long statements in files: {file: report.sql}.'));
      return;
    }
    // What no text holds: the file is of another kind, and its bytes say nothing to a person.
    if (this.#text.includes('\0') || this.#text.slice(0, 1_000).split('\uFFFD').length > 10) {
      add(0, 1, t('The file is no text in UTF-8'), t('A spec is a YAML file; begin with {0}.', `faultline: ${specFormat}`));
      return;
    }
    const document = this.#parse(add);
    if (document === undefined || problems.length > 0) return;
    this.#document = document;
    this.value = document.toJS({ maxAliasCount: 0 });
  }

  /** Where a value stands; its key when it has none, or is a group of lines. `within`: offsets in a text's value. */
  rangeOf(path: SpecPath, within?: { readonly start: number; readonly end: number }): SpecRange {
    const found = this.#find(path);
    if (found.value === undefined) return found.key === undefined ? this.#first() : this.#ofNode(found.key);
    if (isScalar(found.value)) {
      const [start, end] = found.value.range ?? [0, 0];
      if (start === end) return found.key === undefined ? this.#range(start, start + 1) : this.#ofNode(found.key);
      const from = within === undefined ? undefined : this.#textStart(found.value);
      return from === undefined || within === undefined ? this.#range(start, end) : this.#range(from + within.start, from + within.end);
    }
    const range = this.#ofNode(found.value);
    if (range.line === range.endLine) return range;
    return found.key === undefined ? this.#firstKey(found.value) : this.#ofNode(found.key);
  }

  keyRangeOf(path: SpecPath): SpecRange {
    const { key } = this.#find(path);
    return key === undefined ? this.rangeOf(path) : this.#ofNode(key);
  }

  #parse(add: (start: number, end: number, message: string, remedy?: string) => void): Document.Parsed | undefined {
    let documents: ReturnType<typeof parseAllDocuments<ParsedNode>>;
    try {
      documents = parseAllDocuments<ParsedNode>(this.#text, { lineCounter: this.#lines, prettyErrors: false, version: '1.2' });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      add(0, 1, t('The spec is nested too deeply'));
      return undefined;
    }
    if ('empty' in documents || documents.every(({ contents, errors }) => errors.length === 0 && isNothing(contents))) {
      add(0, 0, t('The spec is empty'), t('Begin with {0}.', `faultline: ${specFormat}`));
      return undefined;
    }
    const [document, second] = documents;
    for (const { errors, warnings } of documents) {
      for (const error of [...errors, ...warnings]) add(error.pos[0], this.#endOf(error), ...syntaxText(error));
    }
    if (second !== undefined) {
      const at = second.range?.[0] ?? 0;
      add(at, at + 3, t('A spec is one document'), t('Keep each run in a file of its own.'));
    }
    if (document !== undefined) {
      visit(document, {
        Alias: (_, { range }) => {
          add(range?.[0] ?? 0, range?.[1] ?? 1, t('A spec has no aliases'), t('Write the value out.'));
        },
      });
    }
    return document;
  }

  #find(path: SpecPath): { readonly key?: Node; readonly value?: Node } {
    let key: Node | undefined;
    let value: Node | undefined = this.#document?.contents ?? undefined;
    for (const step of path) {
      if (isMap(value)) {
        const pair = value.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
        key = pair === undefined ? key : (pair.key as Node);
        value = (pair?.value ?? undefined) as Node | undefined;
      } else if (isSeq(value)) {
        value = value.items[Number(step)] as Node | undefined;
        key = undefined;
      } else value = undefined;
      if (value === undefined) break;
    }
    return { ...(key === undefined ? {} : { key }), ...(value === undefined || isAlias(value) ? {} : { value }) };
  }

  /** Of a key that stands twice the parser names the first letter. */
  #endOf({ code, pos: [start, end] }: YAMLError): number {
    return code === 'DUPLICATE_KEY' ? start + Math.max(1, this.#text.slice(start).search(/[\s:]|$/)) : end;
  }

  /** Where a text's value begins, if it stands in the file as it is: on one line, with nothing escaped. */
  #textStart(node: Node): number | undefined {
    if (!isScalar(node) || typeof node.value !== 'string' || node.range === undefined || node.range === null) return undefined;
    const written = this.#text.slice(node.range[0], node.range[1]);
    const at = written.indexOf(node.value);
    return at === 0 || (at === 1 && written.length === node.value.length + 2) ? node.range[0] + at : undefined;
  }

  #first(): SpecRange {
    const contents = this.#document?.contents;
    return contents === undefined || contents === null ? this.#range(0, 1) : this.#firstKey(contents);
  }

  #firstKey(node: Node): SpecRange {
    if (isMap(node) && node.items[0] !== undefined) return this.#ofNode(node.items[0].key as Node);
    const start = node.range?.[0] ?? 0;
    const lineEnd = this.#text.slice(start).search(/\r?\n|$/);
    return this.#range(start, start + Math.max(1, lineEnd));
  }

  #ofNode(node: Node): SpecRange {
    const [start, end] = node.range ?? [0, 1];
    return this.#range(start, end);
  }

  #range(start: number, end: number): SpecRange {
    const from = this.#position(start);
    const to = this.#position(Math.max(start, Math.min(end, this.#text.length)));
    return { line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
  }

  #position(offset: number): { readonly line: number; readonly column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return line === 0 ? { line: 0, column: offset } : { line: line - 1, column: col - 1 };
  }
}

function isNothing(contents: Node | null): boolean {
  return contents === null || (isScalar(contents) && contents.value === null);
}

/** The parser's codes are fixed; its texts are written for people who know its grammar. */
function syntaxText({ code, message }: YAMLError): readonly [message: string, remedy?: string] {
  switch (code) {
    case 'TAB_AS_INDENT':
      return [t('YAML is indented by spaces, not by tabs'), t('Put two spaces in place of the tab.')];
    case 'DUPLICATE_KEY':
      return [t('The key stands twice'), t('Keep one of them.')];
    case 'BAD_INDENT':
      // One code for lines that begin in the wrong column and for a “{” that the lines after it should have closed.
      if (/^Flow (?:map|sequence)/i.test(message)) {
        return [t('A “{” or “[” above is not closed'), t('Close it with “}” or “]” in its line, or indent what belongs to it.')];
      }
      return [t('The indentation does not fit the lines above'), t('Keys of one group begin in one column.')];
    case 'RESOURCE_EXHAUSTION':
      return [t('The spec is nested too deeply')];
    case 'TAG_RESOLVE_FAILED':
      return [t('A spec has no tags'), t('Leave the word with “!” out.')];
    case 'MULTILINE_IMPLICIT_KEY':
    case 'BLOCK_AS_IMPLICIT_KEY':
      return [t('A key and its “:” stand on one line'), t('A text that holds “: ” stands in quotes.')];
    default:
      return [message.replace(/\s+/g, ' ').replace(/\.$/, '')];
  }
}
