/** A page table (or a frame) that can't be what was asked of it. */
export class TableError extends Error {
  override readonly name = 'TableError';
  constructor(
    /** The frame: the table in which the fault lies, or the frame that can't change its type. */
    readonly mfn: number,
    /** Entry in that table; undefined where the frame itself is at fault. */
    readonly entry: number | undefined,
    readonly reason: string,
    /** A level-1 entry whose frame can't be used as it says is told as EBUSY (Xen, arch/x86/mm.c, get_page_from_l1e). */
    readonly code: 'EINVAL' | 'EBUSY' = 'EINVAL',
  ) {
    super(`mfn 0x${mfn.toString(16)}${entry === undefined ? '' : ` entry ${entry}`}: ${reason}`);
  }
}
