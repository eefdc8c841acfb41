/**
 * Text that a person reads, made below `vscode` and translated where the host gave a bundle
 * (`@vscode/l10n`, fed by the extension host). The terminal speaks English. Browser-safe.
 */
import * as l10n from '@vscode/l10n';

type Argument = string | number | boolean;

/** `{0}`, `{1}` … stand for the arguments. */
export function t(message: string, ...values: Argument[]): string {
  return l10n.t(message, ...values);
}

/** Called once by a process that has a translation: `vscode.l10n.bundle`. */
export function useTranslation(bundle: Readonly<Record<string, string>>): void {
  l10n.config({ contents: bundle });
}
