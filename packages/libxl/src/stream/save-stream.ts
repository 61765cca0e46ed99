import { type PrecopyPolicy, SaveError, type SaveProgress, type SaveResult, saveDomain } from '@xen-migration/libxc';
import { type ByteSink, LibxlWriter } from '@xen-migration/stream-format';
import { domainType } from '../domain/list.js';
import { keyOfDomain } from '../domain/names.js';
import { type SuspendRequest, suspendDomain } from '../domain/suspend.js';
import { LibxlError, type LibxlErrorCode, libxlErrorOf } from '../errors.js';
import type { Host } from '../host/open-host.js';
import { readEmulatorState } from './emulator-state.js';
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
  readonly signal?: AbortSignal;
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
 *     header | LIBXC_CONTEXT | libxc stream | what a device model said of itself (HVM) | END
 *
 * @throws LibxlError; the guest may run or be suspended then: ensureRunning() makes it run. ERROR_GUEST_TIMEDOUT where
 *   it did not suspend
 */
export async function writeDomainStream(options: SaveStreamOptions): Promise<TransferSummary> {
  const { host, domid, sink } = options;
  const key = await keyOfDomain(host, domid);
  // Refuses what libxl did not make before anything is written.
  const type = await domainType(host, domid);
  const writer = new LibxlWriter(sink);
  try {
    await writer.headers({ endian: 'little', legacy: false });
    await writer.record({ type: 'LIBXC_CONTEXT' });
    const meter = new TransferMeter();
    const result = await saveDomain({ ...saveOptionsOf(options, meter), callbacks: callbacksOf(options) });
    if (type === 'hvm') for (const record of await readEmulatorState(host, key)) await writer.record(record);
    await writer.record({ type: 'END' });
    const { cleanupErrors: _undone, ...totals } = result;
    return { ...totals, passes: meter.passes };
  } catch (e) {
    throw saveFailure(e, domid);
  }
}

function saveOptionsOf(options: SaveStreamOptions, meter: TransferMeter) {
  const { host, domid, sink, live, debug = false, policy, signal, onEvent } = options;
  return {
    hypervisor: host.hypervisor,
    domid,
    sink,
    live,
    debug,
    ...(policy === undefined ? {} : { policy }),
    ...(signal === undefined ? {} : { signal }),
    onProgress: (progress: SaveProgress) => {
      const statistics = meter.observe(progress);
      onEvent?.({ kind: 'progress', progress, statistics });
    },
  };
}

function callbacksOf({ host, domid, suspendTimeoutMs, signal, onEvent, beforeSuspend }: SaveStreamOptions) {
  return {
    async suspend() {
      await beforeSuspend?.();
      const start = performance.now();
      await suspendDomain({
        host,
        domid,
        ...(suspendTimeoutMs === undefined ? {} : { timeoutMs: suspendTimeoutMs }),
        ...(signal === undefined ? {} : { signal }),
        onAsked: (by) => onEvent?.({ kind: 'suspending', by }),
      });
      onEvent?.({ kind: 'suspended', afterMs: performance.now() - start });
    },
    // No device model runs beside our guests that could write to their memory.
    async switchQemuLogdirty() {},
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
