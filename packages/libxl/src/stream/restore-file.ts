import { interruptibleSource } from '@xen-migration/libxc';
import { ByteReader, type ByteSource, byteSource, mergedChain, type XlHeader } from '@xen-migration/stream-format';
import { chainFile, fileSource } from '@xen-migration/stream-format/node';
import type { LibxlDomainConfig } from '../config/index.js';
import { unpauseDomain } from '../domain/pause.js';
import { LibxlError, textOf } from '../errors.js';
import { Guardian } from '../guardian/guardian.js';
import type { Host } from '../host/open-host.js';
import {
  type MissingCpuFeatures,
  type RestoredDomain,
  type RestoreEvent,
  restoreDomainStream,
} from './restore-stream.js';
import { readSaveFileHeader, type SaveFileHeaderOptions } from './save-file-header.js';

export interface RestoreOptions extends SaveFileHeaderOptions {
  readonly host: Host;
  /** A path, an open descriptor, or the paths of a chain of incremental saves, its base first: its last point is restored. */
  readonly from: string | number | readonly string[];
  readonly paused?: boolean;
  /** A guest whose CPU had features that this host can't give it: refused (default), or restored without them. */
  readonly missingCpuFeatures?: MissingCpuFeatures;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RestoreFileEvent) => void;
}

export type RestoreFileEvent =
  | { readonly kind: 'header'; readonly header: XlHeader; readonly config: LibxlDomainConfig }
  | RestoreEvent;

export interface RestoreReport extends RestoredDomain {
  readonly name: string;
  readonly totalMs: number;
}

/**
 * Makes a domain of a save file, of whichever version, and starts it. The file stays as it is.
 *
 * @throws LibxlError; StreamError where the file is no save file. Nothing of the domain is left then
 */
export async function restoreFromFile(options: RestoreOptions): Promise<RestoreReport> {
  const { host, missingCpuFeatures, onEvent, signal } = options;
  const start = performance.now();
  const source = openSource(options.from, signal);
  try {
    const reader = new ByteReader(source);
    const { header, config, params } = await readSaveFileHeader(reader, options);
    onEvent?.({ kind: 'header', header, config });
    const guardian = Guardian.start(host);
    try {
      const restored = await restoreDomainStream({
        host,
        config,
        reader,
        params,
        witness: { aboutToMake: (uuid, others) => guardian.plan([{ do: 'destroy-new', uuid, others }]) },
        ...(missingCpuFeatures === undefined ? {} : { missingCpuFeatures }),
        ...(signal === undefined ? {} : { signal }),
        ...(onEvent === undefined ? {} : { onEvent }),
      });
      const { domid, uuid } = restored;
      guardian.plan(options.paused === true ? [] : [{ do: 'start-made', domid, uuid }]);
      if (options.paused !== true) await unpauseDomain(host, domid);
      return { ...restored, name: config.c_info?.name ?? '', totalMs: performance.now() - start };
    } finally {
      await guardian.dismiss();
    }
  } finally {
    await source.close?.();
  }
}

function openSource(from: RestoreOptions['from'], signal: AbortSignal | undefined): ByteSource {
  try {
    if (typeof from === 'object') return chainSource(from);
    return typeof from === 'number' ? interruptibleSource(fileSource(from), from, signal) : fileSource(from);
  } catch (e) {
    throw new LibxlError('ERROR_INVAL', textOf(e), { cause: e });
  }
}

function chainSource(paths: readonly string[]): ByteSource {
  const files: ReturnType<typeof chainFile>[] = [];
  const close = async () => {
    for (const file of files) file.close();
  };
  try {
    for (const path of paths) files.push(chainFile(path));
  } catch (e) {
    void close();
    throw e;
  }
  const merged = byteSource(mergedChain(files));
  return { read: (into) => merged.read(into), close };
}
