import type { EmulatorRecord } from '../stream/emulator-state.js';

/** libxl's names (device_model_version); `none`: nothing runs beside the guest, its state is only kept. */
export type DeviceModelVersion = 'none' | 'qemu_xen' | 'qemu_xen_traditional';

/**
 * What plays the devices of an HVM guest, from the start of an operation to release(). Every call rejects with a
 * LibxlError that names the device model and says what it did not do.
 */
export interface DeviceModel {
  readonly version: DeviceModelVersion;
  /** Aborted with a LibxlError when it dies. */
  readonly died: AbortSignal;
  /** It reports its own writes to the guest's memory to the hypervisor, or no longer. */
  logDirty(enable: boolean): Promise<void>;
  /** Stops it, and has it write its state; the guest is suspended. `live`: it goes on at another host, with its disks. */
  suspend(live: boolean): Promise<void>;
  /** What it wrote in suspend(), as a stream has it. */
  state(): Promise<EmulatorRecord[]>;
  /** Lets it go on; nothing happens where it was not stopped. */
  resume(): Promise<void>;
  /** The operation is over: nothing is held of it any more. It goes on as it is. */
  release(): Promise<void>;
}

/** Numbers of device models in a libxl stream (docs/specs/libxl-migration-stream, EMULATOR_CONTEXT). */
export const EMULATOR_ID = { unknown: 0, qemu_xen_traditional: 1, qemu_xen: 2 } as const;
