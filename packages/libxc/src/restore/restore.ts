import {
  type LibxcHeaders,
  LibxcReader,
  type LibxcRecord,
  LibxcWriter,
  StreamError,
} from '@xen-migration/stream-format';
import { PageBitmap } from '../bitmap.js';
import { PAGE_SHIFT } from '../hypervisor/frames.js';
import type { DomainInfo } from '../hypervisor/hypervisor.js';
import { retrying } from '../hypervisor/retrying.js';
import { CheckpointBuffer } from './checkpoint-buffer.js';
import { faultOf, type RecordPosition, RestoreError, RestoreFault, type RestorePhase } from './errors.js';
import type { RestoredGuest, RestoreGuest } from './guest-type.js';
import { hvmRestore } from './hvm.js';
import { lostPageWarnings } from './lost-pages.js';
import type { RestoreOptions, RestoreResult, RestoreStep } from './options.js';
import { PageReceiver } from './pages.js';
import { Populator } from './populate.js';
import { pvRestore } from './pv.js';
import { checkContents, isOptional } from './records.js';
import { readStaticData } from './static-data.js';

/**
 * Reads a libxc stream (version 2 or 3) into a domain that was just made, and leaves it ready to be unpaused. The stream
 * is a state machine (docs/specs/libxc-migration-stream; tools/libs/guest/xg_sr_restore.c):
 *
 *     headers -> static data -> contents -> completion
 *                 |              |           vcpus, page-table pins, p2m, rings: only after END
 *                 |              pages and records, in any number, until END
 *                 version 3: until STATIC_DATA_END; version 2: until the first other record
 *
 * A stream comes from anywhere: what it claims is checked before it is acted upon, and no claim makes us hold more than
 * a record, a bitmap, and what the domain itself may hold.
 *
 * @throws RestoreError with the first failure's phase, code and place in the stream
 */
export async function restoreDomain(given: RestoreOptions): Promise<RestoreResult> {
  const options = { ...given, hypervisor: retrying(given.hypervisor) };
  const at: Position = { phase: 'headers', record: undefined };
  let guest: RestoreGuest | undefined;
  try {
    const info = await options.hypervisor.domainInfo(options.domid);
    checkOptions(options, info);
    const reader = new LibxcReader(options.reader);
    const start = options.reader.offset;
    const headers = await readHeaders(reader, info);
    at.phase = 'setup';
    guest = await (info.hvm ? hvmRestore : pvRestore).open({ ...options, info });
    return await new Restore(options, headers, reader, start, guest, at, info).run();
  } catch (e) {
    const { code, message, details } = faultOf(e);
    throw new RestoreError(code, at.phase, options.domid, message, details, recordOf(e, at), options.reader.offset);
  } finally {
    await guest?.close().catch(() => undefined);
  }
}

function checkOptions({ stream, callbacks, backChannel }: RestoreOptions, info: DomainInfo): void {
  if (stream !== 'colo') return;
  if (!info.hvm) throw new RestoreFault('BAD_OPTIONS', 'COLO is for HVM guests only');
  const { postcopy, waitCheckpoint, suspend } = callbacks ?? {};
  if (!postcopy || !waitCheckpoint || !suspend || !backChannel) {
    throw new RestoreFault(
      'BAD_OPTIONS',
      'COLO needs the callbacks postcopy, waitCheckpoint, suspend, and a back channel',
    );
  }
}

/** Where the restore is, for its errors and its progress. */
interface Position {
  phase: RestorePhase;
  record: LibxcRecord | undefined;
}

/** A record that can't be read is not the one that was worked on last. */
function recordOf(thrown: unknown, { record }: Position): RecordPosition | undefined {
  if (thrown instanceof RestoreFault && thrown.details.record !== undefined) return thrown.details.record;
  if (!(thrown instanceof StreamError))
    return record && { index: record.index, type: record.type, offset: record.offset };
  const { record: unread, offset } = thrown;
  return unread && { index: unread.index, type: unread.name, offset };
}

async function readHeaders(reader: LibxcReader, info: DomainInfo): Promise<LibxcHeaders> {
  const headers = await reader.headers();
  const { guestType, pageShift, endian } = headers;
  const type = info.hvm ? 'hvm' : 'pv';
  if (guestType !== type) {
    throw new RestoreFault('HEADERS', `the stream holds a ${guestType} guest, the domain is ${type}`);
  }
  if (pageShift !== PAGE_SHIFT) {
    throw new RestoreFault(
      'HEADERS',
      `the stream's pages are 2^${pageShift} bytes; an x86 domain's are 2^${PAGE_SHIFT}`,
    );
  }
  // The contents (contexts, page tables) would be of a big-endian machine's too.
  if (endian !== 'little') throw new RestoreFault('HEADERS', 'the stream is big-endian; x86 domains are little-endian');
  return headers;
}

class Restore {
  private readonly populator: Populator;
  private readonly receiver: PageReceiver;
  private readonly buffer: CheckpointBuffer;
  private wholeCheckpoints = 0;
  private completed: RestoredGuest | undefined;
  private verifying = false;
  private readonly warnings: string[] = [];

  constructor(
    private readonly options: RestoreOptions,
    private readonly headers: LibxcHeaders,
    private readonly reader: LibxcReader,
    private readonly start: number,
    private readonly guest: RestoreGuest,
    private readonly at: Position,
    info: DomainInfo,
  ) {
    this.buffer = new CheckpointBuffer(info.maxPages);
    const { hypervisor, domid } = options;
    this.populator = new Populator(hypervisor, domid, guest);
    this.receiver = new PageReceiver(hypervisor, domid, guest, this.populator);
  }

  async run(): Promise<RestoreResult> {
    try {
      this.at.phase = 'static-data';
      const { guest, headers, options, warnings } = this;
      const first = await readStaticData({ guest, headers, options, warnings, next: () => this.nextRecord() });
      return await this.complete(await this.readContents(first));
    } catch (e) {
      // What is wrong with pages that were read before comes first.
      await this.receiver.settle();
      throw e;
    }
  }

  // --- contents

  /** @returns why the stream was left before its end, if it was */
  private async readContents(first: LibxcRecord): Promise<string | undefined> {
    this.at.phase = 'contents';
    for (let record = first; record.type !== 'END'; record = await this.nextRecord()) {
      if (record.type === 'CHECKPOINT') return this.checkpoints();
      await this.takeRecord(record);
      this.report();
    }
    return undefined;
  }

  private async takeRecord(record: LibxcRecord): Promise<void> {
    checkContents(record, this.guest);
    // Whatever else the stream says is said of the pages before.
    if (record.type !== 'PAGE_DATA') await this.receiver.settle();
    switch (record.type) {
      case 'PAGE_DATA':
        return this.receiver.take(record, this.verifying);
      case 'VERIFY':
        this.verifying = true;
        return;
      case 'X86_TSC_INFO': {
        const { mode, khz, nsec, incarnation } = record;
        return this.options.hypervisor.setTscInfo(this.options.domid, { mode, khz, nsec, incarnation });
      }
      default:
        if (!isOptional(record)) await this.guest.takeRecord(record);
    }
  }

  // --- checkpoints

  /**
   * The first CHECKPOINT came: all before it has been acted upon. What follows is kept until the next one, so that
   * nothing of a checkpoint that does not become whole ever touches the guest.
   *
   * @returns why the stream was left before its end, if it was
   */
  private async checkpoints(): Promise<string | undefined> {
    const { stream = 'plain' } = this.options;
    if (stream === 'plain') throw new RestoreFault('ORDER', 'a checkpoint in a stream that should end with END');
    for (;;) {
      await this.receiver.settle();
      this.at.phase = 'checkpoint';
      if ((await this.step('checkpoint')) === 'failover') return 'the sender is gone';
      for (const record of this.buffer.take()) {
        this.at.record = record;
        await this.takeRecord(record);
      }
      this.wholeCheckpoints++;
      if (stream === 'colo' && (await this.runSecondary()) === 'failover') return 'the sender is gone';
      this.report();
      const end = await this.keepUntilCheckpoint();
      if (end !== undefined) return end === 'END' ? undefined : end;
    }
  }

  /** @returns undefined at the next CHECKPOINT; otherwise 'END', or why the stream can't be read any further */
  private async keepUntilCheckpoint(): Promise<string | undefined> {
    this.at.phase = 'contents';
    try {
      for (;;) {
        const record = await this.nextRecord();
        if (record.type === 'CHECKPOINT') return undefined;
        if (record.type === 'END') return 'END';
        checkContents(record, this.guest);
        await this.buffer.add(record);
      }
    } catch (e) {
      if (e instanceof RestoreFault && e.code === 'ABORTED') throw e;
      return faultOf(e).message;
    }
  }

  /** COLO: the guest runs here too, from this checkpoint to the next; the sender then learns what it wrote. */
  private async runSecondary(): Promise<RestoreStep> {
    await this.receiver.settle();
    const restored = await this.guest.complete();
    this.completed = restored;
    await this.options.callbacks?.restoreResults?.(restored);
    for (const name of ['postcopy', 'waitCheckpoint', 'suspend'] as const) {
      if ((await this.step(name)) === 'failover') return 'failover';
    }
    await this.reportDirtyPages();
    return 'continue';
  }

  private async reportDirtyPages(): Promise<void> {
    const { hypervisor, domid, backChannel } = this.options;
    // The guest has its memory only now: asked before, the answer is too small (and stock Xen's is).
    const pages = (await hypervisor.maximumGpfn(domid)) + 1;
    const dirty = new PageBitmap(pages);
    await hypervisor.logDirty(domid, 'clean', dirty.bytes, pages, false);
    // Nothing but records goes back: no headers (docs/specs/libxc-migration-stream, CHECKPOINT_DIRTY_PFN_LIST).
    const writer = new LibxcWriter(backChannel!);
    await writer.record({ type: 'CHECKPOINT_DIRTY_PFN_LIST', pfns: dirty.pages() });
  }

  private async step(name: 'checkpoint' | 'postcopy' | 'waitCheckpoint' | 'suspend'): Promise<RestoreStep> {
    try {
      return (await this.options.callbacks?.[name]?.()) ?? 'continue';
    } catch (e) {
      const text = `the callback ${name} failed: ${e instanceof Error ? e.message : String(e)}`;
      throw new RestoreFault('CHECKPOINT', text, { cause: e });
    }
  }

  private async nextRecord(): Promise<LibxcRecord> {
    const { signal } = this.options;
    if (signal?.aborted) throw new RestoreFault('ABORTED', 'cancelled', { cause: signal.reason });
    const record = await this.reader.next();
    if (record === undefined) throw new RestoreFault('ORDER', 'the stream goes on after its END');
    this.at.record = record;
    return record;
  }

  // --- completion

  private async complete(failover: string | undefined): Promise<RestoreResult> {
    this.at.phase = 'completion';
    await this.receiver.settle();
    // COLO: the guest was completed at its last checkpoint, and has run since.
    const { storeGfn, consoleGfn, warnings } = this.completed ?? (await this.guest.complete());
    this.report();
    return {
      version: this.headers.version,
      guestType: this.headers.guestType,
      xenMajor: this.headers.xenMajor,
      xenMinor: this.headers.xenMinor,
      storeGfn,
      consoleGfn,
      pagesRead: this.receiver.pagesRead,
      bytesRead: this.options.reader.offset - this.start,
      checkpoints: this.wholeCheckpoints,
      failover,
      verifyMismatches: this.receiver.mismatches,
      warnings: [...this.warnings, ...warnings, ...lostPageWarnings(this.populator.neverAnnounced())],
    };
  }

  private report(): void {
    this.options.onProgress?.({
      phase: this.at.phase,
      pagesDone: this.receiver.pagesRead,
      bytes: this.options.reader.offset - this.start,
    });
  }
}
