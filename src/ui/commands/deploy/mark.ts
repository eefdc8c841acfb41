/** How such a document begins: in words for its tab, then what it is about. Small: every YAML document is asked. */
const draftMark = /^# Deploy \S+ to \S+(?:\r?\n# |: )(?=\{)/;

/** Two lines: an editor that has no file yet is called by its first one. */
export function draftLines(release: string, namespace: string, json: string): string {
  return `# Deploy ${release} to ${namespace}\n# ${json}`;
}

interface Lines {
  readonly lineCount: number;
  lineAt(line: number): { readonly text: string };
}

export function isDraft(document: Lines): boolean {
  const lines = Array.from({ length: Math.min(2, document.lineCount) }, (_, line) => document.lineAt(line).text);
  return draftText(lines.join('\n')) !== undefined;
}

/** The JSON of a document, of which the first two lines are enough. Files that were kept may have it in the first one. */
export function draftText(text: string): string | undefined {
  const mark = draftMark.exec(text)?.[0];
  return mark === undefined ? undefined : text.slice(mark.length).split(/\r?\n/, 1)[0];
}
