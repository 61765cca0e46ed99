import { type ByteSink, LibxcReader, LibxcWriter } from '@xen-migration/stream-format';
import { PageBitmap } from '../bitmap.js';
import { isHypervisorError } from '../hypervisor/errors.js';
import { PAGE_SHIFT } from '../hypervisor/frames.js';
import { type DomainInfo, type LogDirtyStats, SHUTDOWN } from '../hypervisor/hypervisor.js';
import { SaveFault, type SavePhase, saveErrorOf } from './errors.js';
import type { SaveGuest, SaveGuestType } from './guest-type.js';
import { hvmSave } from './hvm.js';
import type { CheckpointDecision, SaveOptions, SaveResult } from './options.js';
import { PageSender } from './page-sender.js';
import { type PrecopyDecision, type PrecopyStats, xenPrecopyPolicy } from './policy.js';
import { pvSave } from './pv.js';

/**
 * Writes a domain's state as a libxc stream (version 3) and leaves the domain suspended: to resume or to destroy it is
 * the toolstack's. The order is Xen's (docs/specs/libxc-migration-stream; tools/libs/guest/xg_sr_save.c):
 *
 *     headers, static data, STATIC_DATA_END, p2m frames (PV)
 *     live:      passes over what was dirtied, while the guest runs, until the policy says stop;
 *                suspend; one last pass over what is dirty or was deferred; [all once more, to be verified]
 *     otherwise: suspend; one pass over everything
 *     final records (TSC, vcpus, contexts), END
 *
 * @throws SaveError with the first failure's phase, code and details
 */
export async function saveDomain(options: SaveOptions): Promise<SaveResult> {
  const at: Position = { phase: 'setup' };
  const undo: (() => Promise<void>)[] = [];
  try {
    const info = await options.hypervisor.domainInfo(options.domid);
    checkOptions(options, info);
    const type = info.hvm ? hvmSave : pvSave;
    const guest = await type.open({ hypervisor: options.hypervisor, info, callbacks: options.callbacks });
    undo.push(() => guest.close());
    undo.push(() => stopLogDirty(options));
    const totals = await new Save(options, type, guest, at).run();
    return { ...totals, cleanupErrors: await runAll(undo) };
  } catch (e) {
    throw saveErrorOf(e, at.phase, options.domid, await runAll(undo));
  }
}

/** Where the save is, for its errors and its progress. */
interface Position {
  phase: SavePhase;
}

class Save {
  private readonly writer: LibxcWriter;
  private readonly sender: PageSender;
  private readonly dirty: PageBitmap;
  private iteration = 0;
  private pagesWritten = 0;
  private suspendedAt = 0;
  private checkpointsDone = 0;

  constructor(
    private readonly options: SaveOptions,
    private readonly type: SaveGuestType,
    private readonly guest: SaveGuest,
    private readonly at: Position,
  ) {
    this.writer = new LibxcWriter(namedSink(options.sink));
    this.sender = new PageSender(options.hypervisor, options.domid, guest, this.writer);
    this.dirty = new PageBitmap(guest.pfnCount);
  }

  private get checkpointed(): boolean {
    return (this.options.stream ?? 'plain') !== 'plain';
  }

  async run(): Promise<Omit<SaveResult, 'cleanupErrors'>> {
    await this.writeStaticData();
    if (this.options.live) await this.sendMemoryLive();
    else await this.sendMemorySuspended();
    await this.writeFinalRecords();
    const stopped = this.checkpointed && (await this.checkpoints());
    // A checkpointed stream that its callbacks stopped has no END: the receiver goes by its last whole checkpoint.
    if (!stopped) await this.writeEnd();
    return {
      iterations: this.iteration,
      pagesWritten: this.pagesWritten,
      bytesWritten: this.writer.bytesWritten,
      suspendedMs: performance.now() - this.suspendedAt,
    };
  }

  private async writeStaticData(): Promise<void> {
    this.at.phase = 'static-data';
    const { major, minor } = await this.options.hypervisor.info();
    await this.writer.headers({
      version: 3,
      endian: 'little',
      guestType: this.type.streamType,
      pageShift: PAGE_SHIFT,
      xenMajor: major,
      xenMinor: minor,
    });
    for (const record of await this.guest.staticRecords()) await this.writer.record(record);
    await this.writer.record({ type: 'STATIC_DATA_END' });
    for (const record of await this.guest.startRecords()) await this.writer.record(record);
  }

  // --- memory

  private async sendMemorySuspended(): Promise<void> {
    await this.suspend();
    this.at.phase = 'stop-and-copy';
    this.dirty.setAll();
    await this.sendPages(this.guest.pfnCount);
    this.iteration++;
  }

  private async sendMemoryLive(): Promise<void> {
    this.at.phase = 'precopy';
    await enableLogDirty(this.options);
    this.guest.checkUnchanged();
    await this.precopy();
    await this.suspendAndSendDirty();
    if (this.options.debug && !this.checkpointed) await this.verify();
  }

  /** Passes over what is dirty, while the guest runs. The policy is asked before each one and after it. */
  private async precopy(): Promise<void> {
    const { pfnCount } = this.guest;
    let toSend = pfnCount;
    let totalWritten = 0;
    this.dirty.setAll();
    for (;;) {
      const before = await this.decide({ iteration: this.iteration, totalWritten, dirtyCount: toSend });
      if (toSend > 0) await this.sendPages(toSend);
      totalWritten += toSend;
      if (before === 'stop-and-copy') return;
      this.iteration++;
      const after = await this.decide({ iteration: this.iteration, totalWritten, dirtyCount: undefined });
      if (after === 'stop-and-copy') return;
      toSend = (await this.takeDirty(false)).dirty;
    }
  }

  private async decide(stats: PrecopyStats): Promise<Exclude<PrecopyDecision, 'abort'>> {
    const decision = await (this.options.policy ?? xenPrecopyPolicy)(stats);
    if (decision === 'abort') {
      throw new SaveFault('POLICY_ABORT', `the precopy policy gave up after ${stats.iteration} passes`);
    }
    return decision;
  }

  private async suspendAndSendDirty(): Promise<void> {
    await this.suspend();
    this.at.phase = 'stop-and-copy';
    const { dirty } = await this.takeDirty(true);
    const deferred = this.sender.takeDeferred(this.dirty);
    const theirs = this.checkpointsDone > 0 && this.options.stream === 'colo' ? await this.takeTheirDirty() : 0;
    await this.sendPages(dirty + deferred + theirs);
    this.iteration++;
  }

  /** Everything once more, for the receiver to compare: what differs was changed after the guest was suspended. */
  private async verify(): Promise<void> {
    this.at.phase = 'verify';
    await this.writer.record({ type: 'VERIFY' });
    this.dirty.setAll();
    await this.sendPages(this.guest.pfnCount);
  }

  /** Sends the pages whose bits are set; `expected` is their promised count, for the progress. */
  private async sendPages(expected: number): Promise<void> {
    const running = this.at.phase === 'precopy';
    let done = 0;
    this.report(done, expected);
    await this.sender.send(this.dirty, running, {
      before: () => this.checkAborted(),
      after: (entries) => {
        done += entries;
        this.pagesWritten += entries;
        this.report(done, expected);
      },
    });
    if (running) this.guest.checkUnchanged();
  }

  /** Takes over the pages that the hypervisor saw written since the last time, and has it track anew. */
  private async takeDirty(final: boolean): Promise<LogDirtyStats> {
    const { hypervisor, domid } = this.options;
    const { pfnCount } = this.guest;
    const stats = await hypervisor.logDirty(domid, 'clean', this.dirty.bytes, pfnCount, final);
    if (stats.pages === pfnCount) return stats;
    throw new SaveFault('LOG_DIRTY', `the hypervisor tracks ${stats.pages} pages, the guest has ${pfnCount}`);
  }

  /** COLO: what the receiver's guest wrote is as wrong there as what ours wrote. @returns how many pages that may be */
  private async takeTheirDirty(): Promise<number> {
    const record = await new LibxcReader(this.options.backChannel!).next();
    if (record?.type !== 'CHECKPOINT_DIRTY_PFN_LIST') {
      throw new SaveFault('BACK_CHANNEL', `the receiver sent ${record?.type ?? 'nothing'}, not the pages it wrote`);
    }
    for (const pfn of record.pfns) {
      if (!(pfn >= 0 && pfn < this.guest.pfnCount)) {
        throw new SaveFault('BACK_CHANNEL', `the receiver wrote pfn ${pfn}; the guest has ${this.guest.pfnCount}`);
      }
      this.dirty.set(pfn);
    }
    return record.pfns.length;
  }

  // --- suspend

  private async suspend(): Promise<void> {
    this.at.phase = 'suspend';
    this.checkAborted();
    this.report(0, 0);
    this.suspendedAt = performance.now();
    try {
      await this.options.callbacks.suspend();
    } catch (e) {
      throw new SaveFault('SUSPEND_FAILED', `the guest was not suspended: ${textOf(e)}`, { cause: e });
    }
    // The callback's word is not enough: a stock toolstack answers "suspended" when the guest only timed out.
    const { shutdown, shutdownReason } = await this.options.hypervisor.domainInfo(this.options.domid);
    if (shutdown && shutdownReason === SHUTDOWN.suspend) return;
    const state = shutdown ? `shut down with reason ${shutdownReason}` : 'running';
    throw new SaveFault('NOT_SUSPENDED', `the guest should be suspended, but is ${state}`);
  }

  // --- end

  private async writeFinalRecords(): Promise<void> {
    this.at.phase = 'final-records';
    for (const record of await this.guest.finalRecords()) await this.writer.record(record);
  }

  /** Checkpoint after checkpoint. @returns true once a callback says stop */
  private async checkpoints(): Promise<boolean> {
    for (;;) {
      this.at.phase = 'checkpoint';
      await this.writer.record({ type: 'CHECKPOINT' });
      this.checkpointsDone++;
      if ((await this.betweenCheckpoints()) === 'stop') return true;
      await this.suspendAndSendDirty();
      await this.writeFinalRecords();
    }
  }

  private async betweenCheckpoints(): Promise<CheckpointDecision> {
    const { postcopy, checkpoint, waitCheckpoint } = this.options.callbacks;
    if (this.options.stream === 'remus') {
      return (await checkpointStep(postcopy)) === 'stop' ? 'stop' : checkpointStep(checkpoint);
    }
    if ((await checkpointStep(checkpoint)) === 'stop') {
      throw new SaveFault('CHECKPOINT', 'the outer layer could not hand over its part of the checkpoint');
    }
    return (await checkpointStep(postcopy)) === 'stop' ? 'stop' : checkpointStep(waitCheckpoint);
  }

  private async writeEnd(): Promise<void> {
    this.at.phase = 'end';
    await this.writer.record({ type: 'END' });
    this.report(0, 0);
  }

  private checkAborted(): void {
    const { signal } = this.options;
    if (signal?.aborted) throw new SaveFault('ABORTED', 'cancelled', { cause: signal.reason });
  }

  private report(pagesDone: number, pagesTotal: number): void {
    this.options.onProgress?.({
      phase: this.at.phase,
      iteration: this.iteration,
      pagesDone,
      pagesTotal,
      bytes: this.writer.bytesWritten,
    });
  }
}

function checkOptions({ stream = 'plain', live, callbacks, backChannel }: SaveOptions, info: DomainInfo): void {
  if (stream === 'plain') return;
  if (!live) throw new SaveFault('BAD_OPTIONS', 'a checkpointed save tracks writes from its start: it must be live');
  if (callbacks.postcopy === undefined || callbacks.checkpoint === undefined) {
    throw new SaveFault('BAD_OPTIONS', 'a checkpointed save needs the callbacks postcopy and checkpoint');
  }
  if (stream === 'remus') return;
  if (!info.hvm) throw new SaveFault('BAD_OPTIONS', 'COLO is for HVM guests only');
  if (callbacks.waitCheckpoint === undefined || backChannel === undefined) {
    throw new SaveFault('BAD_OPTIONS', 'COLO needs the callback waitCheckpoint and a back channel');
  }
}

async function checkpointStep(step: (() => Promise<CheckpointDecision>) | undefined): Promise<CheckpointDecision> {
  try {
    return (await step?.()) ?? 'continue';
  } catch (e) {
    throw new SaveFault('CHECKPOINT', `a checkpoint callback failed: ${textOf(e)}`, { cause: e });
  }
}

/** Log-dirty mode may be on already (tracking of video memory, a save that was killed): then off, and on again. */
async function enableLogDirty({ hypervisor, domid }: SaveOptions): Promise<void> {
  const first = await attempt(() => hypervisor.enableLogDirty(domid));
  if (first === undefined) return;
  const off = await attempt(() => hypervisor.disableLogDirty(domid));
  const second = await attempt(() => hypervisor.enableLogDirty(domid));
  if (second === undefined) return;
  const offText = off === undefined ? '' : `; switching it off: ${textOf(off)}`;
  throw new SaveFault(
    'LOG_DIRTY',
    `writes can't be tracked (a guest with passed-through devices can't be saved live): ${textOf(first)}${offText}; ` +
      `again: ${textOf(second)}`,
    { cause: second },
  );
}

/** Off also where it was never on: a save that was killed may have left it so. */
async function stopLogDirty({ hypervisor, domid }: SaveOptions): Promise<void> {
  const failure = await attempt(() => hypervisor.disableLogDirty(domid));
  if (failure !== undefined && !isHypervisorError(failure, 'EINVAL', 'ESRCH')) throw failure;
}

async function attempt(action: () => Promise<void>): Promise<unknown> {
  try {
    await action();
    return undefined;
  } catch (e) {
    return e ?? new Error('unknown failure');
  }
}

/** Runs every step, the last one first, and answers what failed. */
async function runAll(steps: readonly (() => Promise<void>)[]): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const step of [...steps].reverse()) {
    const failure = await attempt(step);
    if (failure !== undefined) failures.push(failure);
  }
  return failures;
}

/** A failing sink shows as WRITE, whatever it throws. */
function namedSink(sink: ByteSink): ByteSink {
  return {
    async writev(parts) {
      try {
        await sink.writev(parts);
      } catch (e) {
        throw new SaveFault('WRITE', `the stream can't be written: ${textOf(e)}`, { cause: e });
      }
    },
  };
}

function textOf(e: unknown): string {
  return e instanceof Error ? e.message : String(e);
}
