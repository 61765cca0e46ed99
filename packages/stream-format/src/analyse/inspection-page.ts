import type { Inspection } from './inspect.js';
import { type InspectionTable, inspectionHeadline, inspectionTables } from './inspection-tables.js';
import type { Pass } from './memory-history.js';
import { CELLS_PER_ROW, type MemoryPicture, memoryPicture } from './memory-picture.js';
import type { PfnTable } from './pfn-table.js';

/** All that a page about one stream shows. */
export interface InspectionPage {
  /** Name of the file. */
  readonly file: string;
  readonly headline: string;
  readonly tables: readonly InspectionTable[];
  readonly passes: readonly Pass[];
  readonly picture: MemoryPicture;
}

export function inspectionPage(file: string, found: { inspection: Inspection; pages: PfnTable }): InspectionPage {
  const { inspection, pages } = found;
  return {
    file,
    headline: inspectionHeadline(inspection),
    tables: inspectionTables(inspection),
    passes: inspection.passes,
    picture: memoryPicture(pages),
  };
}

const PLANES = ['types', 'zero', 'sent', 'pass'] as const;

/**
 * The page's contents as text for a document: base64 of gzip of the length of the JSON (32 bits), the JSON, and the
 * planes of the picture one after the other.
 */
export async function encodePage(page: InspectionPage): Promise<string> {
  const { pagesPerCell, rows } = page.picture;
  const text = new TextEncoder().encode(JSON.stringify({ ...page, picture: { pagesPerCell, rows } }));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, text.length);
  const whole = new Blob([length, text, ...PLANES.map((plane) => page.picture[plane].slice())]);
  return toBase64(await bytesOf(whole.stream().pipeThrough(new CompressionStream('gzip'))));
}

/** The reverse of `encodePage`, for what it has made. */
export async function decodePage(encoded: string): Promise<InspectionPage> {
  const packed = new Blob([Uint8Array.from(atob(encoded.trim()), (character) => character.charCodeAt(0))]);
  const whole = await bytesOf(packed.stream().pipeThrough(new DecompressionStream('gzip')));
  const length = new DataView(whole.buffer, whole.byteOffset).getUint32(0);
  const page = JSON.parse(new TextDecoder().decode(whole.subarray(4, 4 + length))) as InspectionPage;
  const size = page.picture.rows.length * CELLS_PER_ROW;
  const plane = (n: number) => whole.subarray(4 + length + n * size, 4 + length + (n + 1) * size);
  const [types, zero, sent, pass] = PLANES.map((_, n) => plane(n));
  const none = new Uint8Array(0);
  const planes = { types: types ?? none, zero: zero ?? none, sent: sent ?? none, pass: pass ?? none };
  return { ...page, picture: { ...page.picture, ...planes } };
}

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** So many bytes at a time: a function takes no more arguments than fit on the stack. */
const PART = 8192;

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += PART) binary += String.fromCharCode(...bytes.subarray(at, at + PART));
  return btoa(binary);
}
