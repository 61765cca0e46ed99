import { type FileHandle, open, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkAborted, isLibxlError, LibxlError } from '../../errors.js';
import { checkSocketPath, type DeviceModelFiles } from '../files.js';
import { endProcess } from '../process/end.js';
import type { ProcessIdentity } from '../process/identity.js';
import { LAUNCH_FD, type LaunchedProcess, launch } from '../process/launch.js';
import { QmpClient } from '../qmp/client.js';
import type { QemuVersion } from '../qmp/messages.js';
import { type QemuInvocation, qemuArguments } from './arguments.js';

export interface StartQemuOptions {
  readonly binary: string;
  readonly invocation: Pick<QemuInvocation, 'domid' | 'config' | 'machine'>;
  readonly files: DeviceModelFiles;
  /** Where it runs. */
  readonly directory: string;
  /** A file with the state that it starts from; undefined: it starts afresh. */
  readonly saved?: string;
  /** Awaited before QEMU begins (process/launch.ts). */
  readonly record: (identity: ProcessIdentity) => Promise<void>;
  /** Until it is ready. Default: 60 seconds, as libxl. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface StartedQemu {
  readonly identity: ProcessIdentity;
  readonly version: QemuVersion;
}

/** LIBXL_DEVICE_MODEL_START_TIMEOUT. */
export const START_TIMEOUT_MS = 60_000;
const POLL_MS = 10;

/**
 * Starts a QEMU for a guest, with its saved state where there is one. When this resolves QEMU has loaded that, is
 * stopped, and outlives this process.
 *
 * @throws LibxlError with QEMU's own words where it ends, ERROR_TIMEDOUT, ERROR_ABORTED; no process is left then
 */
export async function startQemu(options: StartQemuOptions): Promise<StartedQemu> {
  const { binary, files, saved, signal } = options;
  checkSocketPath(files.command);
  checkSocketPath(files.statistics);
  for (const socket of [files.command, files.statistics]) await rm(socket, { force: true });
  const state = saved === undefined ? undefined : await open(saved);
  const incoming = state === undefined ? undefined : LAUNCH_FD;
  let process: LaunchedProcess | undefined;
  try {
    checkAborted(signal);
    process = await launch({
      binary,
      arguments: qemuArguments({
        ...options.invocation,
        sockets: { command: files.command, statistics: files.statistics },
        incoming,
      }),
      directory: options.directory,
      log: files.log,
      record: options.record,
      ...(state === undefined ? {} : { descriptor: state.fd }),
    });
    const version = await ready(process, options);
    process.detach();
    return { identity: process.identity, version };
  } catch (e) {
    if (process !== undefined) await endProcess(process.identity);
    throw e;
  } finally {
    await closeQuietly(state);
  }
}

/** Resolves once QEMU has taken its state. */
async function ready(process: LaunchedProcess, options: StartQemuOptions): Promise<QemuVersion> {
  const { timeoutMs = START_TIMEOUT_MS, signal, files } = options;
  const stop = new AbortController();
  const aborted = () => stop.abort(signal?.reason);
  signal?.addEventListener('abort', aborted);
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<QemuVersion>((resolve, reject) => {
      const failed = (why: string) => reject(new LibxlError('ERROR_FAIL', `QEMU ${why}`));
      process.ended.then(failed);
      timer = setTimeout(() => {
        const text = `QEMU was not ready within ${timeoutMs / 1000} s`;
        reject(new LibxlError('ERROR_TIMEDOUT', text));
      }, timeoutMs);
      stateTaken(files.command, stop.signal).then(resolve, (e: unknown) => {
        // A QEMU that ends says in its log why; the end of its socket says less.
        if (!isLibxlError(e, 'ERROR_FAIL')) reject(e);
        else setTimeout(() => reject(e), 1000).unref();
      });
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', aborted);
    stop.abort();
  }
}

async function stateTaken(path: string, signal: AbortSignal): Promise<QemuVersion> {
  const client = await connectWhenThere(path, signal);
  try {
    while ((await client.status({ signal })).status === 'inmigrate') await sleep(POLL_MS);
    const { status, error } = await client.migration({ signal });
    if (status === 'failed')
      throw new LibxlError('ERROR_FAIL', `QEMU could not load its state: ${error ?? 'no reason'}`);
    return client.version;
  } finally {
    client.close();
  }
}

async function connectWhenThere(path: string, signal: AbortSignal): Promise<QmpClient> {
  for (;;) {
    checkAborted(signal);
    try {
      return await QmpClient.connect(path, { signal });
    } catch (e) {
      if (!isLibxlError(e, 'ERROR_NOT_READY')) throw e;
    }
    await sleep(POLL_MS);
  }
}

async function closeQuietly(file: FileHandle | undefined): Promise<void> {
  // Read only: nothing can be lost.
  await file?.close().catch(() => undefined);
}
