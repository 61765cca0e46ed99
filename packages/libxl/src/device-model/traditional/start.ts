import type { LibxlDomainConfig } from '../../config/index.js';
import { LibxlError } from '../../errors.js';
import type { DeviceModelFiles } from '../files.js';
import type { DeviceModelNodes } from '../nodes.js';
import { endProcess } from '../process/end.js';
import type { ProcessIdentity } from '../process/identity.js';
import { launch } from '../process/launch.js';
import { traditionalArguments } from './arguments.js';
import { awaitState } from './state.js';

export interface StartTraditionalOptions {
  readonly binary: string;
  readonly config: LibxlDomainConfig;
  readonly nodes: DeviceModelNodes;
  readonly files: DeviceModelFiles;
  readonly directory: string;
  /** How it finds its host. */
  readonly environment: Readonly<Record<string, string>>;
  readonly saved?: string;
  readonly record: (identity: ProcessIdentity) => Promise<void>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Starts a qemu-dm for a guest, and waits until it says that it is running.
 *
 * @throws LibxlError with its own words where it ends, ERROR_TIMEDOUT, ERROR_ABORTED; no process is left then
 */
export async function startTraditional(options: StartTraditionalOptions): Promise<void> {
  const { nodes, config, saved, signal } = options;
  const process = await launch({
    binary: options.binary,
    arguments: traditionalArguments({ domid: nodes.domid, config, saved }),
    directory: options.directory,
    log: options.files.log,
    environment: options.environment,
    record: options.record,
  });
  const stop = new AbortController();
  const aborted = () => stop.abort(new LibxlError('ERROR_ABORTED', 'cancelled', { cause: signal?.reason }));
  signal?.addEventListener('abort', aborted);
  process.ended.then((how) => stop.abort(new LibxlError('ERROR_FAIL', how)));
  try {
    if (signal?.aborted) aborted();
    await awaitState(nodes, 'running', { timeoutMs: options.timeoutMs, signal: stop.signal });
    process.detach();
  } catch (e) {
    await endProcess(process.identity);
    throw e;
  } finally {
    signal?.removeEventListener('abort', aborted);
  }
}
