/** Page-table entries as pairs of 32-bit words. */
export const PTE = {
  present: 0x001,
  writable: 0x002,
  superpage: 0x080,
} as const;

const FRAME_HIGH = 0x000f_ffff;

export const TABLE_ENTRIES = 512;

export function frameOf(low: number, high: number): number {
  return (high & FRAME_HIGH) * 2 ** 20 + (low >>> 12);
}

/** Slots of a table that the guest may fill: [0, from) and [to, 512). The rest are Xen's. */
export interface GuestSlots {
  readonly from: number;
  readonly to: number;
}

const ALL: GuestSlots = { from: 512, to: 512 };
/** Of a 64-bit guest's level-4 table: 0xffff800000000000 up to 0xffff880000000000. */
const L4: GuestSlots = { from: 256, to: 272 };
/** A PAE level-3 table has four entries. */
const PAE_L3: GuestSlots = { from: 4, to: 512 };
/** Of the level-2 table in the last slot of a PAE level-3 table: 0xf5800000 and up. */
const PAE_XEN_L2: GuestSlots = { from: 428, to: 512 };

export function guestSlots(level: number, width: 4 | 8, carriesXen: boolean): GuestSlots {
  if (width === 8) return level === 4 ? L4 : ALL;
  if (level === 3) return PAE_L3;
  return level === 2 && carriesXen ? PAE_XEN_L2 : ALL;
}
