/**
 * Does a statement hold a secret? Such statements stay out of the history and are in no run. Better one statement too few in the
 * history than one password in a file: a name that only looks like a secret is let through when no value is given
 * to it (`select password_hash from users`). Browser-safe.
 */
import { tokens, type Dialect, type Token } from './lexer.ts';

/** Names of options and variables whose value is a secret. */
const secretName =
  /^(?:.*_)?(?:pass(?:word|wd|phrase)?|pwd|secret(?:_access)?(?:_key)?|secret_?key|access_?key(?:_id)?|key_?id|account_?key|private_?key|encryption_?key|api_?key|(?:bearer|auth|access|refresh|session|security|motherduck|oauth2?)?_?token|credentials?|connection_?string|client_?secret|sas_?token|sas)$/i;

/** Statements whose very purpose is a secret, by their first words. */
const secretStatements: readonly RegExp[] = [
  /^CREATE (?:OR REPLACE )?(?:PERSISTENT |TEMPORARY |TEMP )?SECRET\b/,
  /\bIDENTIFIED (?:WITH \S+ )?BY\b/,
];

/** Secrets that show by their own form, wherever they stand: in a string, a URL, a comment. */
const secretForms: readonly RegExp[] = [
  // scheme://user:password@host
  /[a-z0-9+.-]:\/\/[^\s/:@'"]{0,256}:[^\s/@'"]{1,512}@/i,
  // password=…; in connection strings and query parameters
  /(?:^|[^a-z0-9])(?:password|passwd|pwd|passphrase|secret|secret_?key|secret_access_key|access_?key|account_?key|api_?key|(?:[a-z0-9]{1,24}_)?token|sharedaccesskey|accountkey|client_secret|sig|x-amz-(?:signature|credential|security-token))\s*=\s*['"]{0,2}[^\s'";&=<>!,)(]/i,
  // AWS access keys, GitHub, Slack, Google, Stripe and OpenAI-like tokens, JSON web tokens
  /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b/,
  /\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|AIza[A-Za-z0-9_-]{30,}|(?:sk|rk)[-_](?:live|test|proj|ant)?[-_]?[A-Za-z0-9_-]{20,}|glpat-[A-Za-z0-9_-]{16,}|hvs\.[A-Za-z0-9_-]{20,})/,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\./,
  /\b(?:bearer|basic)\s+[A-Za-z0-9+/_.~-]{12,}=*/i,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
];

export function holdsSecret(statement: string, dialect: Dialect): boolean {
  const found = tokens(statement, dialect, { comments: true });
  if (found.some((token) => isTextual(token) && hasSecretForm(statement, token))) return true;
  const code = found.filter((token) => token.kind !== 'comment');
  const words = code.map((token) => (token.kind === 'word' ? statement.slice(token.start, token.end).toUpperCase() : ' ')).join(' ');
  if (secretStatements.some((pattern) => pattern.test(words))) return true;
  return givesSecretValue(statement, code, words);
}

/** `SET s3_secret_access_key = '…'`, `ATTACH … (ENCRYPTION_KEY '…')`, `COPY … CREDENTIALS '…'`, `PASSWORD '…'`. */
function givesSecretValue(statement: string, code: readonly Token[], words: string): boolean {
  const compares = /^(?:SELECT|WITH|FROM|EXPLAIN|UPDATE|DELETE|INSERT|MERGE|VALUES|SUMMARIZE)\b/.test(words);
  return code.some((token, index) => {
    if (token.end - token.start > 80 || !secretName.test(nameOf(statement, token))) return false;
    const next = code[index + 1];
    if (next === undefined) return false;
    if (isValue(next)) return true;
    const sign = statement.slice(next.start, next.end);
    const arrow = statement.slice(next.start, next.start + 2);
    const value = code[index + (arrow === ':=' || arrow === '=>' ? 3 : 2)];
    if (value === undefined) return false;
    if (sign === ':' || arrow === ':=' || arrow === '=>') return value.kind === 'string';
    if (sign === '=' || /^(?:TO|IS)$/i.test(sign)) {
      // A condition on a column named token is a question, not a secret; its value may be one all the same.
      return value.kind === 'string' || (!compares && value.kind !== 'semicolon' && /^SET\b|^ALTER\b|^PRAGMA\b/.test(words));
    }
    return false;
  });
}

function nameOf(statement: string, token: Token): string {
  if (token.kind === 'word') return statement.slice(token.start, token.end);
  if (token.kind === 'name' || token.kind === 'string') return statement.slice(token.start + 1, token.end - 1);
  return '';
}

function isValue(token: Token): boolean {
  return token.kind === 'string';
}

function isTextual(token: Token): boolean {
  return token.kind === 'string' || token.kind === 'comment';
}

function hasSecretForm(statement: string, token: Token): boolean {
  const text = token.kind === 'string' ? statement.slice(token.start + 1, token.end - 1) : statement.slice(token.start, token.end);
  return secretForms.some((form) => form.test(text));
}
