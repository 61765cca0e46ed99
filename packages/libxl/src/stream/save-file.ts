import { descriptorSink, type IncrementalSave, interruptibleSink } from '@xen-migration/libxc';
import { type ByteSink, encodeXlHeader, type XlHeader } from '@xen-migration/stream-format';
import { createOutput, type OutputFile } from '@xen-migration/stream-format/node';
import type { LibxlDomainConfig } from '../config/index.js';
import { retrieveConfiguration } from '../domain/configuration.js';
import { requireMovable } from '../domain/movable.js';
import { keyOfDomain } from '../domain/names.js';
import { ensureRunning } from '../domain/resume.js';
import type { DomainKey } from '../domain/userdata.js';
import { LibxlError, libxlErrorOf, textOf } from '../errors.js';
import { Guardian } from '../guardian/guardian.js';
import type { AfterSave, PlanStep } from '../guardian/plan.js';
import type { Host } from '../host/open-host.js';
import { finishSave } from './finish-save.js';
import { saveFileHeader } from './save-file-header.js';
import { type SaveEvent, type TransferSummary, writeDomainStream } from './save-stream.js';
import { type ChainOption, chainIds, forgetSnapshot, keepSnapshot } from './snapshots.js';

export interface SaveOptions {
  readonly host: Host;
  readonly domid: number;
  /** A path, or an open descriptor (a pipe, standard output), which is written as it comes, as are devices and named pipes. */
  readonly to: string | number;
  readonly after?: AfterSave;
  /** Kept in the file instead of the configuration that the domain was made from. */
  readonly config?: LibxlDomainConfig;
  /** Makes the file a part of a chain of incremental saves. The domain's writes stay tracked from it to the next one. */
  readonly chain?: ChainOption;
  /** The file asks for the same domid. */
  readonly preserveDomid?: boolean;
  readonly suspendTimeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: SaveFileEvent) => void;
}

export type SaveFileEvent =
  | { readonly kind: 'saving'; readonly header: XlHeader }
  /** It failed: the domain is being resumed. */
  | { readonly kind: 'resuming-source'; readonly error: LibxlError }
  | SaveEvent;

export interface SaveReport {
  readonly domid: number;
  /** Of the file, header and all. */
  readonly bytes: number;
  readonly totalMs: number;
  readonly transfer: TransferSummary;
  /** What could not be done after the file was whole. */
  readonly problems: readonly string[];
}

/**
 * Saves a domain. Under a path the file appears whole or not at all: it is written beside it under another name, synced,
 * then renamed; its mode is 0600. Where anything fails the domain runs on and nothing of the file is left.
 *
 * @throws LibxlError; ERROR_GUEST_TIMEDOUT where the guest did not suspend
 */
export async function saveToFile(options: SaveOptions): Promise<SaveReport> {
  const { host, domid } = options;
  const key = await keyOfDomain(host, domid);
  await requireMovable(host, domid, { live: false });
  const config = options.config ?? (await retrieveConfiguration(host, domid));
  const header = saveFileHeader(config, options.preserveDomid === true ? domid : 0);
  const incremental = options.chain === undefined ? undefined : await chainIds(host, key, options.chain);
  // Whatever becomes of this save, none builds upon an earlier one any more.
  await forgetSnapshot(host, key);
  const guardian = Guardian.start(host);
  try {
    return await new FileSave(options, key, header, guardian, incremental).run();
  } finally {
    await guardian.dismiss();
  }
}

class FileSave {
  private readonly start = performance.now();
  private file: OutputFile | undefined;
  private temporary: string | undefined;
  private asked = false;
  private bytes = 0;

  constructor(
    private readonly options: SaveOptions,
    private readonly key: DomainKey,
    private readonly header: XlHeader,
    private readonly guardian: Guardian,
    private readonly incremental: IncrementalSave | undefined,
  ) {}

  async run(): Promise<SaveReport> {
    let transfer: TransferSummary;
    try {
      transfer = await this.write();
    } catch (e) {
      throw await this.undone(libxlErrorOf(e, 'save', this.key.domid));
    }
    return {
      domid: this.key.domid,
      bytes: this.bytes,
      totalMs: performance.now() - this.start,
      transfer,
      problems: [...(await this.keptSnapshot()), ...(await this.after())],
    };
  }

  private async write(): Promise<TransferSummary> {
    const { to } = this.options;
    this.planForDeath();
    if (typeof to === 'number') return this.writeTo(to);
    this.file = await createOutput(to, {
      onTemporary: (path) => {
        this.temporary = path;
        this.planForDeath();
      },
      beforeAppearing: () => this.planCompletion(to),
    });
    const result = await this.writeTo(this.file.fd);
    await this.file.commit();
    return result;
  }

  private async writeTo(fd: number): Promise<TransferSummary> {
    const { signal } = this.options;
    const output = interruptibleSink(descriptorSink(fd), fd, signal);
    try {
      return await this.stream(this.counted(output));
    } finally {
      output.release();
    }
  }

  private async stream(sink: ByteSink): Promise<TransferSummary> {
    const { host, domid, suspendTimeoutMs, signal, onEvent } = this.options;
    await sink.writev([encodeXlHeader(this.header)]);
    onEvent?.({ kind: 'saving', header: this.header });
    return writeDomainStream({
      host,
      domid,
      sink,
      // As stock: nothing is gained by copying twice what a file takes only once.
      live: false,
      ...(this.incremental === undefined ? {} : { incremental: this.incremental }),
      ...(suspendTimeoutMs === undefined ? {} : { suspendTimeoutMs }),
      ...(signal === undefined ? {} : { signal }),
      ...(onEvent === undefined ? {} : { onEvent }),
      beforeSuspend: async () => {
        this.asked = true;
        this.planForDeath();
      },
    });
  }

  private counted(sink: ByteSink): ByteSink {
    return {
      writev: async (parts) => {
        for (const part of parts) this.bytes += part.length;
        await sink.writev(parts);
      },
    };
  }

  /** If we die, nothing of the file stays and the domain runs on. */
  private planForDeath(): void {
    const { domid, uuid } = this.key;
    const remove: PlanStep[] = this.temporary === undefined ? [] : [{ do: 'remove-file', path: this.temporary }];
    this.guardian.plan([...remove, { do: 'run-source', domid, uuid, asked: this.asked }]);
  }

  /** The file is whole: if we die now, either it gets its name or it goes, and with it the domain goes or runs on. */
  private planCompletion(path: string): void {
    if (this.temporary === undefined) return;
    const after = this.options.after ?? 'destroy';
    this.guardian.plan([{ do: 'complete-save', temporary: this.temporary, path, ...this.key, after }]);
  }

  private async undone(error: LibxlError): Promise<LibxlError> {
    const { host, domid, onEvent } = this.options;
    onEvent?.({ kind: 'resuming-source', error });
    const cleanup: string[] = [];
    await this.file?.abandon().catch((e: unknown) => cleanup.push(textOf(e)));
    cleanup.push(...(await ensureRunning(host, domid, this.asked)));
    if (cleanup.length === 0) return error;
    return new LibxlError(error.code, `${error.message}; then: ${cleanup.join('; ')}`, {
      domid,
      cause: error,
      cleanup,
    });
  }

  private async keptSnapshot(): Promise<string[]> {
    if (this.incremental === undefined) return [];
    try {
      await keepSnapshot(this.options.host, this.key, this.incremental.id);
      return [];
    } catch (e) {
      return [`no incremental save can build upon this one: ${textOf(e)}`];
    }
  }

  private async after(): Promise<string[]> {
    try {
      await finishSave(this.options.host, this.key.domid, this.options.after ?? 'destroy');
      return [];
    } catch (e) {
      return [textOf(e)];
    }
  }
}
