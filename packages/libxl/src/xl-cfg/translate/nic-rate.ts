import type { LibxlDeviceNic } from '../../config/index.js';
import { parseUlong, toUint64, ULONG_MAX } from '../c-numbers.js';
import { EXIT_FAILURE, type Translation } from '../translation.js';

const RATE = /^[0-9]+[GMK]?[Bb]\/s$/;
const INTERVAL = /^[0-9]+[mu]?s?$/;
const UINT32_MAX = 0xffff_ffffn;
const DEFAULT_INTERVAL_USECS = 50_000n;
const USECS = 1_000_000n;
const MULTIPLIERS = new Map([
  ['G', 1_000_000_000n],
  ['M', 1_000_000n],
  ['K', 1000n],
]);

type Rate = Pick<LibxlDeviceNic, 'rate_bytes_per_interval' | 'rate_interval_usecs'>;

/** `10Mb/s@20ms`: a rate, and how often the guest's credit is filled up (libxlu_vif.c). */
export function parseVifRate(t: Translation, text: string): Rate {
  const at = text.indexOf('@');
  const rate = at < 0 ? text : text.slice(0, at);
  if (rate === '') throw error(t, 'no rate specified', text);
  const bytes = bytesPerSecond(t, rate);
  const usecs = at < 0 ? DEFAULT_INTERVAL_USECS : interval(t, text.slice(at + 1));
  if (bytes > ULONG_MAX / usecs) throw error(t, 'rate overflow', text);
  return { rate_bytes_per_interval: toUint64((bytes * usecs) / USECS), rate_interval_usecs: Number(usecs) };
}

function bytesPerSecond(t: Translation, text: string): bigint {
  if (!RATE.test(text)) throw error(t, 'invalid rate', text);
  // A number that begins with 0 is octal, and where it is not, ends early.
  const { value, end } = parseUlong(text, 0);
  if (value === 0n || value > UINT32_MAX) throw error(t, 'rate overflow', text);
  const units = value * (MULTIPLIERS.get(text[end] ?? '') ?? 1n);
  return text[end] === 'b' || text[end + 1] === 'b' ? units / 8n : units;
}

function interval(t: Translation, text: string): bigint {
  if (!INTERVAL.test(text)) throw error(t, 'invalid replenishment interval', text);
  const { value, end } = parseUlong(text, 0);
  const unit = text[end] ?? 's';
  const usecs = value * (unit === 's' ? USECS : unit === 'm' ? 1000n : 1n);
  if (value === 0n || value > UINT32_MAX || usecs > UINT32_MAX) throw error(t, 'replenishment interval overflow', text);
  return usecs;
}

function error(t: Translation, message: string, text: string): Error {
  return t.refuse(EXIT_FAILURE, `${t.source}: config parsing error in vif: ${message} in \`${text}'`);
}
