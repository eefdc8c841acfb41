/**
 * A page inside a report: one HTML file without an editor around it. The facts and the journals stand in the document:
 *
 *   <script id="faultline-report" type="application/json">PanelFacts, place 'report'</script>
 *   <script id="faultline-journal-a" type="application/octet-stream+base64">NDJSON, zlib-deflated, base64</script>
 *   <script id="faultline-journal-b" …>, where facts.b is not null
 *
 * `sizeBytes` of the facts is the size of the inflated text.
 */
import type { JournalWindow, PanelFacts } from '../../src/ui/panels/histogram/protocol.ts';
import { FaultlineError } from '../../src/base/errors.ts';
import { t } from '../../src/base/messages.ts';

export interface ReportFile {
  facts(): Promise<PanelFacts>;
  read(side: 'a' | 'b', offset: number): Promise<JournalWindow>;
}

const factsId = 'faultline-report';
const windowBytes = 1_000_000;
const newline = 10;

/** null: this document is no report. */
export function openReportFile(): ReportFile | null {
  const facts = document.getElementById(factsId)?.textContent;
  if (facts === undefined) return null;
  followScheme();
  const journals = new Map<'a' | 'b', Promise<Uint8Array>>();
  const journal = (side: 'a' | 'b'): Promise<Uint8Array> => {
    const opened = journals.get(side) ?? inflate(document.getElementById(`faultline-journal-${side}`)?.textContent ?? '');
    journals.set(side, opened);
    return opened;
  };
  return {
    // Written by our own report, whose format goes with this page's.
    facts: () => Promise.resolve(JSON.parse(facts) as PanelFacts),
    read: async (side, offset) => windowOf(await journal(side), offset),
  };
}

/** What needs an editor; the page does not offer it. */
export function refusedInReport(): Promise<never> {
  return Promise.reject(new FaultlineError('unsupported', { what: t('A report can only be read: open the run in Faultline for more') }));
}

/** Light and dark are the system's here, and charts look again when the body's theme changes, as in an editor. */
function followScheme(): void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const tell = (): void => document.body.setAttribute('data-vscode-theme-id', dark.matches ? 'dark' : 'light');
  dark.addEventListener('change', tell);
  tell();
}

function windowOf(bytes: Uint8Array, offset: number): JournalWindow {
  let next = Math.min(bytes.length, offset + windowBytes);
  // Whole lines only; the file's last line may have lost its end.
  if (next < bytes.length) {
    const end = bytes.lastIndexOf(newline, next - 1);
    next = end >= offset ? end + 1 : bytes.indexOf(newline, next) + 1 || bytes.length;
  }
  return { text: new TextDecoder().decode(bytes.subarray(offset, next)), next };
}

async function inflate(base64: string): Promise<Uint8Array> {
  const packed = Uint8Array.from(atob(base64.trim()), (character) => character.charCodeAt(0));
  const inflated = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Uint8Array(await new Response(inflated).arrayBuffer());
}
