/** A chart's place: title, what it counts, and at its right the readout, what is brushed, or what the shades mean. */
import { append, fill, h, type Child } from '../../kit/dom.ts';

export interface Section {
  readonly element: HTMLElement;
  say(text: string): void;
  /** Shown while there is no readout. */
  rest(...children: Child[]): void;
  sub(...children: Child[]): void;
}

export function section(title: string, className: string): Section {
  const heading = h('h2', {}, title);
  const sub = h('span', { class: 'dim sm sub' });
  const readout = h('span', { class: 'r sm num readout', hidden: true });
  const rest = h('span', { class: 'r sm num rest' });
  const element = h('section', { class: className }, h('div', { class: 'st' }, heading, sub, readout, rest));
  return {
    element,
    say: (text) => {
      readout.textContent = text;
      readout.hidden = text === '';
      rest.hidden = text !== '';
    },
    rest: (...children) => fill(rest, ...children),
    sub: (...children) => {
      fill(sub);
      append(sub, children);
    },
  };
}

/** A patch of a colour, named by the words after it. */
export function patch(role: string): HTMLElement {
  return h('i', { class: `patch ${role}`, aria: { hidden: true } });
}
