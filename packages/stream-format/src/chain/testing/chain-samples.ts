import { ByteReader } from '../../bytes/byte-reader.js';
import { MemorySink } from '../../bytes/byte-sink.js';
import { byteSource } from '../../bytes/byte-source.js';
import { PAGE_SIZE } from '../../libxc/layouts.js';
import { hasPageData } from '../../libxc/page-types.js';
import type { LibxcHeaders, PlainLibxcRecord } from '../../libxc/records.js';
import { LibxcWriter } from '../../libxc/writer.js';
import { LibxlWriter } from '../../libxl/writer.js';
import { encodeXlHeader, xlHeaderFor } from '../../xl/save-header.js';
import type { ChainFile } from '../chain-file.js';
import { type PfnRun, populatedRecord, type Snapshot, snapshotRecord } from '../snapshot.js';

/** pfn, type, and the byte that the page is filled with. */
export type SamplePage = readonly [pfn: number, type: number, fill?: number];

/** A save as it is to be written. */
export interface SampleSave {
  readonly snapshot?: Snapshot;
  /** A record of pages for each list. */
  readonly pages: readonly (readonly SamplePage[])[];
  readonly populated?: readonly PfnRun[];
  /** Sent once more behind a VERIFY record. */
  readonly verify?: readonly SamplePage[];
  readonly header?: Partial<LibxcHeaders>;
  /** Of a PV guest. */
  readonly width?: 4 | 8;
  /** Records before the end of the pages. */
  readonly extra?: readonly PlainLibxcRecord[];
  /** Within an xl save file. */
  readonly framed?: boolean;
}

const HEADER: LibxcHeaders = {
  version: 3,
  endian: 'little',
  guestType: 'hvm',
  pageShift: 12,
  xenMajor: 4,
  xenMinor: 17,
};

export async function sampleSave(save: SampleSave): Promise<Uint8Array> {
  const sink = new MemorySink();
  const libxl = new LibxlWriter(sink);
  if (save.framed) {
    await sink.writev([encodeXlHeader(xlHeaderFor('{"c_info":{"name":"sample"}}'))]);
    await libxl.headers({ endian: 'little', legacy: false });
    await libxl.record({ type: 'LIBXC_CONTEXT' });
  }
  await writeLibxc(new LibxcWriter(sink), save);
  if (save.framed) await libxl.record({ type: 'END' });
  return sink.bytes();
}

async function writeLibxc(writer: LibxcWriter, save: SampleSave): Promise<void> {
  const { snapshot, pages, populated, verify, width, extra = [] } = save;
  await writer.headers({ ...HEADER, ...save.header });
  if (snapshot !== undefined) await writer.record(snapshotRecord(snapshot));
  if (width !== undefined)
    await writer.record({ type: 'X86_PV_INFO', guestWidth: width, ptLevels: width === 4 ? 3 : 4 });
  await writer.record({ type: 'STATIC_DATA_END' });
  for (const batch of pages) await writeBatch(writer, batch);
  if (verify !== undefined) {
    await writer.record({ type: 'VERIFY' });
    await writeBatch(writer, verify);
  }
  if (populated !== undefined) await writer.record(populatedRecord(populated));
  for (const record of extra) await writer.record(record);
  await writer.record({ type: 'X86_TSC_INFO', mode: 0, khz: 1, nsec: 0n, incarnation: 0 });
  await writer.record({ type: 'END' });
}

async function writeBatch(writer: LibxcWriter, batch: readonly SamplePage[]): Promise<void> {
  const contents = batch
    .filter(([, type]) => hasPageData(type))
    .map(([, , fill = 0]) => new Uint8Array(PAGE_SIZE).fill(fill));
  await writer.pageData(
    batch.map(([pfn]) => pfn),
    batch.map(([, type]) => type),
    contents,
  );
}

/** A file of a chain in memory, that counts what is done with it. */
export class MemoryFile implements ChainFile {
  /** Readers that were opened and not closed. */
  opened = 0;
  /** Offset and length of each read of pages. */
  readonly reads: [number, number][] = [];

  constructor(
    private readonly bytes: Uint8Array,
    private readonly unreadable = false,
  ) {}

  async open(): Promise<ByteReader> {
    this.opened++;
    const reader = new ByteReader(byteSource(this.bytes));
    const close = reader.close.bind(reader);
    reader.close = async () => {
      this.opened--;
      await close();
    };
    return reader;
  }

  async readAt(offset: number, into: Uint8Array): Promise<void> {
    if (this.unreadable) throw new Error('the disk is gone');
    this.reads.push([offset, into.length]);
    into.set(this.bytes.subarray(offset, offset + into.length));
  }
}

export async function fileOf(save: SampleSave): Promise<MemoryFile> {
  return new MemoryFile(await sampleSave(save));
}
