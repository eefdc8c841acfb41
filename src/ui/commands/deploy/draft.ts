/**
 * What is going to be deployed, in the first lines of the document that holds its values: it survives a reload, and a file of it can be
 * kept and deployed again. No `vscode` import.
 */
import * as v from 'valibot';
import { draftText } from './mark.ts';

const draft = v.object({
  chart: v.string(),
  profile: v.exactOptional(v.string()),
  version: v.exactOptional(v.string()),
  release: v.string(),
  namespace: v.string(),
  context: v.string(),
  kubeconfig: v.string(),
});

export type Draft = v.InferOutput<typeof draft>;

/** Undefined for a document that is none of ours, or whose first lines somebody broke. */
export function draftOf(text: string): Draft | undefined {
  const json = draftText(text.replace(/^\uFEFF/, ''));
  if (json === undefined) return undefined;
  try {
    const read = v.safeParse(draft, JSON.parse(json));
    return read.success ? read.output : undefined;
  } catch {
    return undefined;
  }
}

/** A name that Kubernetes takes for releases and namespaces. */
export function isDnsLabel(text: string): boolean {
  return /^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$/.test(text);
}
