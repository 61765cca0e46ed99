/** Where embedded kernels are loaded: 1 MiB, as the lowest place a PC's kernels use. */
export const KERNEL_PFN = 0x100;

/** Virtual address of pfn 0 of a 64-bit PV guest: one of the lower half, so that every address is an exact number. */
export const PV_VIRT_BASE = 0x1_0000_0000;

/** The same of a 32-bit one, where Linux has it: its last level-2 table is then the one that carries Xen's entries. */
const PV32_VIRT_BASE = 0xc000_0000;
/** Xen's own addresses begin here. */
const PV32_VIRT_END = 0xf580_0000;

export function pvVirtBase(width: 4 | 8): number {
  return width === 8 ? PV_VIRT_BASE : PV32_VIRT_BASE;
}

/** Pages that fit the linear map of a PV guest. */
export function mostPvPages(width: 4 | 8): number {
  return width === 8 ? Number.POSITIVE_INFINITY : (PV32_VIRT_END - PV32_VIRT_BASE) / 4096;
}
