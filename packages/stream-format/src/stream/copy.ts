import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import { PAGE_SIZE } from '../libxc/layouts.js';
import type { LibxcRecord } from '../libxc/records.js';
import { LibxcWriter } from '../libxc/writer.js';
import { LibxlWriter } from '../libxl/writer.js';
import { encodeXlHeader } from '../xl/save-header.js';
import { type StreamEventOptions, streamEvents } from './events.js';

/** Pages of a record that is written in one piece: what a saver puts into one record. */
const BATCH_PAGES = 1024;

/**
 * Reads the stream and writes it again: the identical bytes, where the stream keeps to the format.
 * @throws StreamError
 */
export async function copyStream(reader: ByteReader, sink: ByteSink, options: StreamEventOptions = {}): Promise<void> {
  const libxl = new LibxlWriter(sink);
  const libxc = new LibxcWriter(sink);
  const pages = new PageBuffer();
  for await (const event of streamEvents(reader, options)) {
    switch (event.kind) {
      case 'xl-header':
        await sink.writev([encodeXlHeader(event.header)]);
        break;
      case 'libxl-header':
        await libxl.headers(event.header);
        break;
      case 'libxl-record':
        await libxl.record(event.record);
        break;
      case 'libxc-header':
        await libxc.headers(event.header);
        break;
      case 'libxc-record':
        await copyRecord(event.record, libxc, pages);
        break;
      case 'trailing':
        await sink.writev([event.data]);
        break;
    }
  }
}

async function copyRecord(record: LibxcRecord, writer: LibxcWriter, pages: PageBuffer): Promise<void> {
  if (record.type !== 'PAGE_DATA') return writer.record(record);
  const data = await pages.fill(record);
  await writer.pageData(record.pfns, record.types, [data]);
}

class PageBuffer {
  private memory = new Uint8Array(0);

  async fill(record: LibxcRecord & { type: 'PAGE_DATA' }): Promise<Uint8Array> {
    // Memory beyond a usual batch is taken page by page as the pages arrive.
    if (record.pageCount > BATCH_PAGES) return this.fillLong(record);
    const size = record.pageCount * PAGE_SIZE;
    if (this.memory.length < size) this.memory = new Uint8Array(size);
    const data = this.memory.subarray(0, size);
    await record.body.readInto([data]);
    return data;
  }

  private async fillLong(record: LibxcRecord & { type: 'PAGE_DATA' }): Promise<Uint8Array> {
    let at = 0;
    for (let page = await record.body.next(); page !== undefined; page = await record.body.next()) {
      if (at + PAGE_SIZE > this.memory.length) {
        const grown = new Uint8Array(Math.max(BATCH_PAGES * PAGE_SIZE, this.memory.length * 2));
        grown.set(this.memory);
        this.memory = grown;
      }
      this.memory.set(page, at);
      at += PAGE_SIZE;
    }
    return this.memory.subarray(0, at);
  }
}
