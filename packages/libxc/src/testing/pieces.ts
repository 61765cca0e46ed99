import { ByteReader, byteSource, LibxcReader, LibxcWriter, MemorySink } from '@xen-migration/stream-format';

export type Record = Parameters<LibxcWriter['record']>[0];

/** One record of a stream that a test takes apart and puts together otherwise. */
export type Piece =
  | { readonly kind: 'record'; readonly record: Record }
  | { readonly kind: 'pages'; readonly pfns: Float64Array; readonly types: Uint8Array; readonly data: Uint8Array };

export async function piecesOf(stream: Uint8Array): Promise<Piece[]> {
  const reader = new LibxcReader(new ByteReader(byteSource(stream)));
  await reader.headers();
  const pieces: Piece[] = [];
  for (;;) {
    const record = await reader.next();
    if (record === undefined) return pieces;
    if (record.type === 'PAGE_DATA') {
      const data = new Uint8Array(record.pageCount * 4096);
      await record.body.readInto([data]);
      pieces.push({ kind: 'pages', pfns: record.pfns, types: record.types, data });
    } else {
      pieces.push({ kind: 'record', record: structuredClone(record) });
    }
  }
}

export async function streamOf(
  pieces: readonly Piece[],
  guestType: 'pv' | 'hvm',
  version: 2 | 3,
): Promise<Uint8Array<ArrayBuffer>> {
  const sink = new MemorySink();
  const writer = new LibxcWriter(sink);
  await writer.headers({ version, endian: 'little', guestType, pageShift: 12, xenMajor: 4, xenMinor: 17 });
  for (const piece of pieces) {
    if (piece.kind === 'record') await writer.record(piece.record);
    else await writer.pageData(piece.pfns, piece.types, piece.data.length === 0 ? [] : [piece.data]);
  }
  return sink.bytes();
}
