/** How a qemu-dm can fail its toolstack. */
export const FAULTS = [
  /** Takes its time for everything. */
  'slow',
  'dies-at-start',
  'silent-at-start',
  'dies-at-log-dirty',
  'silent-at-log-dirty',
  'wrong-log-dirty',
  'dies-at-save',
  'silent-at-save',
  /** Says another state than the one that it was to reach. */
  'wrong-state-at-save',
  /** Says that it has saved, and there is no file. */
  'no-file-at-save',
  /** Does not know its own state again. */
  'dies-at-load',
] as const;
export type Fault = (typeof FAULTS)[number];

export function isFault(name: string): name is Fault {
  return FAULTS.some((fault) => fault === name);
}
