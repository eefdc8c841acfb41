/** Signs for terminals that show them, and letters for those that don't. */

type Env = Readonly<Record<string, string | undefined>>;

export interface Signs {
  readonly met: string;
  readonly broken: string;
  readonly open: string;
  /** Nothing to say. */
  readonly none: string;
  /** Of the marks in a timeline. */
  readonly marks: { readonly fault: string; readonly healed: string; readonly moment: string };
  /** Thick: something was missing; broken: good, but not yet stable; thin: getting better; and what goes on. */
  readonly bars: {
    readonly bad: string;
    readonly unstable: string;
    readonly gone: string;
    readonly better: string;
    readonly before: string;
    readonly on: string;
  };
  readonly axis: { readonly line: string; readonly tick: string };
}

const unicode: Signs = {
  ...{ met: '✓', broken: '✗', open: '…', none: '–' },
  marks: { fault: '▼', healed: '▲', moment: '┊' },
  bars: { bad: '█', unstable: '▒', gone: '▓', better: '─', before: ' ', on: '▶' },
  axis: { line: '─', tick: '┬' },
};

const ascii: Signs = {
  ...{ met: 'ok', broken: 'NO', open: '..', none: '-' },
  marks: { fault: 'v', healed: '^', moment: ':' },
  bars: { bad: '#', unstable: '%', gone: '=', better: '-', before: ' ', on: '>' },
  axis: { line: '-', tick: '+' },
};

export function signsFor(env: Env): Signs {
  return isUtf8(env) ? unicode : ascii;
}

/** As the C library decides: the first of the three that says something. Where none does, it is taken for able: most are. */
export function isUtf8(env: Env): boolean {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((each) => each !== undefined && each !== '');
  return locale === undefined || /utf-?8/i.test(locale);
}

/** https://no-color.org: whatever it is set to, unless that is empty. */
export function hasColour(env: Env, isTerminal: boolean): boolean {
  const { NO_COLOR: no, FORCE_COLOR: force, TERM: term } = env;
  if (no !== undefined && no !== '') return false;
  if (force !== undefined && force !== '' && force !== '0') return true;
  return isTerminal && term !== 'dumb';
}

const letters: Readonly<Record<string, string>> = {
  ...{ '≤': '<=', '≥': '>=', '±': '+/-', '×': 'x', '·': '-', '…': '...', '→': '->', '✓': 'ok', '✗': 'NO', '∞': 'inf' },
  ...{ '–': '-', '—': '-', '−': '-', '“': '"', '”': '"', '‘': "'", '’': "'", '├': '|', '┤': '|', '█': '#', '▄': 'x', '▼': 'v', '▲': '^' },
};

/** For a terminal that shows no more than ASCII: what a person wrote in other letters stays as it is. */
export function inLetters(text: string): string {
  return text.replaceAll(/[^\n -~]/gu, (character) => letters[character] ?? character);
}
