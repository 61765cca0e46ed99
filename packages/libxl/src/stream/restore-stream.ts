import { RestoreError, type RestoreProgress, type RestoreResult, restoreDomain } from '@xen-migration/libxc';
import { type ByteReader, LibxlReader, StreamError } from '@xen-migration/stream-format';
import type { LibxlDomainConfig } from '../config/index.js';
import { type DeviceModelReport, startDeviceModel } from '../device-model/start.js';
import { type MadeDomain, type MakeWitness, makeDomain } from '../domain/make.js';
import { LibxlError, type LibxlErrorCode, libxlErrorOf } from '../errors.js';
import type { Host } from '../host/open-host.js';
import { CheckpointReceiver } from './checkpoints.js';
import { type EmulatorRecord, EmulatorRecords, isEmulatorRecord } from './emulator-state.js';
import { type DomainRestoreParams, nativeReader } from './stream-version.js';

export interface RestoreStreamOptions {
  readonly host: Host;
  readonly config: LibxlDomainConfig;
  /** At the stream's first byte. Nothing past its end is read. */
  readonly reader: ByteReader;
  /** A libxl stream of version 2 where not given. */
  readonly params?: DomainRestoreParams;
  /** A guest whose CPU had features that this host can't give it: refused (default), or restored without them. */
  readonly missingCpuFeatures?: MissingCpuFeatures;
  readonly witness?: MakeWitness;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RestoreEvent) => void;
}

/** Refused before the first page is read; forced, what was lost is among the result's warnings. */
export type MissingCpuFeatures = 'refuse' | 'force';

export type RestoreEvent =
  | { readonly kind: 'made'; readonly domid: number }
  | { readonly kind: 'progress'; readonly progress: RestoreProgress }
  | { readonly kind: 'device-model'; readonly report: DeviceModelReport }
  | { readonly kind: 'restored'; readonly result: RestoreResult };

export interface RestoredDomain {
  readonly domid: number;
  readonly uuid: string;
  readonly result: RestoreResult;
}

/**
 * Makes a domain of a libxl stream, or of a legacy stream, which is converted as it is read. It is left paused.
 *
 * @throws LibxlError; nothing of the domain is left then
 */
export async function restoreDomainStream(options: RestoreStreamOptions): Promise<RestoredDomain> {
  if (options.params?.checkpointed_stream === 'colo') throw new LibxlError('ERROR_NI', 'this version has no COLO');
  const { reader, close } = nativeReader(options.reader, options.config, options.params?.stream_version ?? 2);
  try {
    return await restoreNativeStream({ ...options, reader });
  } finally {
    await close();
  }
}

async function restoreNativeStream(options: RestoreStreamOptions): Promise<RestoredDomain> {
  const { host, config, witness, signal, onEvent } = options;
  let restored: Omit<RestoredDomain, 'domid'> | undefined;
  try {
    let records: EmulatorRecord[] = [];
    const domid = await makeDomain({
      host,
      config,
      fill: async (made) => {
        onEvent?.({ kind: 'made', domid: made.domid });
        const { result, emulator } = await readContents(options, made);
        records = emulator;
        restored = { uuid: made.params.uuid, result };
        return { storeGfn: result.storeGfn, consoleGfn: result.consoleGfn };
      },
      serve: async (made) => {
        const key = { domid: made.domid, uuid: made.params.uuid };
        const report = await startDeviceModel({
          host,
          key,
          config,
          records,
          ...(signal === undefined ? {} : { signal }),
        });
        onEvent?.({ kind: 'device-model', report });
        if (restored !== undefined) onEvent?.({ kind: 'restored', result: restored.result });
      },
      ...(witness === undefined ? {} : { witness }),
    });
    if (restored === undefined) throw new LibxlError('ERROR_FAIL', 'the stream held no domain', { domid });
    return { domid, ...restored };
  } catch (e) {
    throw restoreFailure(e);
  }
}

/**
 * The records of the libxl stream are a state machine:
 *
 *     header -> LIBXC_CONTEXT -> libxc stream -> emulator records, in any number -> END
 *     checkpointed: LIBXC_CONTEXT -> libxc stream -> emulator records -> CHECKPOINT_END -> libxc stream -> ... -> sender gone
 */
async function readContents(options: RestoreStreamOptions, made: MadeDomain) {
  const { host, reader, params, missingCpuFeatures = 'refuse', signal, onEvent } = options;
  const libxl = new LibxlReader(reader);
  const headers = await libxl.headers();
  if (headers.endian !== 'little') throw new LibxlError('ERROR_INVAL', 'the stream is of a big-endian host');
  const checkpoints = params?.checkpointed_stream === 'remus' ? new CheckpointReceiver(libxl) : undefined;
  const emulator = new EmulatorRecords();
  let result: RestoreResult | undefined;
  for (let record = await libxl.next(); record !== undefined; record = await libxl.next()) {
    if (record.type === 'END') break;
    if (record.type === 'LIBXC_CONTEXT' && result === undefined) {
      result = await restoreDomain({
        hypervisor: host.hypervisor,
        domid: made.domid,
        reader,
        store: made.store,
        console: made.console,
        missingCpuFeatures,
        ...(checkpoints && { stream: 'remus', callbacks: { checkpoint: () => checkpoints.receive() } }),
        ...(signal === undefined ? {} : { signal }),
        onProgress: (progress) => onEvent?.({ kind: 'progress', progress }),
      });
      // The sender is gone: nothing more comes, and what has come since the last checkpoint does not count.
      if (checkpoints !== undefined && result.failover !== undefined) return { result, emulator: checkpoints.records };
    } else if (isEmulatorRecord(record) && result !== undefined) {
      emulator.add(record, record.offset);
    } else if (!(record.type === 'UNKNOWN' && record.optional)) {
      throw unexpected(record.type, record.offset, 'where it must not be');
    }
  }
  if (result === undefined) throw new LibxlError('ERROR_INVAL', 'the libxl stream has no libxc stream in it');
  return { result, emulator: emulator.records };
}

function unexpected(type: string, offset: number, why: string): LibxlError {
  return new LibxlError('ERROR_INVAL', `libxl stream, offset ${offset}: a record ${type} ${why}`);
}

function restoreFailure(thrown: unknown): LibxlError {
  if (thrown instanceof LibxlError) return thrown;
  if (thrown instanceof StreamError) return new LibxlError('ERROR_FAIL', thrown.message, { cause: thrown });
  if (!(thrown instanceof RestoreError)) return libxlErrorOf(thrown, 'restoring the domain');
  const codes: Partial<Record<RestoreError['code'], LibxlErrorCode>> = {
    ABORTED: 'ERROR_ABORTED',
    NO_MEMORY: 'ERROR_NOMEM',
  };
  return new LibxlError(codes[thrown.code] ?? 'ERROR_FAIL', thrown.message, { cause: thrown });
}
