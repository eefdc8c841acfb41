/**
 * The one file that knows the component library: what we use of it is registered and wrapped here,
 * so that another library takes its place by a change to this file (its looks are set in kit/toolkit.css).
 */
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeTextField,
  type Button,
  type Checkbox,
  type TextField,
} from '@vscode/webview-ui-toolkit';
import './toolkit.css';
import { apply, append, type Child, type Props } from './dom.ts';

/** Call once, before the first control is made. */
export function registerControls(): void {
  provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeCheckbox(), vsCodeTextField());
}

/** `primary`: at most one a page. */
export function button(rank: 'primary' | 'secondary', label: string, onPress: () => void, icon?: SVGElement): HTMLElement {
  const element = document.createElement('vscode-button') as Button;
  element.setAttribute('appearance', rank);
  icon?.setAttribute('slot', 'start');
  append(element, [icon, label]);
  element.addEventListener('click', onPress);
  return element;
}

export interface TextBox {
  readonly element: HTMLElement;
  get value(): string;
  set value(text: string);
  focus(): void;
}

export function textBox(label: string, placeholder: string, onInput: (text: string) => void): TextBox {
  const element = document.createElement('vscode-text-field') as TextField;
  element.setAttribute('placeholder', placeholder);
  element.setAttribute('aria-label', label);
  element.setAttribute('size', '10');
  element.addEventListener('input', () => onInput(element.value));
  return {
    element,
    get value() {
      return element.value;
    },
    set value(text) {
      element.value = text;
    },
    focus: () => element.focus(),
  };
}

export function checkBox(label: string, checked: boolean, onChange: (checked: boolean) => void, ...children: Child[]): HTMLElement {
  const element = document.createElement('vscode-checkbox') as Checkbox;
  element.checked = checked;
  element.setAttribute('aria-label', label);
  append(element, children);
  // The component also fires `change` while it takes its first value.
  element.addEventListener('change', () => {
    if (element.isConnected) onChange(element.checked);
  });
  return element;
}

/** A plain button for tool bars and headers, where the library has none of that weight. */
export function quietButton(props: Props, ...children: Child[]): HTMLButtonElement {
  const element = document.createElement('button');
  element.type = 'button';
  element.className = 'quiet';
  apply(element, props);
  append(element, children);
  return element;
}
