import type { LibxlIomemRange, LibxlIoportRange } from '../../config/index.js';
import { parseUlong, scanHex, toUint32, toUint64, ULONG_MAX } from '../c-numbers.js';
import { leadingStrings, type XlValue } from '../settings.js';
import { EXIT_FAILURE, type Translation } from '../translation.js';
import type { Draft } from './draft.js';

const UINT32_MAX = 0xffff_ffffn;

/** Ports, interrupts and memory of the host that the guest may use. */
export function translateHostResources(t: Translation, { build }: Draft): void {
  const ports = t.lookup.list('ioports');
  if (ports !== undefined) build.ioports = ports.map((item, i) => ioports(t, textOf(t, item, `#${i} in ioport`)));
  const irqs = t.lookup.list('irqs');
  if (irqs !== undefined) build.irqs = irqs.map((item, i) => irq(t, textOf(t, item, `${i} in irq`)));
  const iomems = t.lookup.list('iomem');
  if (iomems !== undefined) build.iomem = iomems.map((item, i) => iomem(t, textOf(t, item, `${i} in iomem`)));
}

export function translateDtdevs(t: Translation, { rest }: Draft): void {
  const list = t.lookup.list('dtdev');
  if (list !== undefined) rest.dtdevs = leadingStrings(list).map((path) => ({ path }));
}

function textOf(t: Translation, item: XlValue, which: string): string {
  if (item.kind === 'string') return item.text;
  throw t.refuse(EXIT_FAILURE, `xl: Unable to get element ${which} list`);
}

/** `2f8-2ff`, in hexadecimal. */
function ioports(t: Translation, text: string): LibxlIoportRange {
  const invalid = `xl: Invalid argument parsing ioport: ${text}`;
  const first = parseUlong(text, 16);
  if (first.end === 0) throw t.refuse(EXIT_FAILURE, invalid);
  checkPort(t, first.value);
  if (text[first.end] !== '-') {
    // Here stock only says so.
    if (first.end < text.length) t.say(invalid);
    return { first: Number(first.value), number: 1 };
  }
  const rest = text.slice(first.end + 1);
  const last = parseUlong(rest, 16);
  if (last.end === 0 || last.end < rest.length) throw t.refuse(EXIT_FAILURE, invalid);
  checkPort(t, last.value);
  return { first: Number(first.value), number: toUint32(last.value - first.value + 1n) };
}

function checkPort(t: Translation, port: bigint): void {
  if (port >= UINT32_MAX) throw t.refuse(EXIT_FAILURE, `xl: ioport ${port.toString(16)} too big`);
}

function irq(t: Translation, text: string): number {
  const { value, end } = parseUlong(text, 10);
  if (end === 0 || end < text.length) throw t.refuse(EXIT_FAILURE, `xl: Invalid argument parsing irq: ${text}`);
  if (value >= UINT32_MAX) throw t.refuse(EXIT_FAILURE, `xl: irq ${value.toString(16)} too big`);
  return Number(value);
}

/** `START,NUMBER[@GFN]`: frames, in hexadecimal. */
function iomem(t: Translation, text: string): LibxlIomemRange {
  const range = parseIomem(text);
  if (range === undefined) throw t.refuse(EXIT_FAILURE, `xl: Invalid argument parsing iomem: ${text}`);
  return range;
}

function parseIomem(text: string): LibxlIomemRange | undefined {
  const start = scanHex(text);
  if (start.end === 0 || text[start.end] !== ',') return undefined;
  const afterComma = text.slice(start.end + 1);
  const number = scanHex(afterComma);
  if (number.end === 0) return undefined;
  const range = { start: toUint64(start.value), number: toUint64(number.value) };
  if (number.end === afterComma.length) return range;
  if (afterComma[number.end] !== '@') return undefined;
  const afterAt = afterComma.slice(number.end + 1);
  const gfn = scanHex(afterAt);
  if (gfn.end === 0 || gfn.end < afterAt.length) return undefined;
  return gfn.value === ULONG_MAX ? range : { ...range, gfn: toUint64(gfn.value) };
}
