import { readFile, rm } from 'node:fs/promises';
import { LibxlError } from '../../errors.js';
import type { EmulatorRecord } from '../../stream/emulator-state.js';
import { transact } from '../../xenstore/store.js';
import { type DeviceModel, EMULATOR_ID } from '../device-model.js';
import { deviceModelFailure } from '../failure.js';
import { type DeviceModelFiles, discard } from '../files.js';
import type { DeviceModelNodes } from '../nodes.js';
import { isRunning, type ProcessIdentity } from '../process/identity.js';
import { switchLogDirty } from './log-dirty.js';
import { awaitState } from './state.js';

export interface QemuTraditionalOptions {
  readonly nodes: DeviceModelNodes;
  readonly files: DeviceModelFiles;
  /** Undefined where nobody knows it any more. */
  readonly identity: ProcessIdentity | undefined;
  /** For a change of its state (libxl: 60 seconds), and for the log-dirty switch (10 seconds). */
  readonly stateTimeoutMs: number;
  readonly logDirtyTimeoutMs: number;
}

const DEATH_CHECK_MS = 100;

/** qemu-dm (qemu_xen_traditional), which libxl commands through xenstore and whose answers are a state there. */
export class QemuTraditional implements DeviceModel {
  readonly version = 'qemu_xen_traditional';
  private readonly dying = new AbortController();
  private watch: NodeJS.Timeout | undefined;

  constructor(private readonly options: QemuTraditionalOptions) {}

  get died(): AbortSignal {
    return this.dying.signal;
  }

  logDirty(enable: boolean): Promise<void> {
    const { nodes, logDirtyTimeoutMs: timeoutMs } = this.options;
    const what = `switch log-dirty mode ${enable ? 'on' : 'off'}`;
    return this.attempt(what, () => switchLogDirty(nodes, enable, { timeoutMs, signal: this.died }));
  }

  async suspend(): Promise<void> {
    await rm(this.options.files.save, { force: true });
    await this.attempt('save its state', async () => {
      await this.command('save');
      await this.reach('paused');
    });
  }

  async state(): Promise<EmulatorRecord[]> {
    const emulator = { emulatorId: EMULATOR_ID.qemu_xen_traditional, index: 0 } as const;
    return this.attempt('leave its state', async () => {
      const context = await readFile(this.options.files.save);
      const data = await this.options.nodes.data();
      return [
        ...(data.length === 0 ? [] : [{ type: 'EMULATOR_XENSTORE_DATA' as const, ...emulator, data }]),
        { type: 'EMULATOR_CONTEXT' as const, ...emulator, data: context },
      ];
    });
  }

  /** Told in any case: one that is only now saving its state must not stay stopped after it. */
  async resume(): Promise<void> {
    await this.attempt('go on', async () => {
      await this.command('continue');
      await this.reach('running');
    });
  }

  async release(): Promise<void> {
    clearInterval(this.watch);
    this.watch = undefined;
    await discard(this.options.files.save);
  }

  private async command(word: 'save' | 'continue'): Promise<void> {
    const { nodes } = this.options;
    await transact(nodes.xenstore, (store) => nodes.writeIfThere(store, `${nodes.path}/command`, word));
  }

  private async reach(state: 'paused' | 'running'): Promise<void> {
    const { nodes, stateTimeoutMs: timeoutMs } = this.options;
    await awaitState(nodes, state, { timeoutMs, signal: this.died });
  }

  private async attempt<T>(what: string, action: () => Promise<T>): Promise<T> {
    this.watchOver();
    try {
      this.died.throwIfAborted();
      const done = await action();
      // Its state may still say what it was before it died.
      this.look();
      this.died.throwIfAborted();
      return done;
    } catch (e) {
      // What died says more than what was missing of it.
      if (this.died.aborted) throw this.died.reason;
      throw this.failure(`did not ${what}`, e);
    }
  }

  /** A process that is not ours tells nobody of its end. */
  private watchOver(): void {
    if (this.watch !== undefined || this.options.identity === undefined) return;
    this.look();
    this.watch = setInterval(() => this.look(), DEATH_CHECK_MS).unref();
  }

  private look(): void {
    const { identity } = this.options;
    if (identity === undefined || this.died.aborted || isRunning(identity)) return;
    const gone = new LibxlError('ERROR_FAIL', `process ${identity.pid} has ended`);
    this.dying.abort(this.failure('has died', gone));
  }

  private failure(what: string, cause: unknown): LibxlError {
    return deviceModelFailure(this.options.nodes.domid, what, cause, this.options.files.log);
  }
}
