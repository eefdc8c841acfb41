import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Signal } from '../../../src/ui/signal.ts';
import { typedInto, type NameBox } from '../../../src/ui/session/typedName.ts';

function box() {
  const [changed, accepted, hidden] = [new Signal<string>(), new Signal(), new Signal()];
  const shown = { isShown: false, isDisposed: false };
  const it: NameBox = {
    value: '',
    validationMessage: undefined,
    onDidChangeValue: (listener) => changed.listen(listener),
    onDidAccept: (listener) => accepted.listen(listener),
    onDidHide: (listener) => hidden.listen(listener),
    show: () => void (shown.isShown = true),
    dispose: () => void (shown.isDisposed = true),
  };
  const type = (text: string): void => {
    it.value = text;
    changed.fire(text);
  };
  return { it, shown, type, enter: () => accepted.fire(), escape: () => hidden.fire() };
}

describe('the name of a protected cluster', () => {
  it('that was typed wrongly stays in the box with what is wanted, and can be mended', async () => {
    const { it: asked, shown, type, enter } = box();
    const answer = typedInto(asked, 'prod-eu');
    enter();
    assert.equal(asked.validationMessage, 'Type prod-eu');
    type('prod');
    assert.equal(asked.validationMessage, undefined);
    enter();
    assert.deepEqual([asked.validationMessage, shown.isDisposed, asked.value], ['Type prod-eu', false, 'prod']);
    type('prod-us');
    assert.equal(asked.validationMessage, 'Type prod-eu');
    type('prod-eu');
    enter();
    assert.equal(await answer, 'prod-eu');
    assert.equal(shown.isDisposed, true);
  });

  it('need not be typed: Esc is no', async () => {
    const { it: asked, escape } = box();
    const answer = typedInto(asked, 'prod-eu');
    escape();
    assert.equal(await answer, undefined);
  });
});
