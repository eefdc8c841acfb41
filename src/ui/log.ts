/** The log channel: every line goes through `redact`, so that a password in a statement or an error never reaches the disk. */
import { causeChain } from '../base/errors.ts';

/** What we need of `vscode.LogOutputChannel`. */
export interface LogSink {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  show(preserveFocus?: boolean): void;
}

export class Log {
  readonly #sink: LogSink;
  readonly #name: string;

  constructor(sink: LogSink, name = '') {
    this.#sink = sink;
    this.#name = name;
  }

  /** The same channel; each line says who wrote it. */
  named(name: string): Log {
    return new Log(this.#sink, name);
  }

  info(message: string): void {
    this.#sink.info(this.#line(message));
  }

  warn(message: string): void {
    this.#sink.warn(this.#line(message));
  }

  /** With the whole cause chain. */
  error(message: string, error: unknown): void {
    this.#sink.error(this.#line(`${message}: ${causeChain(error)}`));
  }

  show(): void {
    this.#sink.show(true);
  }

  #line(message: string): string {
    return redact(this.#name === '' ? message : `[${this.#name}] ${message}`);
  }
}

const hidden = '•••';

/** Replaces what looks like a secret: values of telling keys, credentials in URLs, bearer tokens, the body of CREATE SECRET. */
export function redact(text: string): string {
  return text
    .replace(/\b(create\s+(?:or\s+replace\s+)?(?:persistent\s+|temporary\s+)?secret\b[^(;]*\()[^;]*/giu, `$1${hidden})`)
    .replace(
      /((?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key(?:[_-]?id)?|credentials?|session[_-]?token)["']?\s*(?:=>|[=:]|\s)\s*)('[^']*'|"[^"]*"|[^\s,;)&'"]+)/giu,
      (whole: string, key: string, value: string) => (isWord(key, value) ? whole : `${key}${hidden}`),
    )
    .replace(/\b(bearer\s+)[\w.~+/=-]+/giu, `$1${hidden}`)
    .replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)[^\s/@]+@/giu, `$1${hidden}@`);
}

/** "the password was refused": a key followed by a blank is prose unless a quoted value follows. */
function isWord(key: string, value: string): boolean {
  return /\s$/u.test(key) && !/[=:>]\s*$/u.test(key) && !/^['"]/u.test(value);
}
