/** What is not shown: a description is pasted into tickets and chats. */
import { t } from '../../../base/messages.ts';
import { record } from './json.ts';
import type { Json } from './json.ts';

const NAME =
  /pass(word|wd|phrase)?|secret|token|api[-_.]?key|access[-_.]?key|private|credential|auth|jaas|salt|signature|cookie|session|dsn/i;
/** Where a secret is, not what it is: `secretName`, `PASSWORD_FILE`. */
const PLACE = /(name|ref|file|path|seconds)$/i;
/** `scheme://user:password@host`, a JSON web token, a PEM block, what cloud providers call a key. */
const VALUE =
  /:\/\/[^/\s:@]+:[^/\s@]+@|\beyJ[\w-]{10,}\.[\w-]{10,}|-----BEGIN [A-Z ]*PRIVATE KEY|\b(AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_\w{20,}|\bxox[abp]-/;
/** Long and without a word in it: letters and digits mixed, as machines make them. */
const RANDOM = /^(?=.*[A-Z])(?=.*[a-z])(?=.*\d)[A-Za-z0-9+/_=-]{24,}$/;

export function looksSecret(name: string, value: string): boolean {
  return value !== '' && ((NAME.test(name) && !PLACE.test(name)) || VALUE.test(value) || RANDOM.test(value));
}

export function hidden(): string {
  return t('(not shown: it looks like a secret)');
}

export function shown(name: string, value: string): string {
  return looksSecret(name, value) ? hidden() : value;
}

/** `--password=x`, `-Dsecret.key=x`, `PASSWORD=x`, and the argument after `--password`. */
export function shownArguments(parts: readonly string[]): readonly string[] {
  return parts.map((part, index) => {
    const before = parts[index - 1] ?? '';
    if (/^--?[\w.-]+$/.test(before) && NAME.test(before) && !part.startsWith('-')) return hidden();
    const assigned = /^(-{0,2}[\w.-]+)=(.+)$/s.exec(part);
    if (assigned !== null) return `${assigned[1] ?? ''}=${shown(assigned[1] ?? '', assigned[2] ?? '')}`;
    // A script may set them anywhere.
    return part
      .replace(/([\w.-]+)=("[^"]*"|'[^']*'|[^\s;&|]+)/g, (all, name: string, value: string) =>
        looksSecret(name, value) ? `${name}=…` : all,
      )
      .replace(VALUE, '…');
  });
}

/** kubectl's copy of the whole object holds every value that is hidden elsewhere. */
const COPIES = new Set(['kubectl.kubernetes.io/last-applied-configuration']);

export function shownAnnotations(annotations: Json): readonly (readonly [string, string])[] {
  return Object.entries(annotations).flatMap(([name, value]) =>
    COPIES.has(name) || name.startsWith('objectset.rio.cattle.io/') ? [] : [[name, shown(name, String(value))] as const],
  );
}

/** Any value of a custom resource, with what looks like a secret left out at every depth. */
export function withoutSecrets(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return shown(name, value);
  if (Array.isArray(value)) return value.map((one: unknown) => withoutSecrets(one, name));
  if (typeof value !== 'object' || value === null) return value;
  const fields = record(value);
  // The way Kubernetes writes an environment variable: the name stands beside the value.
  const own = typeof fields['name'] === 'string' ? fields['name'] : name;
  return Object.fromEntries(Object.entries(fields).map(([key, inner]) => [key, withoutSecrets(inner, key === 'value' ? own : key)]));
}
