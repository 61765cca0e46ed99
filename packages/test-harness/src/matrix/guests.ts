import type { LibxlDomainConfig } from '@xen-migration/libxl';
import type { Column, DeviceModelName } from './axes.js';

export interface GuestShape {
  readonly name: string;
  readonly memoryMib?: number;
  readonly vcpus?: number;
  /** Pages that it writes in a second. */
  readonly rate?: number;
  readonly workingSetMib?: number;
}

/** Programs that play device models here; one that is not here has the reason. */
export type DeviceModelPrograms = Readonly<
  Record<Exclude<DeviceModelName, 'none'>, { readonly program: string } | { readonly missing: string }>
>;

const VERSIONS = { 'qemu-traditional': 'qemu_xen_traditional', 'qemu-upstream': 'qemu_xen' } as const;

export const GUEST_MEMORY_MIB = 16;

/** A guest that writes its memory all the time, and checks it. */
export function guestConfig(column: Column, shape: GuestShape, programs: DeviceModelPrograms): LibxlDomainConfig {
  const { guest } = column;
  const type = guest === 'hvm' || guest === 'pvh' ? guest : 'pv';
  const { name, memoryMib = GUEST_MEMORY_MIB, vcpus = 2, rate = 2000, workingSetMib = 4 } = shape;
  return {
    c_info: { type, name },
    b_info: {
      max_vcpus: vcpus,
      avail_vcpus: Array.from({ length: vcpus }, (_, vcpu) => vcpu),
      max_memkb: memoryMib * 1024,
      target_memkb: memoryMib * 1024,
      kernel: `builtin:${guest === 'pv32' ? 'selfcheck32' : 'selfcheck'}`,
      cmdline: `working-set=${workingSetMib}M rate=${rate}`,
      [`type.${type}`]: {},
      ...deviceModelConfig(column, programs),
    },
  };
}

function deviceModelConfig({ deviceModel }: Column, programs: DeviceModelPrograms) {
  if (deviceModel === undefined || deviceModel === 'none') return {};
  const found = programs[deviceModel];
  if ('missing' in found) throw new Error(`${deviceModel} is not here: ${found.missing}`);
  return { device_model_version: VERSIONS[deviceModel], device_model: found.program };
}
