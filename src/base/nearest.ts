/** The known name that a person probably meant. Pure. */

/** Undefined when none is near: more than a third of the letters would have to change. */
export function nearest(written: string, known: readonly string[]): string | undefined {
  const wanted = written.trim().toLowerCase().slice(0, 100);
  if (wanted === '') return undefined;
  let best: { readonly name: string; readonly far: number } | undefined;
  for (const name of known) {
    const lower = name.toLowerCase();
    const begins = wanted.length > 2 && (lower.startsWith(wanted) || wanted.startsWith(lower));
    const far = begins ? 0.5 : distance(wanted, lower.slice(0, 100));
    if (far <= Math.max(1, Math.ceil(Math.max(wanted.length, lower.length) / 3)) && far < (best?.far ?? Number.POSITIVE_INFINITY)) {
      best = { name, far };
    }
  }
  return best?.name;
}

/** Levenshtein, two adjacent letters that changed places counting as one. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
