/**
 * Completion and hover of keys and values by the spec's JSON Schema. This file alone imports the YAML language server, and is a chunk of
 * its own: loaded when a person asks for help in a spec.
 */
import { TextDocument } from 'vscode-languageserver-textdocument';
import { getLanguageService, type CompletionItem, type Hover, type Position } from 'yaml-language-server';

export type { CompletionItem, Hover } from 'yaml-language-server';

export class SpecLanguage {
  readonly #service: ReturnType<typeof getLanguageService>;
  #version = 0;

  constructor(jsonSchema: Readonly<Record<string, unknown>>) {
    // Its title would stand above each hover.
    const { title: _, ...schema } = jsonSchema;
    this.#service = getLanguageService({
      // A comment in the file may name another schema: nothing is fetched for it.
      schemaRequestService: () => Promise.resolve(JSON.stringify(schema)),
      workspaceContext: { resolveRelativePath: (path) => path },
      clientCapabilities: {
        textDocument: {
          completion: { completionItem: { documentationFormat: ['markdown'], snippetSupport: true } },
          hover: { contentFormat: ['markdown'] },
        },
      },
    });
    this.#service.configure({
      validate: false,
      hover: true,
      completion: true,
      yamlVersion: '1.2',
      indentation: '  ',
      hoverSchemaSource: false,
      disableDefaultProperties: true,
      schemas: [{ uri: 'faultline:/spec.schema.json', fileMatch: ['*'], schema }],
    });
  }

  async complete(text: string, position: Position): Promise<readonly CompletionItem[]> {
    const items = await this.#complete(text, position);
    const before = text.split('\n')[position.line]?.slice(0, position.character) ?? '';
    if (items.length > 0 || !/[{,]\s*$/.test(before)) return items;
    // Between braces it proposes keys to a letter only: one is put in, and taken out of what it answers.
    const at = this.#document(text).offsetAt(position);
    const tried = await this.#complete(`${text.slice(0, at)}x${text.slice(at)}`, position, 1);
    return tried.map((item) => {
      const edit = item.textEdit;
      return edit !== undefined && 'range' in edit ? { ...item, textEdit: { ...edit, range: { start: position, end: position } } } : item;
    });
  }

  hover(text: string, position: Position): Promise<Hover | null> {
    return this.#service.doHover(this.#document(text), position);
  }

  async #complete(text: string, position: Position, further = 0): Promise<readonly CompletionItem[]> {
    const at = { line: position.line, character: position.character + further };
    const { items } = await this.#service.doComplete(this.#document(text), at, false);
    // A group of keys without a name of its own is called by its type.
    return items.filter(({ label }) => !label.startsWith('object('));
  }

  /** It keeps what it parsed by name and version: a text is never taken for another one. */
  #document(text: string): TextDocument {
    return TextDocument.create('file:///spec.faultline.yaml', 'yaml', ++this.#version, text);
  }
}
