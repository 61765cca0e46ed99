/** A page table (or a frame) that can't be what was asked of it. */
export class TableError extends Error {
  override readonly name = 'TableError';
  constructor(
    /** The frame: the table in which the fault lies, or the frame that can't change its type. */
    readonly mfn: number,
    /** Entry in that table; undefined where the frame itself is at fault. */
    readonly entry: number | undefined,
    readonly reason: string,
  ) {
    super(`mfn 0x${mfn.toString(16)}${entry === undefined ? '' : ` entry ${entry}`}: ${reason}`);
  }
}
