import { type ByteSink, LibxcWriter, populatedRecord, snapshotRecord } from '@xen-migration/stream-format';
import { PAGE_SHIFT } from '../hypervisor/frames.js';
import { type DomainInfo, SHUTDOWN } from '../hypervisor/hypervisor.js';
import { retrying } from '../hypervisor/retrying.js';
import { AutoConverge } from './auto-converge.js';
import { BandwidthLimit } from './bandwidth.js';
import { SaveFault, saveErrorOf, textOf } from './errors.js';
import type { SaveGuest, SaveGuestType } from './guest-type.js';
import { hvmSave } from './hvm.js';
import { enableLogDirty, stopLogDirty } from './log-dirty.js';
import { MemoryCopy, type Position } from './memory.js';
import type { CheckpointDecision, IncrementalSave, SaveOptions, SaveResult } from './options.js';
import { pvSave } from './pv.js';
import type { WritableRecord } from './records.js';
import { undoAll } from './undo.js';

/**
 * Writes a domain's state as a libxc stream (version 3) and leaves the domain suspended: to resume or to destroy it is
 * the toolstack's. The order is Xen's (docs/specs/libxc-migration-stream; tools/libs/guest/xg_sr_save.c):
 *
 *     headers, static data, STATIC_DATA_END, p2m frames (PV)
 *     live:      passes over what was dirtied, while the guest runs, until the policy says stop;
 *                suspend; one last pass over what is dirty or was deferred; [all once more, to be verified]
 *     otherwise: suspend; one pass over everything
 *     final records (TSC, vcpus, contexts), END
 *     checkpointed: CHECKPOINT instead, the guest runs on; suspend; what is dirty; final records; and so on
 *
 * @throws SaveError with the first failure's phase, code and details
 */
export async function saveDomain(given: SaveOptions): Promise<SaveResult> {
  const options = { ...given, hypervisor: retrying(given.hypervisor) };
  const at: Position = { phase: 'setup' };
  const undo: (() => Promise<void>)[] = [];
  try {
    const info = await options.hypervisor.domainInfo(options.domid);
    checkOptions(options, info);
    const type = info.hvm ? hvmSave : pvSave;
    const guest = await type.open({ hypervisor: options.hypervisor, info, callbacks: options.callbacks });
    // An incremental save that succeeds leaves the guest's writes tracked.
    let keepTracking = false;
    undo.push(() => guest.close(keepTracking));
    undo.push(async () => {
      if (!keepTracking) await stopLogDirty(options);
    });
    const converge = convergeOf(options, info);
    if (converge !== undefined) undo.push(() => converge.end());
    const totals = await new Save(options, type, guest, at, converge).run();
    keepTracking = options.incremental !== undefined;
    return { ...totals, cleanupErrors: await undoAll(undo) };
  } catch (e) {
    throw saveErrorOf(e, at.phase, options.domid, await undoAll(undo));
  }
}

class Save {
  private readonly writer: LibxcWriter;
  private readonly memory: MemoryCopy;
  private suspendedAt = 0;
  private checkpointsDone = 0;

  constructor(
    private readonly options: SaveOptions,
    private readonly type: SaveGuestType,
    private readonly guest: SaveGuest,
    private readonly at: Position,
    private readonly converge: AutoConverge | undefined,
  ) {
    this.writer = new LibxcWriter(this.limitedSink());
    this.memory = new MemoryCopy(options, guest, this.writer, at, converge);
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
      iterations: this.memory.iteration,
      pagesWritten: this.memory.pagesWritten,
      bytesWritten: this.writer.bytesWritten,
      suspendedMs: performance.now() - this.suspendedAt,
      mostThrottled: this.memory.mostThrottled,
    };
  }

  private get checkpointed(): boolean {
    return (this.options.stream ?? 'plain') !== 'plain';
  }

  private get isDelta(): boolean {
    return this.options.incremental?.parent !== undefined;
  }

  /** The limit is one for the time that the guest runs: its downtime is not made longer. */
  private limitedSink(): ByteSink {
    const { sink, bytesPerSecond, signal } = this.options;
    const named = namedSink(sink);
    if (bytesPerSecond === undefined) return named;
    return new BandwidthLimit(named, () => (this.at.phase === 'precopy' ? bytesPerSecond : undefined), signal);
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
    const { incremental } = this.options;
    // First of all: whoever has not the rest of a delta's chain must see that before he does anything.
    if (incremental !== undefined) await this.writer.record(snapshotOf(incremental));
    for (const record of await this.guest.staticRecords()) await this.writer.record(record);
    await this.writer.record({ type: 'STATIC_DATA_END' });
    for (const record of await this.guest.startRecords()) await this.writer.record(record);
  }

  // --- memory

  private async sendMemorySuspended(): Promise<void> {
    if (this.isDelta) await this.memory.checkTracked();
    await this.suspend();
    this.at.phase = 'stop-and-copy';
    if (this.isDelta) return this.memory.sendRest(false);
    if (this.options.incremental !== undefined) await enableLogDirty(this.options);
    await this.memory.sendAll();
  }

  private async sendMemoryLive(): Promise<void> {
    this.at.phase = 'precopy';
    if (this.isDelta) await this.memory.checkTracked();
    else await enableLogDirty(this.options);
    await this.memory.precopy(this.isDelta ? 'dirty' : 'all');
    await this.suspendAndSendDirty();
    if (!this.options.debug || this.checkpointed) return;
    this.at.phase = 'verify';
    await this.memory.verify();
  }

  private async suspendAndSendDirty(): Promise<void> {
    await this.suspend();
    // Suspended, the guest needs no slowing down; and when it runs again it is to run as it did.
    await this.converge?.end();
    this.at.phase = 'stop-and-copy';
    await this.memory.sendRest(this.options.stream === 'colo' && this.checkpointsDone > 0);
  }

  private async suspend(): Promise<void> {
    this.at.phase = 'suspend';
    this.memory.checkAborted();
    this.memory.report(0, 0);
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
    if (this.isDelta) await this.writer.record(populatedRecord(await this.memory.populated()));
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
    this.memory.report(0, 0);
  }
}

function checkOptions(options: SaveOptions, info: DomainInfo): void {
  const { stream = 'plain', live, callbacks, backChannel, bytesPerSecond, incremental } = options;
  if (bytesPerSecond !== undefined && !(bytesPerSecond > 0)) {
    throw new SaveFault('BAD_OPTIONS', `a limit of ${bytesPerSecond} bytes per second`);
  }
  if (incremental !== undefined) checkIncremental(incremental, stream);
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

function checkIncremental(incremental: IncrementalSave, stream: SaveOptions['stream']): void {
  if (stream !== 'plain') throw new SaveFault('BAD_OPTIONS', 'an incremental save is a plain stream');
  try {
    snapshotOf(incremental);
  } catch (e) {
    throw new SaveFault('BAD_OPTIONS', textOf(e), { cause: e });
  }
}

function snapshotOf({ id, parent }: IncrementalSave): WritableRecord {
  return snapshotRecord({ id, parent });
}

function convergeOf(
  { hypervisor, domid, live, autoConverge }: SaveOptions,
  info: DomainInfo,
): AutoConverge | undefined {
  if (!live || autoConverge === undefined) return undefined;
  return new AutoConverge(hypervisor, domid, info.maxVcpuId + 1, autoConverge);
}

async function checkpointStep(step: (() => Promise<CheckpointDecision>) | undefined): Promise<CheckpointDecision> {
  try {
    return (await step?.()) ?? 'continue';
  } catch (e) {
    throw new SaveFault('CHECKPOINT', `a checkpoint callback failed: ${textOf(e)}`, { cause: e });
  }
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
