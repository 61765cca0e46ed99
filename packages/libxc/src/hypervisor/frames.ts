/** A number that names a 4 KiB frame in one of Xen's address spaces; below 2^52, so a JS number holds it exactly. */
type Frame<Space extends string> = number & { readonly __frame: Space };

/** Guest pseudo-physical frame number: what the stream speaks. */
export type Pfn = Frame<'pfn'>;
/** Host machine frame number. */
export type Mfn = Frame<'mfn'>;
/** The frame name that the hypervisor takes for a given guest: an mfn for PV, a pfn for HVM and PVH. */
export type Gfn = Frame<'gfn'>;

export const pfn = (n: number): Pfn => n as Pfn;
export const mfn = (n: number): Mfn => n as Mfn;
export const gfn = (n: number): Gfn => n as Gfn;

/** Xen's all-ones frame ("no such frame"), in every frame list of this interface. */
export const INVALID_FRAME = -1;

/** A list of frame numbers; INVALID_FRAME stands for Xen's all-ones value. */
export type FrameList = Float64Array;

export const PAGE_SIZE = 4096;
export const PAGE_SHIFT = 12;

/** The hypervisor answers at most so many frames in one page-type query (XEN_DOMCTL_getpageframeinfo3). */
export const MAX_BATCH = 1024;
