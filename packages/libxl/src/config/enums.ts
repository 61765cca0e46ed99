// libxl's enumerations: the name that stands in JSON, lower case, and libxl's number (libxl_types.idl of 4.17).
// Where xl takes a name it ignores the case (libxl__enum_from_string).

export const DOMAIN_TYPE = { invalid: -1, hvm: 1, pv: 2, pvh: 3 } as const;
export const PASSTHROUGH = { default: 0, disabled: 1, enabled: 2, sync_pt: 3, share_pt: 4 } as const;
export const ACTION_ON_SHUTDOWN = {
  destroy: 1,
  restart: 2,
  restart_rename: 3,
  preserve: 4,
  coredump_destroy: 5,
  coredump_restart: 6,
  soft_reset: 7,
} as const;
export const TSC_MODE = { default: 0, always_emulate: 1, native: 2, native_paravirt: 3 } as const;
export const TIMER_MODE = {
  unknown: -1,
  delay_for_missed_ticks: 0,
  no_delay_for_missed_ticks: 1,
  no_missed_ticks_pending: 2,
  one_missed_tick_pending: 3,
} as const;
export const ALTP2M_MODE = { disabled: 0, mixed: 1, external: 2, limited: 3 } as const;
export const SCHEDULER = { unknown: 0, sedf: 4, credit: 5, credit2: 6, arinc653: 7, rtds: 8, null: 9 } as const;
export const BIOS_TYPE = { unknown: 0, rombios: 1, seabios: 2, ovmf: 3 } as const;
export const HDTYPE = { ide: 1, ahci: 2 } as const;
export const VGA_INTERFACE_TYPE = { unknown: 0, cirrus: 1, std: 2, none: 3, qxl: 4 } as const;
export const VENDOR_DEVICE = { none: 0, xenserver: 1 } as const;
export const GFX_PASSTHRU_KIND = { default: 0, igd: 1 } as const;
export const DEVICE_MODEL_VERSION = { unknown: 0, qemu_xen_traditional: 1, qemu_xen: 2 } as const;
export const VIRIDIAN_ENLIGHTENMENT = {
  base: 0,
  freq: 1,
  time_ref_count: 2,
  reference_tsc: 3,
  hcall_remote_tlb_flush: 4,
  apic_assist: 5,
  crash_ctl: 6,
  synic: 7,
  stimer: 8,
  hcall_ipi: 9,
  ex_processor_masks: 10,
  no_vp_limit: 11,
  cpu_hotplug: 12,
} as const;
export const RDM_RESERVE_STRATEGY = { ignore: 0, host: 1 } as const;
export const RDM_RESERVE_POLICY = { invalid: -1, strict: 0, relaxed: 1 } as const;
export const GIC_VERSION = { default: 0, v2: 0x20, v3: 0x30 } as const;
export const VUART_TYPE = { unknown: 0, sbsa_uart: 1 } as const;
export const TEE_TYPE = { none: 0, optee: 1 } as const;

export const DISK_FORMAT = { unknown: 0, qcow: 1, qcow2: 2, vhd: 3, raw: 4, empty: 5, qed: 6 } as const;
export const DISK_BACKEND = { unknown: 0, phy: 1, tap: 2, qdisk: 3, standalone: 4 } as const;
export const DISK_SPECIFICATION = { unknown: 0, xen: 1, virtio: 2 } as const;
export const DISK_TRANSPORT = { unknown: 0, mmio: 1 } as const;
export const NIC_TYPE = { unknown: 0, vif_ioemu: 1, vif: 2 } as const;
export const VKB_BACKEND = { unknown: 0, qemu: 1, linux: 2 } as const;
export const USBCTRL_TYPE = { auto: 0, pv: 1, devicemodel: 2, qusb: 3 } as const;
export const USBDEV_TYPE = { hostdev: 1 } as const;
export const CHANNEL_CONNECTION = { unknown: 0, pty: 1, socket: 2 } as const;
export const VSND_STREAM_TYPE = { p: 1, c: 2 } as const;
export const VSND_PCM_FORMAT = {
  s8: 1,
  u8: 2,
  s16_le: 3,
  s16_be: 4,
  u16_le: 5,
  u16_be: 6,
  s24_le: 7,
  s24_be: 8,
  u24_le: 9,
  u24_be: 10,
  s32_le: 11,
  s32_be: 12,
  u32_le: 13,
  u32_be: 14,
  f32_le: 15,
  f32_be: 16,
  f64_le: 17,
  f64_be: 18,
  iec958_subframe_le: 19,
  iec958_subframe_be: 20,
  mu_law: 21,
  a_law: 22,
  ima_adpcm: 23,
  mpeg: 24,
  gsm: 25,
} as const;

export type Enumeration = Readonly<Record<string, number>>;

/** The member of that name, whatever its case; undefined where there is none. */
export function enumFromName<E extends Enumeration>(enumeration: E, name: string): (keyof E & string) | undefined {
  const wanted = asciiLowerCase(name);
  return enumNames(enumeration).find((member) => member === wanted);
}

/** The member of that number; undefined where libxl has no name for it. */
export function enumFromNumber<E extends Enumeration>(enumeration: E, number: number): (keyof E & string) | undefined {
  return enumNames(enumeration).find((member) => enumeration[member] === number);
}

function enumNames<E extends Enumeration>(enumeration: E): (keyof E & string)[] {
  return Object.keys(enumeration);
}

// toLowerCase would also turn the Kelvin sign into a k.
function asciiLowerCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
