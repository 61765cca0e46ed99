import type { ByteSink } from '../bytes/byte-sink.js';
import { PAGE_SIZE } from '../libxc/layouts.js';
import { hasPageData, PAGE_TYPE } from '../libxc/page-types.js';
import { LibxcWriter } from '../libxc/writer.js';
import { LibxlWriter } from '../libxl/writer.js';
import { type StreamEvent, streamEvents } from '../stream/events.js';
import { encodeXlHeader } from '../xl/save-header.js';
import { ChainError } from './chain-error.js';
import type { ChainFile } from './chain-file.js';
import type { PagePlace } from './page-index.js';
import { type Chain, type ChainPoint, isOfChain, readChain } from './read-chain.js';
import { snapshotRecord } from './snapshot.js';

/** Pages of a record, as Xen writes them. */
const BATCH = 1024;

export interface MergeOptions {
  /**
   * Keep the last file's id in an optional record, so that further deltas fit on the merged file. Stock Xen restores that
   * too, but its verifier script does not know the record.
   */
  readonly asBase?: boolean;
}

/**
 * Writes the guest as it was at the chain's last file, as an ordinary save of the same layers (xl, libxl or libxc alone),
 * which stock Xen restores. Any earlier point is the merge of the files up to it.
 *
 * @returns the chain's points
 * @throws ChainError, StreamError, and what files and sink throw
 */
export async function mergeChain(
  files: readonly ChainFile[],
  sink: ByteSink,
  options: MergeOptions = {},
): Promise<readonly ChainPoint[]> {
  const chain = await readChain(files);
  const merge = new Merge(files, chain, sink, options.asBase === true);
  const reader = await files.at(-1)!.open();
  try {
    for await (const event of streamEvents(reader)) await merge.take(event);
  } finally {
    await reader.close();
  }
  return chain.points;
}

/** The same as a stream of bytes, to restore from without a file between. */
export async function* mergedChain(files: readonly ChainFile[]): AsyncGenerator<Uint8Array> {
  const parts: Uint8Array[] = [];
  const sink: ByteSink = {
    async writev(given) {
      for (const part of given) parts.push(part.slice());
    },
  };
  const chain = await readChain(files);
  const merge = new Merge(files, chain, sink, false);
  const reader = await files.at(-1)!.open();
  try {
    for await (const event of streamEvents(reader)) {
      for await (const _ of merge.steps(event)) yield* parts.splice(0);
      yield* parts.splice(0);
    }
  } finally {
    await reader.close();
  }
}

class Merge {
  private readonly libxl: LibxlWriter;
  private readonly libxc: LibxcWriter;
  private pagesDone = false;
  private verifying = false;

  constructor(
    private readonly files: readonly ChainFile[],
    private readonly chain: Chain,
    private readonly sink: ByteSink,
    private readonly asBase: boolean,
  ) {
    this.libxl = new LibxlWriter(sink);
    this.libxc = new LibxcWriter(sink);
  }

  async take(event: StreamEvent): Promise<void> {
    for await (const _ of this.steps(event));
  }

  /** Writes what an event of the last file becomes, in portions. */
  async *steps(event: StreamEvent): AsyncGenerator<void> {
    switch (event.kind) {
      case 'xl-header':
        return this.sink.writev([encodeXlHeader(event.header)]);
      case 'libxl-header':
        return this.libxl.headers(event.header);
      case 'libxl-record':
        return this.libxl.record(event.record);
      case 'libxc-header':
        await this.libxc.headers(event.header);
        if (!this.asBase) return;
        return this.libxc.record(snapshotRecord({ id: this.chain.points.at(-1)!.id, parent: undefined }));
      case 'libxc-record':
        yield* this.libxcRecord(event.record);
        return;
      case 'trailing':
        return this.sink.writev([event.data]);
    }
  }

  private async *libxcRecord(record: Extract<StreamEvent, { kind: 'libxc-record' }>['record']): AsyncGenerator<void> {
    // What was sent once more to be compared is in the pages already.
    this.verifying ||= record.type === 'VERIFY';
    const isPages = record.type === 'PAGE_DATA';
    if (!this.pagesDone && (isPages || END_OF_PAGES.has(record.type))) {
      this.pagesDone = true;
      yield* this.pages();
    }
    if (isPages || record.type === 'VERIFY' || isOfChain(record)) return;
    await this.libxc.record(record);
  }

  private async *pages(): AsyncGenerator<void> {
    let batch: PagePlace[] = [];
    for (const place of this.wanted()) {
      batch.push(place);
      if (batch.length < BATCH) continue;
      await this.writeBatch(batch);
      batch = [];
      yield;
    }
    if (batch.length > 0) await this.writeBatch(batch);
  }

  /** The pages of the guest at the last point. */
  private *wanted(): Generator<PagePlace> {
    const { index, populated } = this.chain;
    if (populated === undefined) {
      yield* index.places();
      return;
    }
    for (const { first, count } of populated) {
      for (let pfn = first; pfn < first + count; pfn++) {
        const place = index.get(pfn);
        // Memory that came since and was never written: a page, whatever it holds.
        if (place === undefined || !hasPageData(place.type))
          yield { pfn, type: PAGE_TYPE.XALLOC, file: 0, offset: undefined };
        else yield place;
      }
    }
  }

  private async writeBatch(batch: readonly PagePlace[]): Promise<void> {
    const withData = batch.filter(({ offset }) => offset !== undefined);
    const data = new Uint8Array(withData.length * PAGE_SIZE);
    for (let i = 0; i < withData.length; ) {
      const { file, offset } = withData[i]!;
      let count = 1;
      // Pages that lie side by side in one file are read at once.
      while (withData[i + count]?.file === file && withData[i + count]?.offset === offset! + count * PAGE_SIZE) count++;
      await this.read(file, offset!, data.subarray(i * PAGE_SIZE, (i + count) * PAGE_SIZE));
      i += count;
    }
    const pfns = batch.map(({ pfn }) => pfn);
    const types = batch.map(({ type }) => type);
    await this.libxc.pageData(pfns, types, data.length > 0 ? [data] : []);
  }

  private async read(file: number, offset: number, into: Uint8Array): Promise<void> {
    try {
      await this.files[file]!.readAt(offset, into);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ChainError('MISSING_PAGE', `its pages at offset ${offset} can't be read: ${why}`, file);
    }
  }
}

/** The records after the pages; a delta may have no pages at all. */
const END_OF_PAGES: ReadonlySet<string> = new Set(['X86_TSC_INFO', 'SHARED_INFO', 'HVM_CONTEXT', 'END']);
