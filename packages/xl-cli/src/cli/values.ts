import { EXIT, ExitError } from './exit.js';

/** A whole number in a range. @throws ExitError naming the option */
export function wholeNumber(option: string, text: string, min: number, max: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new ExitError(EXIT.usage, `xl: --${option} takes a number from ${min} to ${max}, not '${text}'\n`);
}

const RATE_UNITS: Readonly<Record<string, number>> = { '': 2 ** 20, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** Bytes a second: `100` and `100M` are MiB, `500K`, `1.5G`. @throws ExitError naming the option */
export function rate(option: string, text: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)([KMG]?)(?:i?B?(?:\/s)?)?$/i.exec(text) ?? [];
  const value = Number(digits) * (RATE_UNITS[(unit ?? '').toUpperCase()] ?? Number.NaN);
  if (value >= 1024) return value;
  throw new ExitError(EXIT.usage, `xl: --${option} takes MiB a second, or a number with K, M or G, not '${text}'\n`);
}
