/** The recovery page inside a report: see kit/report-file.ts. Its picture goes where the browser keeps downloads. */
import type { RecoveryHostApi } from '../../src/ui/panels/timeline/protocol.ts';
import { h } from '../kit/dom.ts';
import { openReportFile, refusedInReport as refused } from '../kit/report-file.ts';

/** null: this document is no report. */
export function openReport(): RecoveryHostApi | null {
  const file = openReportFile();
  if (file === null) return null;
  return {
    ready: () => file.facts(),
    read: (side, offset) => file.read(side, offset),
    savePicture: (format, text) => Promise.resolve(download(format, text)),
    copyText: (text) => navigator.clipboard.writeText(text),
    heal: refused,
    stop: refused,
    export: refused,
    openSpec: refused,
    openLatency: refused,
    runAgain: refused,
    openLog: refused,
  };
}

function download(format: 'svg' | 'png', text: string): void {
  const bytes = format === 'svg' ? new TextEncoder().encode(text) : Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([bytes], { type: format === 'svg' ? 'image/svg+xml' : 'image/png' }));
  const link = h('a');
  link.href = url;
  link.download = `${document.title.replace(/[^\p{L}\p{N}._-]+/gu, '-').slice(0, 60)}.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
