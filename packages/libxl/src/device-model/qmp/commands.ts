/** What a device model is told, as QMP has it (QEMU's QMP reference; the xen- commands: section Migration). */
export type QmpRequest =
  | { readonly execute: 'query-status' | 'query-migrate' }
  /** Stop the machine, let it go on, end QEMU. */
  | { readonly execute: 'stop' | 'cont' | 'quit' }
  /** Write the state of all devices, without memory. `live`: the disks are left to the other side's QEMU. */
  | {
      readonly execute: 'xen-save-devices-state';
      readonly arguments: { readonly filename: string; readonly live?: boolean };
    }
  /** QEMU 7.2 aborts on this one unless it serves COLO: a saved state is loaded by `-incoming`, as libxl does. */
  | { readonly execute: 'xen-load-devices-state'; readonly arguments: { readonly filename: string } }
  /** Report your own writes to the guest's memory, or no longer. */
  | { readonly execute: 'xen-set-global-dirty-log'; readonly arguments: { readonly enable: boolean } };

/** What `query-status` answers. */
export interface MachineStatus {
  /** prelaunch, inmigrate, paused, running, save-vm, ... */
  readonly status: string;
  readonly running: boolean;
}

export type MigrationStatus = { readonly status: string | undefined; readonly error: string | undefined };
