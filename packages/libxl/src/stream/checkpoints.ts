import { setTimeout as sleep } from 'node:timers/promises';
import type { CheckpointDecision, RestoreStep } from '@xen-migration/libxc';
import type { LibxlReader, LibxlWriter } from '@xen-migration/stream-format';
import type { DeviceModel } from '../device-model/device-model.js';
import type { DomainType } from '../domain/parameters.js';
import { resumeVcpus } from '../domain/resume.js';
import { LibxlError } from '../errors.js';
import type { Host } from '../host/open-host.js';
import { type EmulatorRecord, EmulatorRecords, isEmulatorRecord } from './emulator-state.js';

/** A guest that is sent again and again while it runs (Remus). */
export interface CheckpointOptions {
  /** Milliseconds that the guest runs between two checkpoints. */
  readonly intervalMs: number;
  /** A checkpoint has been handed over whole: how many that makes. */
  readonly onCheckpoint?: (count: number) => void;
}

export interface CheckpointSender {
  readonly host: Host;
  readonly domid: number;
  readonly type: DomainType;
  readonly deviceModel: DeviceModel;
  readonly writer: LibxlWriter;
  readonly signal: AbortSignal;
}

/**
 * libxl's part of a checkpoint, when the guest's memory has been written (docs/specs/libxl-migration-stream,
 * CHECKPOINT_END): the guest goes on, its device model's records follow, then CHECKPOINT_END, and the guest runs until the
 * next one.
 */
export function checkpointCallbacks(
  { host, domid, type, deviceModel, writer, signal }: CheckpointSender,
  { intervalMs, onCheckpoint }: CheckpointOptions,
) {
  let count = 0;
  return {
    async postcopy(): Promise<CheckpointDecision> {
      await deviceModel.resume();
      await resumeVcpus(host, domid, type !== 'pv');
      return 'continue';
    },
    async checkpoint(): Promise<CheckpointDecision> {
      // What it saved when it was stopped; it runs again meanwhile.
      if (type === 'hvm') for (const record of await deviceModel.state()) await writer.record(record);
      await writer.record({ type: 'CHECKPOINT_END' });
      count += 1;
      onCheckpoint?.(count);
      await sleep(intervalMs, undefined, { signal });
      return 'continue';
    },
  };
}

/** The same at the other end. The records of a checkpoint count when it is whole. */
export class CheckpointReceiver {
  private whole: EmulatorRecord[] | undefined;

  constructor(private readonly libxl: LibxlReader) {}

  /** Of the last whole checkpoint. @throws LibxlError ERROR_FAIL where there is none */
  get records(): EmulatorRecord[] {
    if (this.whole !== undefined) return this.whole;
    throw new LibxlError('ERROR_FAIL', 'the stream ended before its first checkpoint was whole');
  }

  /** @returns 'failover' where the sender is gone, and an earlier checkpoint is whole */
  async receive(): Promise<RestoreStep> {
    try {
      this.whole = await this.untilCheckpointEnd();
      return 'continue';
    } catch (e) {
      if (this.whole === undefined) throw e;
      return 'failover';
    }
  }

  private async untilCheckpointEnd(): Promise<EmulatorRecord[]> {
    const emulator = new EmulatorRecords();
    for (;;) {
      const record = await this.libxl.next();
      if (record?.type === 'CHECKPOINT_END') return emulator.records;
      if (record !== undefined && isEmulatorRecord(record)) emulator.add(record, record.offset);
      else if (!(record?.type === 'UNKNOWN' && record.optional)) {
        const what = record === undefined ? 'the end' : `a record ${record.type}`;
        throw new LibxlError('ERROR_INVAL', `libxl stream: ${what} within a checkpoint`);
      }
    }
  }
}
