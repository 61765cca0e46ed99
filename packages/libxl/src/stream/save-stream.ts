import {
  type AutoConvergeOptions,
  type IncrementalSave,
  type PrecopyPolicy,
  SaveError,
  type SaveProgress,
  type SaveResult,
  saveDomain,
} from '@xen-migration/libxc';
import { type ByteSink, LibxlWriter } from '@xen-migration/stream-format';
import { deviceModelOf } from '../device-model/attach.js';
import type { DeviceModel } from '../device-model/device-model.js';
import { domainType } from '../domain/list.js';
import { type SuspendRequest, suspendDomain } from '../domain/suspend.js';
import { LibxlError, type LibxlErrorCode, libxlErrorOf } from '../errors.js';
import type { Host } from '../host/open-host.js';
import { type CheckpointOptions, checkpointCallbacks } from './checkpoints.js';
import { TransferMeter, type TransferPass, type TransferStatistics } from './meter.js';

export interface SaveStreamOptions {
  readonly host: Host;
  readonly domid: number;
  readonly sink: ByteSink;
  /** Copy while the guest runs (LIBXL_SUSPEND_LIVE). */
  readonly live: boolean;
  /** Send all pages once more, for the receiver to compare (LIBXL_SUSPEND_DEBUG). */
  readonly debug?: boolean;
  /** For the guest to suspend; default 60 seconds. */
  readonly suspendTimeoutMs?: number;
  readonly policy?: PrecopyPolicy;
  /** Makes the save a part of a chain. */
  readonly incremental?: IncrementalSave;
  /** Most that is sent while the guest runs. */
  readonly bytesPerSecond?: number;
  /** Slow the guest down when it writes faster than it can be sent. */
  readonly autoConverge?: AutoConvergeOptions;
  readonly signal?: AbortSignal;
  /** Go on with checkpoints (Remus) until something fails, which then is the end; `live`. */
  readonly checkpoints?: CheckpointOptions;
  readonly onEvent?: (event: SaveEvent) => void;
  /** Awaited before the guest is asked to suspend: from here on it may be found suspended. */
  readonly beforeSuspend?: () => Promise<void>;
}

export type SaveEvent =
  | { readonly kind: 'progress'; readonly progress: SaveProgress; readonly statistics: TransferStatistics }
  | { readonly kind: 'suspending'; readonly by: SuspendRequest }
  | { readonly kind: 'suspended'; readonly afterMs: number };

/** What a save took. */
export interface TransferSummary extends Omit<SaveResult, 'cleanupErrors'> {
  readonly passes: readonly TransferPass[];
}

/**
 * Writes a domain as a libxl stream (docs/specs/libxl-migration-stream) and leaves it suspended:
 *
 *     header | LIBXC_CONTEXT | libxc stream | the device model's xenstore nodes and state (HVM) | END
 *
 * With checkpoints the libxc stream goes on after each, and there is no end:
 *
 *     header | LIBXC_CONTEXT | libxc stream up to CHECKPOINT | device model | CHECKPOINT_END | up to CHECKPOINT | ...
 *
 * @throws LibxlError; the guest may run or be suspended then: ensureRunning() makes it run. ERROR_GUEST_TIMEDOUT where
 *   it did not suspend
 */
export async function writeDomainStream(options: SaveStreamOptions): Promise<TransferSummary> {
  const { host, domid, sink } = options;
  // Refuses what libxl did not make before anything is written.
  const type = await domainType(host, domid);
  const deviceModel = await deviceModelOf(host, domid);
  const either = firstOf(options.signal, deviceModel.died);
  const writer = new LibxlWriter(sink);
  try {
    await writer.headers({ endian: 'little', legacy: false });
    await writer.record({ type: 'LIBXC_CONTEXT' });
    const meter = new TransferMeter();
    const callbacks = callbacksOf(options, deviceModel);
    const common = { ...saveOptionsOf(options, meter), signal: either.signal };
    if (options.checkpoints !== undefined) {
      const sender = { host, domid, type, deviceModel, writer, signal: either.signal };
      const checkpoints = checkpointCallbacks(sender, options.checkpoints);
      await saveDomain({ ...common, stream: 'remus', callbacks: { ...callbacks, ...checkpoints } });
      throw new LibxlError('ERROR_FAIL', 'the checkpoints have ended', { domid });
    }
    const result = await saveDomain({ ...common, callbacks });
    if (type === 'hvm') for (const record of await deviceModel.state()) await writer.record(record);
    await writer.record({ type: 'END' });
    const { cleanupErrors: _undone, ...totals } = result;
    return { ...totals, passes: meter.passes };
  } catch (e) {
    throw deviceModel.died.aborted ? deviceModel.died.reason : saveFailure(e, domid);
  } finally {
    either.forget();
    await deviceModel.release();
  }
}

/** A device model that dies ends a save as if it were cancelled. */
function firstOf(...signals: readonly (AbortSignal | undefined)[]): { signal: AbortSignal; forget: () => void } {
  const first = new AbortController();
  const forgets = signals.map((signal) => {
    const abort = () => first.abort(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort);
    return () => signal?.removeEventListener('abort', abort);
  });
  return {
    signal: first.signal,
    forget: () => {
      for (const forget of forgets) forget();
    },
  };
}

function saveOptionsOf(options: SaveStreamOptions, meter: TransferMeter) {
  const {
    host,
    domid,
    sink,
    live,
    debug = false,
    policy,
    incremental,
    bytesPerSecond,
    autoConverge,
    onEvent,
  } = options;
  return {
    hypervisor: host.hypervisor,
    domid,
    sink,
    live,
    debug,
    ...(policy === undefined ? {} : { policy }),
    ...(incremental === undefined ? {} : { incremental }),
    ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
    ...(autoConverge === undefined ? {} : { autoConverge }),
    onProgress: (progress: SaveProgress) => {
      const statistics = meter.observe(progress);
      onEvent?.({ kind: 'progress', progress, statistics });
    },
  };
}

function callbacksOf(options: SaveStreamOptions, deviceModel: DeviceModel) {
  const { host, domid, live, suspendTimeoutMs, signal, onEvent, beforeSuspend } = options;
  return {
    async suspend() {
      let start = performance.now();
      await suspendDomain({
        host,
        domid,
        beforeAsking: async () => {
          await beforeSuspend?.();
          start = performance.now();
        },
        ...(suspendTimeoutMs === undefined ? {} : { timeoutMs: suspendTimeoutMs }),
        ...(signal === undefined ? {} : { signal }),
        onAsked: (by) => onEvent?.({ kind: 'suspending', by }),
      });
      await deviceModel.suspend(live);
      onEvent?.({ kind: 'suspended', afterMs: performance.now() - start });
    },
    switchQemuLogdirty: (enable: boolean) => deviceModel.logDirty(enable),
  };
}

/** The first cause decides about the code: xl tells a guest that did not suspend from all else. */
function saveFailure(thrown: unknown, domid: number): LibxlError {
  if (!(thrown instanceof SaveError)) return libxlErrorOf(thrown, `saving domain ${domid}`, domid);
  const cause = thrown.cause;
  const inner = cause instanceof LibxlError ? cause : cause instanceof Error ? cause.cause : undefined;
  const code: LibxlErrorCode =
    inner instanceof LibxlError ? inner.code : thrown.code === 'ABORTED' ? 'ERROR_ABORTED' : 'ERROR_FAIL';
  return new LibxlError(code, thrown.message, { domid, cause: thrown });
}
