/** The YAML parser in a chunk of its own: it is loaded with the first kubeconfig. */
import { parse, YAMLParseError } from 'yaml';

// A dynamic import of the package itself has no `parse` once it is bundled: it is CommonJS.
export function parseYaml(text: string): unknown {
  return parse(text);
}

/** Counted from 1; `undefined` where the error isn't the parser's. */
export function lineOf(error: unknown): number | undefined {
  return error instanceof YAMLParseError ? error.linePos?.[0].line : undefined;
}
