/** Quantities as a person writes them: always with a unit. Pure; errors are `invalid` with what to write instead. */
import { invalid, type FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';

const durationUnits: Readonly<Record<string, number>> = {
  us: 0.001,
  µs: 0.001,
  μs: 0.001,
  ms: 1,
  s: 1_000,
  sec: 1_000,
  second: 1_000,
  seconds: 1_000,
  min: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
};

const rateUnits: Readonly<Record<string, number>> = { s: 1, sec: 1, second: 1, min: 60, minute: 60, h: 3_600, hour: 3_600 };

const sizeUnits: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

const quantity = /^([+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?)\s*(.*)$/i;

/** `100 ms`, `2s`, `1.5 min` → milliseconds. */
export function parseDuration(written: string | number): number {
  const { value, unit } = partsOf(written, t('a duration'), '30 s');
  if (unit === '') throw noUnit(written, value, ' s', '30 s');
  // `M` is not minutes and `MS` not milliseconds, but nobody means anything else by `S`.
  const factor = durationUnits[unit] ?? durationUnits[unit.toLowerCase()];
  if (factor === undefined) throw wrongUnit(unit, t('a duration'), 'µs, ms, s, min, h', '30 s');
  return scaled(value, factor);
}

/** `20/s`, `300/min` → a second. */
export function parseRate(written: string | number): number {
  const { value, unit } = partsOf(written, t('a rate'), '20/s');
  if (unit === '') throw noUnit(written, value, '/s', '20/s');
  const factor = /^(?:\/|per\s)\s*/i.test(unit) ? rateUnits[unit.replace(/^(?:\/|per\s)\s*/i, '').toLowerCase()] : undefined;
  if (factor === undefined) throw wrongUnit(unit, t('a rate'), '/s, /min, /h', '20/s');
  return value / factor;
}

/** `512 MB`, `2 GB`, `1 GiB` → bytes. */
export function parseSize(written: string | number): number {
  const { value, unit } = partsOf(written, t('a size'), '2 GB');
  if (unit === '') throw noUnit(written, value, ' MB', '2 GB');
  const factor = sizeUnits[unit.toLowerCase()];
  if (factor === undefined) throw wrongUnit(unit, t('a size'), 'kB, MB, GB, TB, MiB, GiB', '2 GB');
  return Math.round(scaled(value, factor));
}

/** `1 %` → 0.01. */
export function parsePercentage(written: string | number): number {
  const { value, unit } = partsOf(written, t('a percentage'), '1 %');
  if (unit === '') throw noUnit(written, value, ' %', '1 %', 100);
  if (unit !== '%') throw wrongUnit(unit, t('a percentage'), '%', '1 %');
  if (value < 0 || value > 100) throw invalid(t('{0} is outside of 0 % to 100 %', String(written).trim()));
  return scaled(value, 0.01);
}

/** `0`, `12`: how many. */
export function parseCount(written: string | number): number {
  const { value, unit } = partsOf(written, t('a count'), '0');
  if (unit !== '') throw invalid(t('“{0}” has a unit, and is a count', String(written).trim()), t('Write {0}.', String(value)));
  if (!Number.isSafeInteger(value) || value < 0) throw invalid(t('“{0}” is not a whole number', String(written).trim()));
  return value;
}

function partsOf(written: string | number, kind: string, example: string): { readonly value: number; readonly unit: string } {
  const text = String(written).trim();
  const [, digits, unit] = quantity.exec(text) ?? [];
  const value = Number(digits);
  if (digits === undefined || unit === undefined || !Number.isFinite(value)) {
    throw invalid(t('“{0}” is not {1}', text.slice(0, 60), kind), t('Write {0}.', example));
  }
  return { value, unit: unit.trim() };
}

/** A number, and nothing behind it. */
export function isBareNumber(written: string): boolean {
  return quantity.exec(written.trim())?.[2] === '';
}

/** 0.1 × 1000 and the like without the digits of binary fractions. */
function scaled(value: number, factor: number): number {
  return Number((value * factor).toPrecision(15));
}

/** With `unit`, where that would be taken. */
function noUnit(written: string | number, value: number, unit: string, example: string, most = Infinity): FaultlineError {
  const better = value < 0 || value > most ? example : `${written}${unit}`;
  return invalid(t('“{0}” has no unit', String(written)), t('Write {0}.', better));
}

function wrongUnit(unit: string, kind: string, known: string, example: string): FaultlineError {
  return invalid(t('“{0}” is not a unit of {1}', unit.slice(0, 30), kind), t('Use {0}: {1}.', known, example));
}
