/** A preview as text, and as JSON. */
import type { PlanPreview } from '../fault/plan.ts';
import type { Terminal } from './terminal.ts';

export function describePreview(preview: PlanPreview, _terminal: Terminal): string {
  return `${JSON.stringify(preview, undefined, 2)}\n`;
}

export function previewJson(preview: PlanPreview): object {
  return preview;
}
