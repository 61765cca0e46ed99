import { pvVirtBase } from '../embedded/guest/load-layout.js';
import { type GuestWidth, type PvLayout, pvLayout } from '../x86/layout.js';
import {
  PV32_CONTEXT,
  PV64_CONTEXT,
  type PvContextLayout,
  type RegisterLayout,
  registerLayout,
} from '../x86/registers.js';
import { type StartInfoBootLayout, startInfoBoot } from '../x86/start-info.js';

/** What the builder does differently for 64-bit and 32-bit (PAE) guests. */
export interface PvArch {
  readonly width: GuestWidth;
  readonly layout: PvLayout;
  readonly registers: RegisterLayout;
  readonly context: PvContextLayout;
  readonly boot: StartInfoBootLayout;
  /** Virtual address of pfn 0. */
  readonly virtBase: number;
  /** Flat selectors of the PV ABI (public/arch-x86/xen-x86_*.h): the kernel's code and stack. */
  readonly kernelCs: number;
  readonly kernelSs: number;
}

export function pvArch(width: GuestWidth): PvArch {
  const wide = width === 8;
  return {
    width,
    layout: pvLayout(width),
    registers: registerLayout('pv', width),
    context: wide ? PV64_CONTEXT : PV32_CONTEXT,
    boot: startInfoBoot(width),
    virtBase: pvVirtBase(width),
    kernelCs: wide ? 0xe033 : 0xe019,
    kernelSs: wide ? 0xe02b : 0xe021,
  };
}
