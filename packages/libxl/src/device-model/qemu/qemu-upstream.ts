import { open, readFile } from 'node:fs/promises';
import type { LibxlError } from '../../errors.js';
import type { EmulatorRecord } from '../../stream/emulator-state.js';
import { type DeviceModel, EMULATOR_ID } from '../device-model.js';
import { deviceModelFailure } from '../failure.js';
import { type DeviceModelFiles, discard } from '../files.js';
import type { DeviceModelNodes } from '../nodes.js';
import { QmpClient } from '../qmp/client.js';
import type { QmpRequest } from '../qmp/commands.js';

export interface QemuUpstreamOptions {
  readonly nodes: DeviceModelNodes;
  readonly files: DeviceModelFiles;
  /** For each reply. */
  readonly timeoutMs: number;
}

/** QEMU (qemu_xen), over QMP. The connection is made with the first command, and held until release(). */
export class QemuUpstream implements DeviceModel {
  readonly version = 'qemu_xen';
  private readonly dying = new AbortController();
  private client: QmpClient | undefined;

  constructor(private readonly options: QemuUpstreamOptions) {}

  get died(): AbortSignal {
    return this.dying.signal;
  }

  /** QEMU 7.2 aborts when it is told to stop what it was not told to begin: the mark is never there without. */
  async logDirty(enable: boolean): Promise<void> {
    const { nodes } = this.options;
    const request = { execute: 'xen-set-global-dirty-log', arguments: { enable } } as const;
    if (!enable && !(await nodes.isLogDirty())) return;
    if (!enable) await nodes.markLogDirty(false);
    await this.execute(`switch log-dirty mode ${enable ? 'on' : 'off'}`, request);
    if (enable) await nodes.markLogDirty(true);
  }

  async suspend(live: boolean): Promise<void> {
    const { save } = this.options.files;
    await this.execute('stop', { execute: 'stop' });
    try {
      // Made here: QEMU would make it readable for more than its owner.
      await (await open(save, 'w', 0o600)).close();
    } catch (e) {
      throw this.failure('did not save its state', e);
    }
    await this.execute('save its state', {
      execute: 'xen-save-devices-state',
      arguments: { filename: save, live },
    });
  }

  async state(): Promise<EmulatorRecord[]> {
    const emulator = { emulatorId: EMULATOR_ID.qemu_xen, index: 0 } as const;
    const context: EmulatorRecord = {
      type: 'EMULATOR_CONTEXT',
      ...emulator,
      data: await readFile(this.options.files.save),
    };
    const data = await this.options.nodes.data();
    return data.length === 0 ? [context] : [{ type: 'EMULATOR_XENSTORE_DATA', ...emulator, data }, context];
  }

  async resume(): Promise<void> {
    await this.execute('go on', { execute: 'cont' });
  }

  async release(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    client?.close();
    await discard(this.options.files.save);
  }

  private async execute(what: string, request: QmpRequest): Promise<void> {
    try {
      await (await this.connection()).execute(request);
    } catch (e) {
      throw this.failure(`did not ${what}`, e);
    }
  }

  private async connection(): Promise<QmpClient> {
    if (this.client !== undefined) return this.client;
    const { files, timeoutMs } = this.options;
    const client = await QmpClient.connect(files.command, { timeoutMs });
    this.client = client;
    client.ended.addEventListener('abort', () => {
      // Not where we have let go of it.
      if (this.client === client) this.dying.abort(this.failure('has died', client.ended.reason));
    });
    return client;
  }

  private failure(what: string, cause: unknown): LibxlError {
    return deviceModelFailure(this.options.nodes.domid, what, cause, this.options.files.log);
  }
}
