/** Where embedded kernels are loaded: 1 MiB, as the lowest place a PC's kernels use. */
export const KERNEL_PFN = 0x100;

/** Virtual address of pfn 0 of a PV guest: an address of the lower half, so that every address is an exact number. */
export const PV_VIRT_BASE = 0x1_0000_0000;
