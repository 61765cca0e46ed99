import type { AnyLayout } from '../layout/layout.js';
import * as layouts from './layouts.js';

/** Numbers of the records (libxc stream, Records). */
export const LIBXC_RECORD = {
  END: 0x00,
  PAGE_DATA: 0x01,
  X86_PV_INFO: 0x02,
  X86_PV_P2M_FRAMES: 0x03,
  X86_PV_VCPU_BASIC: 0x04,
  X86_PV_VCPU_EXTENDED: 0x05,
  X86_PV_VCPU_XSAVE: 0x06,
  SHARED_INFO: 0x07,
  X86_TSC_INFO: 0x08,
  HVM_CONTEXT: 0x09,
  HVM_PARAMS: 0x0a,
  TOOLSTACK: 0x0b,
  X86_PV_VCPU_MSRS: 0x0c,
  VERIFY: 0x0d,
  CHECKPOINT: 0x0e,
  CHECKPOINT_DIRTY_PFN_LIST: 0x0f,
  STATIC_DATA_END: 0x10,
  X86_CPUID_POLICY: 0x11,
  X86_MSR_POLICY: 0x12,
} as const;

export type LibxcRecordName = keyof typeof LIBXC_RECORD;

/** Bit 31: a restorer that does not know the record may ignore it. */
export const OPTIONAL_RECORD = 0x8000_0000;

const NAMES = Object.keys(LIBXC_RECORD) as LibxcRecordName[];
const NAME_OF = new Map<number, LibxcRecordName>(NAMES.map((name) => [LIBXC_RECORD[name], name]));

/** The record's name; undefined for a type that the format doesn't define. */
export function libxcRecordName(type: number): LibxcRecordName | undefined {
  return NAME_OF.get(type);
}

/** Layout of each record's body. */
export const LIBXC_LAYOUT: Readonly<Record<LibxcRecordName, AnyLayout>> = {
  END: layouts.END,
  PAGE_DATA: layouts.PAGE_DATA,
  X86_PV_INFO: layouts.X86_PV_INFO,
  X86_PV_P2M_FRAMES: layouts.X86_PV_P2M_FRAMES,
  X86_PV_VCPU_BASIC: layouts.X86_PV_VCPU,
  X86_PV_VCPU_EXTENDED: layouts.X86_PV_VCPU,
  X86_PV_VCPU_XSAVE: layouts.X86_PV_VCPU,
  SHARED_INFO: layouts.SHARED_INFO,
  X86_TSC_INFO: layouts.X86_TSC_INFO,
  HVM_CONTEXT: layouts.HVM_CONTEXT,
  HVM_PARAMS: layouts.HVM_PARAMS,
  TOOLSTACK: layouts.TOOLSTACK,
  X86_PV_VCPU_MSRS: layouts.X86_PV_VCPU,
  VERIFY: layouts.VERIFY,
  CHECKPOINT: layouts.CHECKPOINT,
  CHECKPOINT_DIRTY_PFN_LIST: layouts.CHECKPOINT_DIRTY_PFN_LIST,
  STATIC_DATA_END: layouts.STATIC_DATA_END,
  X86_CPUID_POLICY: layouts.X86_CPUID_POLICY,
  X86_MSR_POLICY: layouts.X86_MSR_POLICY,
};
