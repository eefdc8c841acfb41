/** The YAML parser in a chunk of its own: it is loaded with the first kubeconfig. */
import { parse } from 'yaml';

// A dynamic import of the package itself has no `parse` once it is bundled: it is CommonJS.
export function parseYaml(text: string): unknown {
  return parse(text);
}
