import type { EmulatorRecord } from '../stream/emulator-state.js';
import type { DeviceModel } from './device-model.js';

/** No device model. What one said of itself in a stream is kept, and goes into the next one unchanged. */
export class NoDeviceModel implements DeviceModel {
  readonly version = 'none';
  readonly died: AbortSignal = new AbortController().signal;

  constructor(private readonly kept: () => Promise<EmulatorRecord[]>) {}

  async logDirty(): Promise<void> {}

  async suspend(): Promise<void> {}

  state(): Promise<EmulatorRecord[]> {
    return this.kept();
  }

  async resume(): Promise<void> {}

  async release(): Promise<void> {}
}
