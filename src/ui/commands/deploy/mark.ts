/** The first line of such a document: in words for its tab, then what it is about. Small: every YAML document is asked. */
const draftMark = /^# Deploy \S+ to \S+: (?=\{)/;

export function draftLine(release: string, namespace: string, json: string): string {
  return `# Deploy ${release} to ${namespace}: ${json}`;
}

/** The JSON of a document's first line. */
export function draftText(firstLine: string): string | undefined {
  const mark = draftMark.exec(firstLine)?.[0];
  return mark === undefined ? undefined : firstLine.slice(mark.length);
}
