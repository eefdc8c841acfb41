/** A chart's box in its section: the readout stands at the section's right, and is spoken when keys moved it. */
import { t } from '../../../src/base/messages.ts';
import { ChartBox, type ChartBoxParts } from '../../kit/chart-box.ts';
import type { Palette } from '../../kit/palette.ts';
import type { Section } from './section.ts';

export interface ChartParts {
  readonly palette: Palette;
  /** A sentence for a screen reader: the person moved the readout. */
  say(text: string): void;
  key(event: KeyboardEvent): boolean;
}

/** What is the chart's own; `key` comes before the page's. */
export interface BoxParts extends Pick<ChartBoxParts, 'heightPx' | 'picture' | 'places' | 'key'> {
  /** What the readout says at a place. */
  words(index: number): string;
  /** The readout went there, and was said. */
  moved?(index: number | null): void;
}

export function boxIn(section: Section, parts: ChartParts, own: BoxParts): ChartBox {
  const box = new ChartBox({
    ...own,
    palette: parts.palette,
    nothing: t('No request was answered.'),
    readout: (index, spoken) => {
      const words = index === null ? '' : own.words(index);
      section.say(words);
      if (spoken) parts.say(words);
      own.moved?.(index);
    },
    key: (event) => own.key?.(event) === true || parts.key(event),
  });
  section.element.append(box.element);
  return box;
}
