/**
 * The one file that knows the chart library: what we use of it is registered and wrapped here. A picture says what is to be seen in
 * plain numbers (axes are linear: who wants a logarithmic one passes logarithms); its layers draw what the library has not.
 */
import {
  Chart,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  type ChartDataset,
  type ChartOptions,
  type Plugin,
  type ScaleOptionsByType,
} from 'chart.js';
import type { Ink, Palette } from './palette.ts';

export interface Axis {
  readonly min: number;
  readonly max: number;
  /** `line` false: a label without a line of the grid. */
  readonly ticks: readonly { readonly at: number; readonly label: string; readonly line?: boolean }[];
  /** Room for the labels: width of a y axis, height of an x axis. */
  readonly roomPx: number;
  /** Between the axis and its labels, where a layer draws something there. */
  readonly gapPx?: number;
}

export interface Point {
  readonly x: number;
  /** null: the line is interrupted. */
  readonly y: number | null;
}

export interface Line {
  readonly ink: Ink;
  readonly widthPx: number;
  readonly dash?: readonly number[];
  /** A thin edge in the surface's colour: lines over cells stay readable. */
  readonly edge?: boolean;
  readonly points: readonly Point[];
}

/** Where a layer draws: CSS pixels. */
export interface Plot {
  readonly context: CanvasRenderingContext2D;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly palette: Palette;
  x(value: number): number;
  y(value: number): number;
  /** The value at a pixel. */
  valueAt(px: number): number;
}

export interface Picture {
  readonly x: Axis;
  readonly y: Axis;
  readonly padding: { readonly top: number; readonly right: number };
  readonly lines?: readonly Line[];
  /** Below the lines. */
  readonly under?: (plot: Plot) => void;
  readonly over?: (plot: Plot) => void;
}

type Kind = 'line';

export class ChartCanvas {
  readonly element = document.createElement('canvas');
  readonly #palette: Palette;
  readonly #chart: Chart<Kind, { x: number; y: number | null }[]>;
  #picture: Picture | null = null;

  constructor(palette: Palette) {
    Chart.register(LinearScale, LineController, LineElement, PointElement);
    this.#palette = palette;
    const layers: Plugin<Kind> = {
      id: 'layers',
      beforeDatasetsDraw: () => this.#layer((picture) => picture.under),
      afterDatasetsDraw: () => this.#layer((picture) => picture.over),
    };
    this.#chart = new Chart<Kind, { x: number; y: number | null }[]>(this.element, {
      type: 'line',
      data: { datasets: [] },
      options: { responsive: false, maintainAspectRatio: false, animation: false, events: [] },
      plugins: [layers],
    });
  }

  get plot(): Plot | null {
    const { x, y } = this.#chart.scales;
    if (x === undefined || y === undefined || this.#picture === null) return null;
    return {
      context: this.#chart.ctx,
      left: x.left,
      right: x.right,
      top: y.top,
      bottom: y.bottom,
      widthPx: this.#chart.width,
      heightPx: this.#chart.height,
      palette: this.#palette,
      x: (value) => x.getPixelForValue(value),
      y: (value) => y.getPixelForValue(value),
      valueAt: (px) => x.getValueForPixel(px) ?? 0,
    };
  }

  /** Also follows a screen with another number of pixels. */
  resize(widthPx: number, heightPx: number): void {
    this.#chart.resize(widthPx, heightPx);
  }

  draw(picture: Picture): void {
    this.#picture = picture;
    this.#chart.data.datasets = this.#datasets(picture);
    this.#chart.options = this.#options(picture);
    this.#chart.update('none');
  }

  /** The layers anew: a readout moved, nothing else. */
  refresh(): void {
    this.#chart.draw();
  }

  #layer(which: (picture: Picture) => ((plot: Plot) => void) | undefined): void {
    // The library draws once while it is made.
    const layer = this.#picture === null ? undefined : which(this.#picture);
    const plot = layer === undefined ? null : this.plot;
    if (layer === undefined || plot === null) return;
    plot.context.save();
    layer(plot);
    plot.context.restore();
  }

  #datasets({ lines = [] }: Picture): ChartDataset<Kind, { x: number; y: number | null }[]>[] {
    const palette = this.#palette;
    return [
      ...lines.flatMap((line) => {
        const one = {
          type: 'line' as const,
          data: [...line.points],
          borderColor: palette.of(line.ink),
          borderWidth: line.widthPx,
          borderDash: [...(line.dash ?? [])],
          borderJoinStyle: 'round' as const,
          pointRadius: 0,
          spanGaps: false,
        };
        const edge = { ...one, borderColor: withOpacity(palette.of('surface'), 0.55), borderWidth: line.widthPx + 1.7, borderDash: [] };
        return line.edge === true ? [one, edge] : [one];
      }),
    ];
  }

  #options({ x, y, padding }: Picture): ChartOptions<Kind> {
    return {
      responsive: false,
      maintainAspectRatio: false,
      animation: false,
      events: [],
      parsing: false,
      normalized: true,
      layout: { padding: { top: padding.top, right: padding.right, left: 0, bottom: 0 }, autoPadding: false },
      scales: { x: this.#scale(x, 'x'), y: this.#scale(y, 'y') },
    };
  }

  #scale(axis: Axis, which: 'x' | 'y'): ScaleOptionsByType<'linear'> {
    const palette = this.#palette;
    const scale = {
      type: 'linear',
      min: axis.min,
      max: axis.max,
      offset: false,
      border: { color: palette.of('axis'), display: which === 'x' && axis.ticks.length > 0 },
      grid: {
        color: (context: { index: number }) => (axis.ticks[context.index]?.line === false ? 'transparent' : palette.of('grid')),
        drawTicks: which === 'x',
        tickLength: which === 'x' ? 4 : 6,
        tickColor: palette.of('axis'),
        offset: false,
      },
      ticks: {
        color: palette.of('dim'),
        font: { size: 11, family: palette.family },
        padding: axis.gapPx ?? (which === 'x' ? 2 : 6),
        autoSkip: which === 'x',
        autoSkipPadding: 8,
        maxRotation: 0,
        align: which === 'x' ? 'inner' : 'center',
        callback: (_value: unknown, index: number) => axis.ticks[index]?.label ?? '',
      },
      afterBuildTicks: (built: { ticks: { value: number; label?: string }[] }) => {
        built.ticks = axis.ticks.map(({ at, label }) => ({ value: at, label }));
      },
      afterFit: (fitted: { width: number; height: number }) => {
        if (which === 'x') fitted.height = axis.roomPx;
        else fitted.width = axis.roomPx;
      },
    };
    // The library's type asks for every option it has a default for.
    return scale as unknown as ScaleOptionsByType<'linear'>;
  }
}

/** A computed colour with this opacity. */
export function withOpacity(colour: string, opacity: number): string {
  return `color-mix(in srgb, ${colour} ${Math.round(opacity * 1000) / 10}%, transparent)`;
}
