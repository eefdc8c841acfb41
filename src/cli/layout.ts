/** Text for a terminal of any width: lines that are broken at words, labels beside what they name, and colours where they are wanted. */
import { visible, widthOf } from './format/width.ts';
import { hasColour } from './signs.ts';
import type { Terminal } from './terminal.ts';

/** Of a text that goes to no terminal; nobody reads lines of any length. */
const usualWidth = 100;
const leastWidth = 40;

/** Both may be where it goes: a report to stdout, a question with its preview to stderr. */
export function widthFor({ stdout, stderr }: Pick<Terminal, 'stdout' | 'stderr'>): number {
  return Math.max(leastWidth, stdout.columns ?? stderr.columns ?? usualWidth);
}

export type Colour = 'red' | 'green' | 'yellow' | 'dim' | 'bold';
export type Paint = (text: string, colour: Colour) => string;

const codes: Readonly<Record<Colour, string>> = { red: '31', green: '32', yellow: '33', dim: '2', bold: '1' };

export function paintFor({ stdout, stderr, env }: Pick<Terminal, 'stdout' | 'stderr' | 'env'>): Paint {
  if (!hasColour(env, stdout.isTTY === true && stderr.isTTY !== false)) return (text) => text;
  return (text, colour) => (text === '' ? '' : `\u001b[${codes[colour]}m${text}\u001b[0m`);
}

/** Lines of at most `width` columns, broken at blanks; a word that is longer stands alone, whole: it may be a command. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const part of text.split('\n')) {
    let line = '';
    for (const word of visible(part).split(' ')) {
      if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) {
        lines.push(line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines;
}

/** Its label at the left of its texts, each of which begins a line; above them where there is no room. Without a text: nothing. */
export function labelled(label: string, texts: readonly string[], width: number, paint: Paint, labelWidth = 10): readonly string[] {
  if (texts.length === 0) return [];
  const beside = width >= 60;
  const indent = ' '.repeat(beside ? labelWidth + 2 : 4);
  // What goes on in the next line stands further in than what begins one.
  const lines = texts.flatMap((text) =>
    wrapped(text, width - indent.length - 2).map((line, index) => `${indent}${index > 0 ? '  ' : ''}${line}`),
  );
  if (!beside) return [`  ${paint(label, 'dim')}`, ...lines];
  const [first = '', ...rest] = lines;
  return [`  ${paint(label.padEnd(labelWidth), 'dim')}${first.slice(indent.length)}`, ...rest];
}
