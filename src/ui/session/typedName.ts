/** A name that has to be typed to the letter. No `vscode` import. */
import { t } from '../../base/messages.ts';
import type { Disposable } from '../../base/disposables.ts';

/** What we need of `vscode.InputBox`. */
export interface NameBox extends Disposable {
  value: string;
  validationMessage: string | { readonly message: string; readonly severity: number } | undefined;
  onDidChangeValue(listener: (text: string) => unknown): Disposable;
  onDidAccept(listener: () => unknown): Disposable;
  onDidHide(listener: () => unknown): Disposable;
  show(): void;
}

/** Shows the box until the name stands in it: a wrong one is said there and can be mended. undefined: a person went away. */
export async function typedInto(box: NameBox, name: string): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const listening = [
    box.onDidChangeValue((text) => {
      box.validationMessage = name.startsWith(text) ? undefined : t('Type {0}', name);
    }),
    box.onDidAccept(() => {
      if (box.value === name) resolve(name);
      else box.validationMessage = t('Type {0}', name);
    }),
    box.onDidHide(() => resolve(undefined)),
  ];
  box.show();
  try {
    return await promise;
  } finally {
    for (const each of listening) each.dispose();
    box.dispose();
  }
}
