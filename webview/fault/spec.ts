/** What a spec's file says, where the form stands otherwise. */
import { t } from '../../src/base/messages.ts';
import type { SpecView } from '../../src/ui/panels/fault/protocol.ts';
import { h } from '../kit/dom.ts';
import { quietButton } from '../kit/toolkit.ts';

export function specSummary({ file, purpose, expect, abort }: SpecView, open: () => void): HTMLElement {
  const rules = (title: string, lines: readonly string[]): HTMLElement | false =>
    lines.length > 0 && h('div', {}, h('span', { class: 'lbl' }, title), ...lines.map((line) => h('div', { class: 'num' }, line)));
  return h(
    'div',
    { class: 'form said' },
    purpose !== undefined && h('p', {}, purpose),
    rules(t('Passes when'), expect),
    rules(t('Stops early when'), abort),
    quietButton({ class: 'quiet save', on: { click: open } }, t('Open {0}', file)),
  );
}
