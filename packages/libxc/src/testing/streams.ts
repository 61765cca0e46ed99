import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import {
  ByteReader,
  byteSource,
  LibxcReader,
  LibxlReader,
  type PlainLibxcRecord,
  readXlHeader,
} from '@xen-migration/stream-format';
import { piecesOf, streamOf } from './pieces.js';

/** Small real streams are part of the project; the larger ones may stand beside it. */
const FOLDERS = ['../../../stream-format/testdata/', '../../../../../shared/streams/'];

/** The path of a real stream, undefined where it is not on this machine. */
export function realStreamPath(name: string): string | undefined {
  return FOLDERS.map((folder) => fileURLToPath(new URL(folder + name, import.meta.url))).find((path) =>
    existsSync(path),
  );
}

/** The libxc stream inside a save file that xl wrote. */
export async function libxcStreamOf(path: string): Promise<Uint8Array> {
  const bytes = gunzipSync(readFileSync(path));
  const reader = new ByteReader(byteSource(bytes));
  await readXlHeader(reader);
  const libxl = new LibxlReader(reader);
  await libxl.headers();
  for (;;) {
    const record = await libxl.next();
    if (record === undefined) throw new Error(`${path} has no libxc stream`);
    if (record.type !== 'LIBXC_CONTEXT') continue;
    const start = reader.offset;
    const libxc = new LibxcReader(reader);
    await libxc.headers();
    while ((await libxc.next()) !== undefined);
    return bytes.subarray(start, reader.offset);
  }
}

/** All that a libxc stream says of a guest, the last word on each page. */
export interface GuestImage {
  readonly records: readonly PlainLibxcRecord[];
  readonly types: ReadonlyMap<number, number>;
  readonly pages: ReadonlyMap<number, Uint8Array>;
}

export async function guestImageOf(stream: Uint8Array): Promise<GuestImage> {
  const libxc = new LibxcReader(new ByteReader(byteSource(stream)));
  await libxc.headers();
  const records: PlainLibxcRecord[] = [];
  const types = new Map<number, number>();
  const pages = new Map<number, Uint8Array>();
  for (;;) {
    const record = await libxc.next();
    if (record === undefined) return { records, types, pages };
    if (record.type !== 'PAGE_DATA') {
      records.push(structuredClone(record));
      continue;
    }
    for (const [i, pfn] of record.pfns.entries()) {
      const type = record.types[i]!;
      types.set(pfn, type);
      if (type >= 0xd) continue;
      pages.set(pfn, (await record.body.next())!.slice());
    }
  }
}

/** The same guest as Xen before 4.14 wrote it: no CPU policy, no end of static data. */
export async function asVersion2(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const { guestType } = await new LibxcReader(new ByteReader(byteSource(bytes))).headers();
  const later = ['X86_CPUID_POLICY', 'X86_MSR_POLICY', 'STATIC_DATA_END'];
  const pieces = (await piecesOf(bytes)).filter((p) => p.kind === 'pages' || !later.includes(p.record.type));
  return streamOf(pieces, guestType, 2);
}
