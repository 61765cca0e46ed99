import type { QemuMachine } from './qemu/machine.js';

/** How a host starts and drives device models. */
export interface DeviceModelSettings {
  readonly machine: QemuMachine;
  /** For sockets and what else is gone when the machine is. */
  readonly runDirectory: string;
  /** For a device model to start, to save its state, to go on. */
  readonly stateTimeoutMs: number;
  /** For a reply to a command. */
  readonly replyTimeoutMs: number;
}

/** libxl's own: LIBXL_DEVICE_MODEL_START_TIMEOUT, and the time of its log-dirty switch. */
export const DEVICE_MODEL_TIMEOUTS = { stateTimeoutMs: 60_000, replyTimeoutMs: 10_000 } as const;
