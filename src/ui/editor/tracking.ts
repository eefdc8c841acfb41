/** Keeps hold of statements while their document is edited: pure offsets, no `vscode` import. */
import type { Disposable } from '../../base/disposables.ts';
import { Signal } from '../signal.ts';

export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface TextChange {
  readonly offset: number;
  readonly removed: number;
  readonly inserted: string;
}

/** A span that follows its text. `touched` once its text itself was edited. */
export interface TrackedSpan extends Disposable {
  readonly uri: string;
  readonly span: Span;
  readonly touched: boolean;
}

export class SpanTracker {
  readonly #spans = new Set<Tracked>();
  /** Fires with the document's uri after its spans have moved. */
  readonly moved = new Signal<string>();

  track(uri: string, span: Span): TrackedSpan {
    const tracked = new Tracked(uri, span, () => this.#spans.delete(tracked));
    this.#spans.add(tracked);
    return tracked;
  }

  /** `changes` as one edit made them, in any order; offsets refer to the text before it. */
  edit(uri: string, changes: readonly TextChange[]): void {
    let any = false;
    for (const tracked of this.#spans) {
      if (tracked.uri !== uri) continue;
      any = true;
      // From the end of the document: an earlier change then doesn't move the offsets of those still to come.
      for (const change of [...changes].sort((a, b) => b.offset - a.offset)) tracked.apply(change);
    }
    if (any) this.moved.fire(uri);
  }

  get size(): number {
    return this.#spans.size;
  }
}

class Tracked implements TrackedSpan {
  readonly uri: string;
  span: Span;
  touched = false;
  readonly #forget: () => void;

  constructor(uri: string, span: Span, forget: () => void) {
    this.uri = uri;
    this.span = span;
    this.#forget = forget;
  }

  apply(change: TextChange): void {
    const moved = moveSpan(this.span, change);
    this.span = moved.span;
    this.touched ||= moved.touched;
  }

  dispose(): void {
    this.#forget();
  }
}

/** What is written directly before a span is outside when it ends with a blank; directly behind, when it begins with a blank or ';'. */
export function moveSpan(span: Span, { offset, removed, inserted }: TextChange): { span: Span; touched: boolean } {
  const end = offset + removed;
  const delta = inserted.length - removed;
  const before = end < span.start || (end === span.start && (inserted === '' || /\s$/.test(inserted)));
  if (before) return { span: { start: span.start + delta, end: span.end + delta }, touched: false };
  const behind = offset > span.end || (offset === span.end && (inserted === '' || /^[\s;]/.test(inserted)));
  if (behind) return { span, touched: false };
  const start = Math.min(span.start, offset);
  return { span: { start, end: Math.max(start, Math.max(span.end, end) + delta) }, touched: true };
}
