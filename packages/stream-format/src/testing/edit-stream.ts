import { ByteReader } from '../bytes/byte-reader.js';
import { MemorySink } from '../bytes/byte-sink.js';
import { byteSource } from '../bytes/byte-source.js';
import { PAGE_SIZE } from '../libxc/layouts.js';
import { hasPageData } from '../libxc/page-types.js';
import type { LibxcHeaders, PlainLibxcRecord } from '../libxc/records.js';
import { LibxcWriter } from '../libxc/writer.js';
import type { PlainLibxlRecord } from '../libxl/records.js';
import { LibxlWriter } from '../libxl/writer.js';
import { streamEvents } from '../stream/events.js';
import { encodeXlHeader, xlHeaderFor } from '../xl/save-header.js';

/** What shall be different in a stream that is written again. */
export interface Edits {
  readonly config?: (text: string) => string;
  readonly headers?: (headers: LibxcHeaders) => LibxcHeaders;
  /** The record, changed or not; undefined leaves it out. */
  readonly record?: (record: PlainLibxcRecord) => PlainLibxcRecord | undefined;
  readonly libxlRecord?: (record: PlainLibxlRecord) => PlainLibxlRecord;
  /** Changes the page in place. */
  readonly page?: (pfn: number, page: Uint8Array) => void;
  /** Only the libxc stream is written. */
  readonly bare?: boolean;
}

/** The stream, read and written again with changes. */
export async function editStream(stream: Uint8Array, edits: Edits): Promise<Uint8Array<ArrayBuffer>> {
  const sink = new MemorySink();
  const libxl = new LibxlWriter(sink);
  const libxc = new LibxcWriter(sink);
  for await (const event of streamEvents(new ByteReader(byteSource(stream)))) {
    if (event.kind === 'libxc-header') await libxc.headers(edits.headers?.(event.header) ?? event.header);
    if (event.kind === 'libxc-record') {
      const { record } = event;
      if (record.type === 'PAGE_DATA') {
        const data = new Uint8Array(record.pageCount * PAGE_SIZE);
        await record.body.readInto([data]);
        let at = 0;
        for (const [entry, type] of record.types.entries()) {
          if (!hasPageData(type)) continue;
          edits.page?.(record.pfns[entry] ?? 0, data.subarray(at, at + PAGE_SIZE));
          at += PAGE_SIZE;
        }
        await libxc.pageData(record.pfns, record.types, [data]);
      } else {
        const edited = edits.record === undefined ? record : edits.record(record);
        if (edited !== undefined) await libxc.record(edited);
      }
    }
    if (edits.bare === true) continue;
    if (event.kind === 'xl-header') {
      const config = event.header.config ?? '';
      const header = edits.config === undefined ? event.header : xlHeaderFor(edits.config(config));
      await sink.writev([encodeXlHeader(header)]);
    }
    if (event.kind === 'libxl-header') await libxl.headers(event.header);
    if (event.kind === 'libxl-record') await libxl.record(edits.libxlRecord?.(event.record) ?? event.record);
    if (event.kind === 'trailing') await sink.writev([event.data]);
  }
  return sink.bytes();
}
